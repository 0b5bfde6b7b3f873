"""What counts as watching, on plain values."""

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foundation.video import rules
from foundation.video.rules import Budget, Claim, MalformedClaimError, SeqWindow

HOUR = 3600
settings.register_profile("slow machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("slow machine")


class Person:
    """Somebody whose players claim, in a world with one clock."""

    def __init__(self, length_s: int = HOUR) -> None:
        self.length_s, self.budget, self.bitmap, self.refused = length_s, Budget(0.0, 0.0), b"", 0
        self.claimed: dict[str, float] = {}

    def claims(self, *intervals: tuple[float, float], at: float, tab: str = "one", opened: float = 0.0) -> bool:
        claim = Claim(intervals)
        verdict = rules.judge(
            claim,
            budget=self.budget,
            session_claimed_s=self.claimed.get(tab, 0.0),
            session_started_at=opened,
            now=at,
        )
        self.budget = verdict.budget
        if verdict.is_accepted:
            self.claimed[tab] = self.claimed.get(tab, 0.0) + claim.cost_s
            self.bitmap = rules.with_bins(self.bitmap, claim.bins(self.length_s), length_s=self.length_s)
        else:
            self.refused += 1
        return verdict.is_accepted

    def watches(self, rate: float, *, every_s: float = 20.0) -> int:
        """Play to the end at `rate`; returns the seconds that counted."""
        at = position = 0.0
        while position < self.length_s:
            at += every_s
            end = min(self.length_s, position + every_s * rate)
            self.claims((position, end), at=at)
            position = end
        return rules.count_of(self.bitmap)


@pytest.mark.parametrize("rate", [0.75, 1.0, 1.25, 1.5])
def test_an_honest_watcher_gets_every_second(rate):
    assert Person().watches(rate) == HOUR


@pytest.mark.parametrize("every_s", [7.3, 19.97, 33.1])
def test_beats_that_end_between_two_seconds_lose_nothing(every_s):
    assert Person().watches(1.0, every_s=every_s) == HOUR


def test_sixteen_times_speed_earns_nothing_but_its_last_short_beat():
    assert Person().watches(16.0) <= 0.03 * HOUR


def test_one_claim_of_an_hour_earns_nothing():
    person = Person()
    assert not person.claims((0, HOUR), at=20)
    assert rules.count_of(person.bitmap) == 0


def test_a_player_just_opened_gets_nothing_even_when_the_bucket_is_full():
    person = Person()
    person.budget = Budget(rules.BUCKET_CAPACITY_S, 5000.0)
    assert not person.claims((0, 100), at=5001, opened=5000)


def test_five_tabs_earn_what_one_clock_allows():
    person = Person()
    for step in range(1, 37):
        for tab in range(5):
            start = tab * 720 + (step - 1) * 20
            person.claims((start, start + 20), at=step * 20, tab=str(tab))
    assert rules.count_of(person.bitmap) <= 720 * rules.MAX_RATE + rules.SLACK_S


def test_the_last_second_only_is_one_second():
    person = Person()
    person.claims((HOUR - 1, HOUR), at=20)
    assert rules.count_of(person.bitmap) == 1


def test_one_second_in_every_hundred_is_one_in_a_hundred():
    person = Person()
    for index in range(36):
        person.claims((index * 100, index * 100 + 1), at=20 * (index + 1))
    assert rules.count_of(person.bitmap) == 36


def test_slivers_cost_as_much_as_the_seconds_they_light():
    slivers = Claim(tuple((second + 0.49, second + 0.51) for second in range(50)))
    assert slivers.cost_s >= len(slivers.bins(HOUR))


def test_the_same_minutes_again_cost_but_add_nothing():
    person = Person()
    person.claims((0, 20), at=20)
    person.claims((0, 20), at=40)
    assert rules.count_of(person.bitmap) == 20
    assert person.claimed["one"] == 40


def test_fragments_of_watching_are_not_watching_by_the_clock():
    demand = rules.Demand(coverage=0.9, wall_factor=0.9, max_rate=1.5)
    assert demand.wall_s(HOUR) == pytest.approx(HOUR * 0.9 * 0.9 / 1.5)
    assert demand.is_met(coverage=0.9, wall_s=1944.1, length_s=HOUR)
    assert not demand.is_met(coverage=0.899, wall_s=HOUR, length_s=HOUR)
    assert not demand.is_met(coverage=1.0, wall_s=1943.9, length_s=HOUR)


def test_a_late_batch_has_its_time_by_the_clock_too():
    budget, idle, wall = Budget(0.0, 0.0), 0.0, 0.0
    for moment in (140, 140, 140, 160):
        taken, idle = budget.taking_wall(20.0, idle_s=idle, now=moment)
        budget, wall = Budget(0.0, moment), wall + taken
    assert (wall, idle) == (80.0, 80.0)


def test_claims_at_double_speed_take_no_more_than_the_clock_gave():
    taken, idle = Budget(0.0, 100.0).taking_wall(40.0, idle_s=0.0, now=120)
    assert (taken, idle) == (20.0, 0.0)
    assert Budget(0.0, 100.0).taking_wall(999.0, idle_s=0.0, now=9e9)[0] == rules.BUCKET_CAPACITY_S


def seconds_of(bitmap: bytes) -> set[int]:
    return {second for start, end in rules.ranges_of(bitmap) for second in range(start, end)}


def test_a_new_version_of_the_same_length_keeps_what_was_watched():
    watched = rules.with_bins(b"", [(0, 50), (90, 100)], length_s=100)
    assert seconds_of(rules.carried_over(watched, from_s=100, to_s=99)) == {*range(50), *range(90, 99)}
    assert seconds_of(rules.carried_over(watched, from_s=100, to_s=102)) == {*range(50), *range(90, 100)}
    assert rules.carried_over(watched, from_s=100, to_s=140) == b""


def test_what_was_watched_moves_with_the_film_when_a_part_is_cut_out():
    watched = rules.with_bins(b"", [(0, 20), (50, 60)], length_s=100)
    # 30 to 45 goes: second 50 of old is 35 of new.
    assert seconds_of(rules.after_cuts(watched, [(30, 45)], from_s=100)) == {*range(20), *range(35, 45)}
    assert seconds_of(rules.after_cuts(watched, [(10, 15), (5, 12)], from_s=100)) == {*range(10), *range(40, 50)}
    assert seconds_of(rules.after_cuts(watched, [], from_s=100)) == seconds_of(watched)


def test_a_second_made_of_two_counts_only_when_both_were_watched():
    for missed, counts in [(None, True), (10, False), (20, False)]:
        watched = rules.with_bins(b"", [(n, n + 1) for n in range(100) if n != missed], length_s=100)
        assert (10 in seconds_of(rules.after_cuts(watched, [(10.5, 20.5)], from_s=100))) is counts


@given(
    st.lists(st.tuples(st.floats(0, 100), st.floats(0, 30)), max_size=5),
    st.lists(st.tuples(st.integers(0, 95), st.integers(1, 30)), max_size=5),
)
def test_cutting_gives_nobody_a_second_that_was_not_watched(cuts, spans):
    bins = [(start, min(100, start + length)) for start, length in spans]
    watched = rules.with_bins(b"", bins, length_s=100)
    after = rules.after_cuts(watched, [(start, start + length) for start, length in cuts], from_s=100)
    assert rules.count_of(after) <= rules.count_of(watched) + 1  # a film cut to nothing has one second still


def test_a_position_moves_with_the_cut():
    assert rules.position_after_cuts(50.0, [(30, 45), (90, 95)]) == 35.0
    assert rules.position_after_cuts(40.0, [(30, 45)]) == 30.0


def test_the_chain_notices_a_beat_that_was_changed_dropped_or_moved():
    lines = [rules.journal_line("a", seq, 1000.5 + seq, [(seq * 20.0, seq * 20.0 + 20)]) for seq in range(3)]
    assert lines[1] == '["a",1,1001500,[[20.0,40.0]]]'
    whole = rules.chain_of(lines)
    assert whole == rules.chained(rules.chain_of(lines[:2]), lines[2])
    for other in (lines[:2], [lines[1], lines[0], lines[2]], [lines[0].replace("20.0", "30.0"), *lines[1:]]):
        assert rules.chain_of(other) != whole


def test_a_cut_line_of_two_minutes_loses_nothing():
    person = Person()
    person.claims((0, 20), at=20)
    assert all(person.claims((at, at + 20), at=145) for at in range(20, 140, 20))


def test_a_server_clock_that_goes_back_gives_nothing():
    assert Budget(10.0, 1000.0).refilled(900.0) == Budget(10.0, 1000.0)


@pytest.mark.parametrize(
    "raw",
    [
        None,
        {},
        [[1]],
        [[2, 1]],
        [[-1, 2]],
        [["a", 2]],
        [[0, float("nan")]],
        [[0, float("inf")]],
        [[True, 2]],
        [[0, 1]] * 51,
    ],
)
def test_nonsense_is_no_claim(raw):
    with pytest.raises(MalformedClaimError):
        rules.claim_from(raw, duration_s=HOUR)


def test_a_claim_past_the_end_is_cut_to_the_film():
    assert rules.claim_from([[50, 99999]], duration_s=57.4).bins(57) == [(50, 57)]


def test_a_bitmap_of_a_longer_version_is_cut_to_the_film():
    assert rules.with_bins(b"\xff" * 8, [(0, 1)], length_s=27) == b"\xff\xff\xff\x07"


def test_a_beat_counts_once_in_whatever_order_it_comes():
    window = SeqWindow()
    for seq in (1, 3, 2, 5, 4):
        assert not window.has_seen(seq)
        window = window.with_seen(seq)
    assert all(window.has_seen(seq) for seq in range(1, 6))


@given(st.permutations(range(1, 40)))
def test_every_beat_of_a_shuffled_queue_counts_exactly_once(order):
    window, counted = SeqWindow(), 0
    for seq in [*order, *order]:
        if not window.has_seen(seq):
            window, counted = window.with_seen(seq), counted + 1
    assert counted == 39
    assert window.mask < 2**63


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(1, 60)), max_size=20))
def test_the_bitmap_and_its_ranges_say_the_same(spans):
    bins = [(start, min(600, start + length)) for start, length in spans]
    bitmap = rules.with_bins(b"", bins, length_s=600)
    seconds = {second for start, end in bins for second in range(start, end)}
    assert rules.count_of(bitmap) == len(seconds)
    assert {second for start, end in rules.ranges_of(bitmap) for second in range(start, end)} == seconds


@given(st.lists(st.floats(0.01, 40), min_size=1, max_size=60))
def test_a_chain_of_intervals_leaves_no_second_out(steps):
    ends = [0.0]
    for step in steps:
        ends.append(min(600.0, ends[-1] + step))
    bitmap = b""
    for start, end in pairwise(ends):
        bitmap = rules.with_bins(bitmap, Claim(((start, end),)).bins(600), length_s=600)
    assert rules.count_of(bitmap) == int(ends[-1] + 0.5)


@given(st.lists(st.tuples(st.floats(0, 60), st.floats(0, 3000), st.floats(0, 300)), max_size=60))
def test_nobody_ever_earns_more_than_the_clock(claims):
    person, at = Person(), 0.0
    for index, (pause, start, length) in enumerate(claims):
        at += pause
        person.claims((start, min(HOUR, start + length)), at=at, tab=str(index % 3))
    assert rules.count_of(person.bitmap) <= at * rules.MAX_RATE + rules.SLACK_S
