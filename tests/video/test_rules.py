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
