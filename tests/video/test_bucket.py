"""Films in a bucket: made on a disk, put there whole, fetched by addresses that expire. moto plays the service."""

import re
import time
import urllib.request
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from unittest.mock import Mock
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.config import Config
from django.core.exceptions import SuspiciousOperation
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.urls import reverse
from moto.server import ThreadedMotoServer

from foundation.accounts.reference import load_roles
from foundation.jobs.models import Job
from foundation.jobs.runner import run_job
from foundation.kernel import buckets as buckets_of_kernel
from foundation.kernel.buckets import PrivateBucket
from foundation.kernel.roles import Role
from foundation.kernel.storages import AwayError, shelf
from foundation.video import encoding, jobs
from foundation.video.actions import forget_original, receive_upload, remove_film, retire_addresses, start_redaction
from foundation.video.models import Upload, Video
from foundation.video.originals import new_key
from foundation.video.playback import playback_for, signed_prefix
from foundation.video.playlists import with_addresses
from foundation.video.redaction import Mark
from foundation.video.removal import PLACES, delete_files, has_files
from portal.settings.places import private_storage
from tests.factories.accounts import PractitionerFactory, UserFactory
from tests.factories.teleconsults import RecordingFactory
from tests.factories.video import VideoFactory
from tests.video.test_encoding import Handle
from tests.video.test_uploads import FILM, author, begun

pytestmark = pytest.mark.django_db
KEYS = {"region": "us-east-1", "access_key": "key", "secret_key": "secret"}
PLAYLIST = b"""#EXTM3U
#EXT-X-MAP:URI="saver.m4s",BYTERANGE="800@0"
#EXTINF:4.000000,
#EXT-X-BYTERANGE:5000@800
saver.m4s
#EXTINF:4.000000,
#EXT-X-BYTERANGE:5000@5800
saver.m4s
#EXT-X-ENDLIST
"""


@pytest.fixture(scope="module")
def service():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def buckets(service, settings, tmp_path):
    """Quarantine and clean storage in empty buckets."""
    settings.VIDEO_PRESET = "ultrafast"
    settings.INCOMING_DIR = tmp_path / "incoming"
    client = boto3.client("s3", endpoint_url=service, aws_access_key_id="key", aws_secret_access_key="secret")
    made = {}
    for alias in PLACES:
        name = f"{alias}-{time.monotonic_ns()}"
        client.create_bucket(Bucket=name)
        made[alias] = private_storage(tmp_path, bucket=name, work_dir=tmp_path / alias, endpoint=service, **KEYS)
    settings.STORAGES = settings.STORAGES | made
    assert isinstance(storages["clean"], PrivateBucket)
    return tmp_path


@pytest.fixture
def away(buckets, settings, monkeypatch):
    """A block of lines in which the service does not answer."""
    monkeypatch.setattr(buckets_of_kernel, "PATIENCE", Config(retries={"total_max_attempts": 1}))

    @contextmanager
    def block():
        there = settings.STORAGES
        gone = {alias: there[alias]["OPTIONS"] | {"endpoint_url": "http://127.0.0.1:9"} for alias in PLACES}
        settings.STORAGES = there | {alias: there[alias] | {"OPTIONS": options} for alias, options in gone.items()}
        yield
        settings.STORAGES = there

    return block


@pytest.fixture
def user(client):
    user = UserFactory()
    client.force_login(user)
    return user


@pytest.fixture
def video(buckets, user):
    video = VideoFactory(owner=user)
    for name, body in (
        ("saver.m3u8", PLAYLIST),
        ("saver.m4s", bytes(range(256)) * 50),
        ("poster.webp", b"picture"),
        ("slides.json", b"{}"),
    ):
        storages["clean"].save(f"video/{video.directory}/{name}", ContentFile(body))
    return video


@pytest.fixture
def prefix(video, user):
    return signed_prefix(video.directory, user=user, expires=int(time.time()) + 600)


def fetched(address, **headers):
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers)) as answer:  # our own server
        return answer.status, answer.read()


def names_in(alias, video):
    return {found.key for found in storages[alias].bucket.objects.filter(Prefix=f"video/{video.public_id}/")}


def test_a_film_is_made_on_a_disk_and_put_into_the_bucket_whole(buckets, small_clip, monkeypatch):
    with small_clip.open("rb") as handle:
        video = receive_upload(File(handle, name="hội chẩn.mp4"), by=UserFactory())
    assert names_in("quarantine", video) == {f"video/{video.public_id}/source"}
    assert not list((buckets / "incoming").iterdir())

    run_job(Job.objects.get(subject=video.job_subject).pk)
    video.refresh_from_db()
    assert video.is_provisional
    first = video.directory
    put, whole = storages["clean"].put_folder, []
    monkeypatch.setattr(
        type(storages["clean"]),
        "put_folder",
        lambda _self, *given: (put(*given), whole.append(Video.objects.get(pk=video.pk).directory)),
    )
    run_job(Job.objects.get(kind="video.encode").pk)
    video.refresh_from_db()
    assert video.is_whole
    assert whole == [first], "the row is told when the files are there, not before"
    wanted = {
        f"video/{video.directory}/{name}"
        for name in (
            "master.m3u8",
            "saver.m3u8",
            "saver.m4s",
            "voice.m4s",
            "small.mp4",
            "slides.json",
            "sprites.webp",
            "poster.webp",
        )
    }
    assert wanted <= names_in("clean", video)
    assert not [path for path in buckets.rglob("*") if path.is_file()], "nothing stays on the disk"

    head = storages["clean"].bucket.Object(f"video/{video.directory}/saver.m4s").get()
    assert (head["ContentType"], head["CacheControl"]) == ("video/iso.segment", "private, max-age=86400, immutable")


def test_half_a_version_is_pointed_to_by_nobody_and_cleared_away(buckets, small_clip, monkeypatch):
    with small_clip.open("rb") as handle:
        video = receive_upload(File(handle, name="phim.mp4"), by=UserFactory())
    upload, calls = PrivateBucket._upload, []

    def cut_off(self, file, name):
        calls.append(name)
        if len(calls) == 3:
            raise ConnectionError("the service went away")
        upload(self, file, name)

    monkeypatch.setattr(PrivateBucket, "_upload", cut_off)
    handle = Mock(attempt=1, is_cancelled=lambda: False)
    with pytest.raises(ConnectionError):
        jobs.encode(handle, video_id=video.pk)
    video.refresh_from_db()
    assert (video.is_ready, video.directory) == (False, "")
    assert len(names_in("clean", video)) == 2

    jobs.encode(handle, video_id=video.pk)
    video.refresh_from_db()
    assert video.is_whole
    assert all(name.startswith(f"video/{video.directory}/") for name in names_in("clean", video))


def test_what_a_killed_worker_left_on_its_disk_goes_with_the_next_attempt(buckets, small_clip):
    with small_clip.open("rb") as handle:
        video = receive_upload(File(handle, name="phim.mp4"), by=UserFactory())
    (left := buckets / "clean" / "video" / video.public_id / ".work-dead").mkdir(parents=True)
    jobs.encode(Mock(attempt=2, is_cancelled=lambda: False), video_id=video.pk)
    assert not left.exists()


def test_a_playlist_carries_one_address_of_its_media_that_expires(client, prefix, service):
    answer = client.get(f"{prefix}saver.m3u8")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/vnd.apple.mpegurl"
    text = answer.content.decode()
    addresses = {line for line in text.splitlines() if line.startswith("http")}
    addresses |= set(re.findall(r'URI="([^"]+)"', text))
    (address,) = addresses
    assert address.startswith(service)
    assert 590 <= int(parse_qs(urlsplit(address).query)["X-Amz-Expires"][0]) <= 600
    assert fetched(address, Range="bytes=800-1055") == (206, (bytes(range(256)) * 50)[800:1056])
    assert text.replace(address, "saver.m4s").encode() == PLAYLIST


def test_a_playlist_of_playlists_stays_as_it_is():
    master = '#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,URI="voice.m3u8"\n#EXT-X-STREAM-INF:BANDWIDTH=1\nsaver.m3u8\n'
    assert with_addresses(master, lambda name: "never") == master


def test_pictures_and_downloads_are_fetched_from_the_bucket_and_small_facts_from_us(client, prefix):
    answer = client.get(f"{prefix}poster.webp")
    assert answer.status_code == 302
    assert fetched(answer["Location"]) == (200, b"picture")
    assert "private" in answer["Cache-Control"]
    assert client.get(f"{prefix}slides.json").status_code == 200
    kept = client.get(f"{prefix}poster.webp?download=hoi-chan")["Location"]
    assert parse_qs(urlsplit(kept).query)["response-content-disposition"] == ['attachment; filename="hoi-chan.webp"']


def test_addresses_are_for_one_person_one_directory_and_a_while(client, video, user, prefix):
    other = VideoFactory(owner=user)
    changed = [
        prefix.replace(video.directory, other.directory),
        prefix.replace(f"/{user.pk}/", f"/{user.pk + 1}/"),
        prefix.replace(video.directory, f"{video.directory}/../../{other.directory}"),
        prefix.replace(video.directory, f"..%2f{other.directory}"),
    ]
    for address in changed:
        for name in ("saver.m3u8", "poster.webp"):
            assert client.get(f"{address}{name}", follow=False).status_code in {403, 404}
    for name in ("../poster.webp", "%2e%2e%2fposter.webp", "source", "saver.m4s/"):
        assert client.get(f"{prefix}{name}", follow=True).status_code in {403, 404}
    expired = signed_prefix(video.directory, user=user, expires=int(time.time()) - 1)
    assert client.get(f"{expired}saver.m3u8").status_code == 410
    client.force_login(UserFactory())
    assert client.get(f"{prefix}saver.m3u8").status_code == 403


def test_no_name_leads_out_of_the_bucket_and_none_has_a_lasting_address(buckets, service):
    with pytest.raises(SuspiciousOperation):
        storages["clean"].url("video/a/b/poster.webp")
    led = shelf("clean").address(f"../{storages['quarantine'].bucket_name}/video/a/source", until=time.time() + 60)
    assert led.startswith(f"{service}/{storages['clean'].bucket_name}/")
    assert ".." not in led


def test_what_is_missing_is_not_found(client, prefix):
    assert client.get(f"{prefix}clear.m3u8").status_code == 404
    assert client.get(f"{prefix}sprites.json").status_code == 404


def test_a_withdrawal_makes_every_address_useless(client, prefix, video, django_capture_on_commit_callbacks):
    address = client.get(f"{prefix}poster.webp")["Location"]
    before = video.directory
    with django_capture_on_commit_callbacks(execute=True):
        retire_addresses(video)
    assert video.directory != before
    assert len(names_in("clean", video)) == 4
    with pytest.raises(HTTPError, match="404"):
        fetched(address)
    user = video.owner
    assert client.get(playback_for(video, user).poster_url).status_code == 302


def test_a_film_that_is_taken_down_leaves_nothing_in_either_bucket(video):
    storages["quarantine"].save(f"video/{video.public_id}/source", ContentFile(b"original"))
    assert has_files(video)
    for _again in range(2):
        delete_files(video)
    assert not has_files(video)
    assert not names_in("clean", video) | names_in("quarantine", video)


def test_replaced_versions_go_after_a_day(video, monkeypatch):
    storages["clean"].save(f"video/{video.public_id}/old/saver.m4s", ContentFile(b"old"))
    assert jobs.forget_replaced_versions() == 0
    later = time.time() + timedelta(days=2).total_seconds()
    monkeypatch.setattr(jobs.time, "time", lambda: later)
    assert jobs.forget_replaced_versions() == 1
    assert {Path(name).parent.name for name in names_in("clean", video)} == {video.directory.rpartition("/")[2]}


def test_files_that_the_service_kept_are_not_taken_for_deleted(buckets, monkeypatch):
    refused = Mock(delete=lambda: [{"Deleted": []}, {"Errors": [{"Message": "Access Denied"}]}])
    monkeypatch.setattr(PrivateBucket, "_files_in", lambda _self, _name: refused)
    with pytest.raises(AwayError, match="Access Denied"):
        shelf("clean").delete_folder("video/a")


@pytest.mark.parametrize("place", ["disk", "bucket"])
def test_files_that_belong_to_no_film_go_after_a_month(place, request, empty_storages, monkeypatch):
    if place == "bucket":
        request.getfixturevalue("buckets")
    film = VideoFactory()
    for alias, folder in (("quarantine", "crashed"), ("clean", "crashed"), ("clean", film.public_id)):
        storages[alias].save(f"video/{folder}/version/saver.m4s", ContentFile(b"bytes"))
    later = time.time() + timedelta(days=29).total_seconds()
    monkeypatch.setattr(jobs.time, "time", lambda: later)
    assert jobs.forget_files_without_a_film() == 0
    monkeypatch.setattr(jobs.time, "time", lambda: later + timedelta(days=2).total_seconds())
    assert jobs.forget_files_without_a_film() == 2
    assert [folder.name for folder in shelf("clean").folders_in("video")] == [film.public_id]
    assert not shelf("quarantine").folders_in("video")


# --- redaction ------------------------------------------------------------------------------------------------------
def test_a_redacted_film_leaves_nothing_of_the_one_before(
    video, client, prefix, small_clip, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr("foundation.video.actions.LEAST_LEFT_S", 0.5)
    with small_clip.open("rb") as handle:
        shelf("quarantine").save(f"video/{video.public_id}/source", handle)
    Video.objects.filter(pk=video.pk).update(duration_s=1.0, original=f"video/{video.public_id}/source")
    video.refresh_from_db()
    addresses = [client.get(f"{prefix}poster.webp")["Location"]]
    with django_capture_on_commit_callbacks(execute=True):
        start_redaction(video, [Mark("cut", 0, 0.4)], by=video.owner)
    video.refresh_from_db()
    again = signed_prefix(video.directory, user=video.owner, expires=int(time.time()) + 600)
    addresses.append(client.get(f"{again}poster.webp")["Location"])
    withheld = names_in("clean", video)
    assert len(withheld) == 4

    run_job(Job.objects.get(kind="video.redact").pk)
    video.refresh_from_db()
    assert (video.is_whole, video.is_withheld) == (True, False)
    assert video.duration_s == pytest.approx(0.6, abs=0.1)
    made = names_in("clean", video)
    assert made
    assert not made & withheld
    assert all(name.startswith(f"video/{video.directory}/") for name in made)
    for address in addresses:
        with pytest.raises(HTTPError, match="404"):
            fetched(address)
    assert b"".join(shelf("quarantine").read(str(video.original.name))) == small_clip.read_bytes()
    assert forget_original(video)
    assert not names_in("quarantine", video)


# --- the original ---------------------------------------------------------------------------------------------------
ORIGINAL = b"\x1aE\xdf\xa3" + bytes(range(256)) * 1000


@pytest.fixture
def original(buckets, client):
    """The address under which an officer looks at a file in quarantine."""
    user = PractitionerFactory(verified=True, user=UserFactory(roles=[Role.DEID_OFFICER])).user
    load_roles()
    client.force_login(user)
    recording = RecordingFactory(awaiting_check=True)
    video = recording.video
    video.original.name = f"video/{video.public_id}/source"
    video.save()
    shelf("quarantine").save(video.original.name, ContentFile(ORIGINAL))
    return reverse("teleconsults:original_file", args=[recording.public_id, new_key(user, video)])


@pytest.fixture
def asked(buckets):
    """The ranges of bytes that are fetched from quarantine."""
    ranges = []
    events = storages["quarantine"].connection.meta.client.meta.events
    events.register("before-call.s3.GetObject", lambda params, **_: ranges.append(params["headers"].get("Range")))
    return ranges


@pytest.mark.parametrize(
    ("header", "wanted", "fetched_as"),
    [
        ("bytes=100-299", ORIGINAL[100:300], "bytes=100-299"),
        ("bytes=256000-", ORIGINAL[256_000:], "bytes=256000-256003"),
        ("bytes=-50", ORIGINAL[-50:], "bytes=255954-256003"),
    ],
    ids=["middle", "open", "suffix"],
)
def test_of_an_original_no_more_is_fetched_than_is_looked_at(client, original, asked, header, wanted, fetched_as):
    answer = client.get(original, headers={"Range": header})
    assert (answer.status_code, answer["Content-Type"], answer["Cache-Control"]) == (206, "video/webm", "no-store")
    assert answer["Content-Length"] == str(len(wanted))
    assert answer["Content-Range"].endswith(f"/{len(ORIGINAL)}")
    assert b"".join(answer.streaming_content) == wanted
    assert asked == ["bytes=0-3", fetched_as]


def test_a_whole_original_passes_through_piece_by_piece(client, original):
    pieces = list(client.get(original).streaming_content)
    assert b"".join(pieces) == ORIGINAL
    assert max(map(len, pieces)) <= 64 * 1024


def test_what_needs_no_bytes_of_an_original_fetches_none(client, original, asked):
    behind = client.get(original, headers={"Range": "bytes=999999-"})
    assert (behind.status_code, behind["Content-Range"]) == (416, f"bytes */{len(ORIGINAL)}")
    head = client.head(original, headers={"Range": "bytes=0-9"})
    assert (head.status_code, head["Content-Length"], list(head.streaming_content)) == (206, "10", [])
    assert asked == ["bytes=0-3"] * 2


# --- a service that does not answer ---------------------------------------------------------------------------------
def test_an_upload_waits_whole_for_the_service_to_come_back(client, away, settings):
    client.force_login(author())
    begun(client, data=FILM)
    upload = Upload.objects.get()
    finish = reverse("teleconsults:finish_upload", args=[upload.public_id])
    with away():
        answer = client.post(finish)
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    assert "Nothing that was stored is lost" in answer.content.decode()
    assert not Video.objects.exists()
    assert [path.name for path in settings.INCOMING_DIR.iterdir()] == [upload.public_id]

    client.post(finish)
    video = Video.objects.get()
    assert b"".join(shelf("quarantine").read(str(video.original.name))) == FILM


def test_an_encode_waits_for_the_service_and_is_not_made_again(buckets, small_clip, monkeypatch):
    with small_clip.open("rb") as handle:
        video = receive_upload(File(handle, name="phim.mp4"), by=UserFactory())
    upload, make, calls = PrivateBucket._upload, encoding.make, []

    def twice_away(self, file, name):
        calls.append(name)
        if len(calls) in {2, 3}:
            raise AwayError("the service restarts")
        upload(self, file, name)

    monkeypatch.setattr(PrivateBucket, "_upload", twice_away)
    monkeypatch.setattr(encoding, "make", made := Mock(side_effect=make))
    monkeypatch.setattr(jobs, "WAITS_S", (0, 0))
    handle = Handle()
    jobs.encode(handle, video_id=video.pk)
    video.refresh_from_db()
    assert video.is_whole
    assert made.call_count == 1
    assert sum("the service restarts" in line for line in handle.lines) == 2


def test_a_worker_that_waits_hears_that_it_is_to_stop(monkeypatch):
    monkeypatch.setattr(jobs.time, "sleep", lambda _seconds: None)
    with pytest.raises(jobs.StoppedError):
        jobs._patiently(Handle(stops_at=0.0), Mock(side_effect=AwayError))


def test_a_player_is_told_to_come_back_and_the_page_is_there(client, video, prefix, user, away):
    with away():
        for name in ("saver.m3u8", "slides.json"):
            answer = client.get(f"{prefix}{name}")
            assert (answer.status_code, answer["Retry-After"]) == (503, "30")
        assert client.get(f"{prefix}poster.webp").status_code == 302
        assert client.post(reverse("video:play", args=[video.public_id])).status_code == 200
    assert client.get(f"{prefix}saver.m3u8").status_code == 200


def test_what_is_withdrawn_while_the_service_is_away_goes_when_it_is_back(
    video, away, django_capture_on_commit_callbacks
):
    storages["quarantine"].save(f"video/{video.public_id}/source", ContentFile(b"original"))
    with away():
        with django_capture_on_commit_callbacks(execute=True):
            remove_film(video, by=video.owner)
        with pytest.raises(AwayError):
            jobs.remove(Handle(), video_id=video.pk)
    assert has_files(video)
    assert jobs.forget_removed_films() == 1
    assert jobs.forget_removed_films() == 0
    assert not names_in("clean", video) | names_in("quarantine", video)
