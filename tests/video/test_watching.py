"""The player's beats, through their address."""

import json
import time

import pytest
from django.urls import reverse

from foundation.video.models import WatchRecord, WatchSession
from foundation.video.playback import viewers
from foundation.video.watching import Session, beat_from, new_session_token, take_beat, watched_listeners
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
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(user)
    assert strict.post(reverse("video:beat", args=[video.public_id]), {"beat": "{}"}).status_code == 403
