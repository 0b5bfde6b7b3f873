"""The player's beats, through their address."""

import json
import time

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from foundation.video.actions import retire_addresses
from foundation.video.models import WatchRecord, WatchSession
from foundation.video.playback import viewers
from foundation.video.rules import Demand
from foundation.video.watching import (
    CHECKED_FOR_S,
    SESSION_MAX_AGE_S,
    Session,
    beat_from,
    carry_over_cuts,
    further_demands,
    is_watched,
    new_session_token,
    proof_of,
    take_beat,
    tell_again,
    watched_listeners,
)
from tests.factories.accounts import UserFactory
from tests.factories.video import VideoFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(client):
    user = UserFactory()
    client.force_login(user)
    return user


@pytest.fixture
def video(user):
    return VideoFactory(owner=user, duration_s=600.0)


@pytest.fixture
def clock(monkeypatch):
    """(seconds) moves the server's clock on from now."""
    start = time.time()

    def move_to(seconds: float) -> None:
        monkeypatch.setattr(time, "time", lambda: start + seconds)

    return move_to


def send(client, video, token, seq, *intervals, position=0.0):
    body = {"session": token, "seq": seq, "intervals": list(intervals), "position": position, "rate": 1}
    return client.post(reverse("video:beat", args=[video.public_id]), json.dumps(body), content_type="application/json")


def test_an_honest_beat_counts_and_moves_the_position(client, user, video, clock):
    token = new_session_token(user, video)
    clock(20)
    answer = send(client, video, token, 1, [0, 20], position=20).json()
    assert answer["accepted"]
    assert answer["seconds_watched"] == 20
    assert answer["watched_ranges"] == [[0, 20]]
    record = WatchRecord.objects.get()
    assert (record.position_s, record.wall_s) == (20.0, pytest.approx(20, abs=1))


def test_dragging_to_the_end_earns_nothing(client, user, video, clock):
    token = new_session_token(user, video)
    clock(20)
    send(client, video, token, 1, [0, 3], [597, 600], position=600)
    assert WatchRecord.objects.get().coverage == pytest.approx(6 / 600)


def test_one_claim_of_ten_minutes_is_refused_and_counted_as_such(client, user, video, clock):
    token = new_session_token(user, video)
    clock(20)
    answer = send(client, video, token, 1, [0, 600]).json()
    assert (answer["accepted"], answer["reason"], answer["seconds_watched"]) == (False, "faster_than_clock", 0)
    assert WatchRecord.objects.get().refused_beats == 1


def test_a_queue_sent_twice_counts_once(client, user, video, clock):
    token = new_session_token(user, video)
    clock(40)
    for _again in range(2):
        for seq in (2, 1):
            assert send(client, video, token, seq, [seq * 20 - 20, seq * 20]).json()["accepted"]
    record = WatchRecord.objects.get()
    assert (record.seconds_watched, record.beats) == (40, 2)
    assert WatchSession.objects.get().claimed_s == 40


def test_five_tabs_share_one_clock(client, user, video, clock):
    tokens = [new_session_token(user, video) for _tab in range(5)]
    clock(20)
    for index, token in enumerate(tokens):
        send(client, video, token, 1, [index * 100, index * 100 + 20])
    assert WatchRecord.objects.get().seconds_watched <= 20 * 1.5 + 5


def test_the_clients_clock_has_no_say(user, video):
    """A beat has no time in it at all: setting a computer's clock changes nothing."""
    opened = Session("a", time.time())
    raw = {"session": new_session_token(user, video), "seq": 1, "intervals": [[0, 400]], "position": 400, "at": 9e9}
    beat = beat_from(raw, user=user, video=video)
    assert not take_beat(beat, user=user, video=video, now=opened.started_at + 20).record.seconds_watched


def test_a_session_of_another_person_or_video_is_refused(client, user, video):
    other = VideoFactory(owner=user)
    for token in (new_session_token(UserFactory(), video), new_session_token(user, other), "forged"):
        assert send(client, video, token, 1, [0, 1]).status_code == 409
    assert not WatchRecord.objects.exists()


@pytest.mark.parametrize("body", ["", "[]", "{", '{"seq": 0}', '{"seq": 1, "intervals": [[5, 1]]}'])
def test_nonsense_is_a_bad_request(client, user, video, body):
    address = reverse("video:beat", args=[video.public_id])
    assert client.post(address, body, content_type="application/json").status_code in {400, 409}


def test_the_beacon_of_a_closing_page_comes_as_a_form(client, user, video, clock):
    token = new_session_token(user, video)
    clock(20)
    beat = {"session": token, "seq": 1, "intervals": [[0, 10]], "position": 10}
    response = client.post(reverse("video:beat", args=[video.public_id]), {"beat": json.dumps(beat)})
    assert response.json()["seconds_watched"] == 10


def test_listeners_hear_of_accepted_beats_only(client, user, video, clock):
    heard = []
    watched_listeners.register(lambda *heard_of: heard.append(heard_of))
    token = new_session_token(user, video)
    clock(20)
    send(client, video, token, 1, [0, 20])
    send(client, video, token, 2, [0, 600])
    watched_listeners._items.pop()
    assert [(who, what, record.seconds_watched) for who, what, record in heard] == [(user, video, 20)]


def test_a_stranger_cannot_play_or_claim(client, video):
    client.force_login(UserFactory())
    for name in ("video:play", "video:beat"):
        assert client.post(reverse(name, args=[video.public_id])).status_code == 404
    client.logout()
    assert client.post(reverse("video:play", args=[video.public_id])).status_code == 302


def test_a_room_that_shows_the_video_lets_others_play(client, video):
    client.force_login(reader := UserFactory())
    viewers.register(allows := lambda user, shown: (user, shown) == (reader, video))
    try:
        answer = client.post(reverse("video:play", args=[video.public_id])).json()
    finally:
        viewers._items.remove(allows)
    assert answer["master"].startswith("/v/")
    assert answer["position"] == 0.0


def test_beats_need_the_token_of_the_form(video, user):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(user)
    assert strict.post(reverse("video:beat", args=[video.public_id]), {"beat": "{}"}).status_code == 403


# --- Beats of a player whose right was looked at lately ---------------------------------------------------------------


@pytest.fixture
def allowed(client, video):
    """A reader whom a room lets play the film, with a session that has beaten once; take them out to forbid it."""
    client.force_login(reader := UserFactory())
    readers = [reader]
    viewers.register(allows := lambda user, shown: user in readers)
    token = new_session_token(reader, video)
    yield readers, token, lambda: send(client, video, token, 1, [0, 1]).json()["session"]
    viewers._items.remove(allows)


def test_a_beat_of_a_known_player_is_one_read_and_a_write_for_each_row(client, user, video, clock):
    token = new_session_token(user, video)
    clock(40)
    renewed = send(client, video, token, 1, [0, 20]).json()["session"]
    with CaptureQueriesContext(connection) as queries:
        answer = send(client, video, renewed, 2, [20, 40]).json()
    assert (answer["accepted"], answer["seconds_watched"], "session" in answer) == (True, 40, False)
    verbs = [query["sql"].split()[0] for query in queries]
    # The second read is that of courses, which listen.
    assert [verb for verb in verbs if verb not in {"SAVEPOINT", "RELEASE"}] == ["SELECT", *["UPDATE"] * 3, "SELECT"]
    assert proof_of(WatchRecord.objects.get())["is_whole"]


def test_the_right_to_play_is_looked_at_again_after_five_minutes(client, video, allowed, clock):
    readers, _token, begin = allowed
    clock(20)
    session = begin()
    readers.clear()
    clock(20 + CHECKED_FOR_S - 1)
    assert send(client, video, session, 2, [1, 2]).json()["accepted"]
    clock(20 + CHECKED_FOR_S + 1)
    assert send(client, video, session, 3, [2, 3]).status_code == 404


def test_a_film_that_was_taken_down_takes_no_beat_from_then_on(client, video, allowed, clock):
    readers, _token, begin = allowed
    clock(20)
    session = begin()
    readers.clear()
    retire_addresses(video)
    assert send(client, video, session, 2, [1, 2]).status_code == 404


def test_a_session_counts_in_the_browser_of_its_person_only(client, video, allowed, clock):
    readers, _token, begin = allowed
    clock(20)
    session, stranger = begin(), Client()
    assert send(stranger, video, session, 2, [1, 2]).status_code == 302
    readers.append(other := UserFactory())
    stranger.force_login(other)
    assert send(stranger, video, session, 2, [1, 2]).status_code == 409
    type(other).objects.filter(pk=readers[0].pk).update(is_active=False)
    assert send(client, video, session, 2, [1, 2]).status_code == 302
    assert WatchRecord.objects.get().seconds_watched == 1


def test_a_session_is_not_renewed_for_ever(client, video, allowed, clock):
    _readers, _token, begin = allowed
    clock(20)
    session = begin()
    clock(SESSION_MAX_AGE_S + 1)
    assert send(client, video, session, 2, [1, 2]).status_code == 409


# --- Ways of watching, honest and not, through the address ------------------------------------------------------------


@pytest.mark.parametrize("rate", [1.0, 1.5])
def test_an_honest_watcher_is_done(client, user, video, clock, rate):
    token, position = new_session_token(user, video), 0.0
    for seq in range(1, int(600 / (20 * rate)) + 1):
        clock(seq * 20)
        end = position + 20 * rate
        assert send(client, video, token, seq, [position, end], position=end).json()["accepted"]
        position = end
    record = WatchRecord.objects.get()
    assert record.seconds_watched == 600
    assert record.wall_s == pytest.approx(600 / rate, abs=1)
    assert is_watched(record, Demand())


def test_sixteen_times_speed_is_not_watching(client, user, video, clock):
    token = new_session_token(user, video)
    for seq in range(1, 3):
        clock(seq * 20)
        send(client, video, token, seq, [(seq - 1) * 320, min(600, seq * 320)])
    record = WatchRecord.objects.get()
    assert (record.seconds_watched, record.refused_beats) == (0, 2)


def test_a_second_in_every_hundred_is_a_hundredth(client, user, video, clock):
    token = new_session_token(user, video)
    clock(60)
    answer = send(client, video, token, 1, *[[at, at + 1] for at in range(0, 600, 100)]).json()
    assert answer["accepted"]
    assert WatchRecord.objects.get().seconds_watched == 6


def test_the_last_second_alone_is_one_second(client, user, video, clock):
    token = new_session_token(user, video)
    clock(20)
    send(client, video, token, 1, [599, 600], position=600)
    record = WatchRecord.objects.get()
    assert (record.seconds_watched, is_watched(record, Demand())) == (1, False)


def test_a_batch_that_a_dropped_line_held_back_counts_whole(client, user, video, clock):
    token = new_session_token(user, video)
    clock(120)
    for seq in range(1, 7):
        assert send(client, video, token, seq, [seq * 20 - 20, seq * 20]).json()["accepted"]
    record = WatchRecord.objects.get()
    assert (record.seconds_watched, record.wall_s) == (120, pytest.approx(120, abs=1))


def test_what_a_room_asks_besides_must_be_done_too(client, user, video, clock):
    record = WatchRecord(user=user, video=video, seconds_watched=600, wall_s=600)
    record.save()
    heard, done = [], []
    further_demands.register(asks := lambda who, what: (who, what) in done)
    watched_listeners.register(hears := lambda *heard_of: heard.append(is_watched(heard_of[2], Demand())))
    try:
        tell_again(user, video)
        done.append((user, video))
        tell_again(user, video)
        tell_again(UserFactory(), video)
    finally:
        further_demands._items.remove(asks)
        watched_listeners._items.remove(hears)
    assert heard == [False, True]


# --- Versions and the chain -------------------------------------------------------------------------------------------


def test_a_new_version_as_long_keeps_the_seconds_and_another_one_begins_anew(client, user, video, clock):
    token = new_session_token(user, video)
    clock(20)
    send(client, video, token, 1, [0, 20])
    type(video).objects.update(duration_s=601.4)
    clock(40)
    assert send(client, video, token, 2, [20, 40]).json()["seconds_watched"] == 40
    type(video).objects.update(duration_s=500.0)
    clock(60)
    assert send(client, video, token, 3, [40, 60]).json()["seconds_watched"] == 20


def test_what_was_watched_moves_when_a_part_is_cut_out(client, user, video, clock):
    token = new_session_token(user, video)
    clock(60)
    send(client, video, token, 1, [0, 20], [100, 120], position=120)
    video.duration_s = 550.0
    video.save()
    carry_over_cuts(video, [(30.0, 80.0)], from_s=600)
    carry_over_cuts(video, [(30.0, 80.0)], from_s=600)  # once is enough
    record = WatchRecord.objects.get()
    assert record.watched_ranges == [(0, 20), (50, 70)]
    assert (record.seconds_watched, record.position_s) == (40, 70.0)


def test_the_proof_holds_every_accepted_beat_and_shows_a_changed_one(client, user, video, clock):
    tokens = [new_session_token(user, video) for _tab in range(2)]
    for seq in range(1, 5):
        clock(seq * 20)
        send(client, video, tokens[seq % 2], seq, [seq * 20 - 20, seq * 20])
        send(client, video, tokens[seq % 2], seq, [seq * 20 - 20, seq * 20])  # again: no second line
        send(client, video, tokens[seq % 2], seq + 10, [0, 600])  # refused: no line
    proof = proof_of(WatchRecord.objects.get())
    assert [json.loads(line)[3] for line in proof["journal"]] == [[[at, at + 20.0]] for at in (0, 20, 40, 60)]
    assert (proof["is_whole"], proof["seconds_watched"], proof["refused_beats"]) == (True, 80, 4)
    session = WatchSession.objects.first()
    session.journal = session.journal.replace("20.0", "25.0")
    session.save()
    assert not proof_of(WatchRecord.objects.get())["is_whole"]
