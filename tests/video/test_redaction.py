"""What is marked is gone from every byte of the new version, and what belongs to the film goes along with it."""

import hashlib
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import pytest
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from PIL import Image, ImageStat

from foundation.jobs.actions import cancel_job
from foundation.jobs.models import Job
from foundation.kernel.storages import PrivateStorage
from foundation.video import content, encoding, jobs
from foundation.video.actions import forget_original, give_up_redaction, keep_marks, start_redaction
from foundation.video.captions import Cue
from foundation.video.models import CaptionTrack, Chapter, Redaction, Video, WatchRecord
from foundation.video.playlists import read_playlist
from foundation.video.probe import probe
from foundation.video.redaction import (
    Box,
    Mark,
    Plan,
    chapters_after,
    composed,
    cuts_since,
    words_after,
)
from foundation.video.refusals import (
    NothingLeftError,
    NothingMarkedError,
    NotWholeYetError,
    OriginalGoneError,
    UnderWayError,
)
from foundation.video.rules import with_bins
from tests.factories.accounts import UserFactory
from tests.factories.jobs import JobFactory
from tests.factories.video import VideoFactory
from tests.video.conftest import H264, make_clip
from tests.video.test_encoding import Handle
from tests.video.test_killed import in_a_worker, sweep

FACE, TILE = Box(0.5, 0.25, 0.25, 0.5), Box(0, 0, 0.25, 0.2)
# A green stretch is cut (3 to 5 s), a high tone silenced (6 to 7 s), a low one beeped over (8 to 9 s), a chessboard
# blurred (0 to 2 s), the red tile in the corner covered.
MARKS = [
    Mark("cut", 3.0, 5.0),
    Mark("silence", 6.0, 7.0),
    Mark("beep", 8.0, 9.0),
    Mark("blur", 0.0, 2.0, FACE),
    Mark("mask", box=TILE),
]
PLAN = Plan(tuple(MARKS))


# --- the plan -------------------------------------------------------------------------------------------------------
def test_cuts_grow_to_whole_frames_once():
    plan = Plan((Mark("cut", 1.01, 1.99), Mark("silence", 0.013, 0.5))).on_frames(Fraction(25))
    assert plan.cuts == [(1.0, 2.0)]
    assert plan.muted == [(0.013, 0.5)]
    odd = Plan((Mark("cut", 1.01, 1.99),)).on_frames(Fraction(30000, 1001))
    assert odd.on_frames(Fraction(30000, 1001)) == odd


def test_marks_on_a_cut_film_are_found_in_the_original():
    before = Plan((Mark("cut", 10, 20), Mark("cut", 30, 40)))
    drawn = [Mark("cut", 5, 12), Mark("silence", 10, 20), Mark("blur", 20, 25, FACE)]
    after = composed(before, drawn)
    assert [mark.span for mark in after.marks[2:]] == [(5, 22), (20, 30), (40, 45)]
    assert after.cuts == [(5, 22), (30, 40)]
    assert cuts_since(before, after) == [(5, 12)]
    assert cuts_since(before, composed(before, drawn[1:])) == []
    assert after.left_s(60) == 33


def test_a_box_covers_what_it_touches():
    assert Box(0.1, 0.1, 0.3, 0.3).pixels(320, 240) == (32, 24, 96, 72)
    assert Box(0.101, 0.0, 0.899, 1.0).pixels(321, 241) == (32, 0, 289, 241)
    assert Box(0.999, 0.999, 0.001, 0.001).pixels(320, 240) == (318, 238, 2, 2)
    assert Box(0, 0, 1, 1).is_within
    for outside in (Box(-0.1, 0, 0.5, 0.5), Box(0.6, 0, 0.5, 0.5), Box(0, 0, 0, 0.5)):
        assert not outside.is_within


def test_words_that_were_silenced_or_cut_even_in_part_are_gone():
    words = [(0, 2, "before"), (2, 4, "half a name"), (4, 6, "cut"), (6, 9, "half cut"), (9, 11, "mute")]
    assert words_after([*words, (11, 12, "end")], cuts=[(3.5, 7)], muted=[(10, 10.5)]) == [
        (0, 2, "before"),
        (2, 3.5, "[…]"),
        (3.5, 5.5, "[…]"),
        (5.5, 7.5, "[…]"),
        (7.5, 8.5, "end"),
    ]
    assert words_after([(0, 2, "next to it")], cuts=[(2, 3)], muted=[]) == [(0, 2, "next to it")]


def test_chapters_move_and_those_without_a_second_go():
    chapters = [(0.0, "one"), (10.0, "two"), (20.0, "three"), (30.0, "four")]
    assert chapters_after(chapters, cuts=[(10, 20), (25, 30)], duration_s=40) == [
        (0, "one"),
        (10, "three"),
        (15, "four"),
    ]
    assert chapters_after(chapters, cuts=[(29, 40)], duration_s=40)[-1] == (20, "three")


# --- the bytes ------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def secret_film(clips) -> Path:
    """Twelve seconds with something to hide in picture and sound; grey elsewhere, with a quiet hum."""
    board = "geq=lum='if(mod(floor(X/4)+floor(Y/4),2),235,16)':cb=128:cr=128"
    picture = (
        f"[0:v]split[g][b];[b]crop=80:120:160:60,{board}[c];[g][c]overlay=160:60:enable='lt(t,2)',"
        "drawbox=x=0:y=0:w=80:h=48:color=red:t=fill,"
        "drawbox=color=0x00FF00:t=fill:enable='between(t,3.2,4.8)'[v];"
        "[1:a]volume=0.02[hum];[2:a]volume=0:enable='not(between(t,6,7))'[high];"
        "[3:a]volume=0:enable='not(between(t,8,9))'[low];[hum][high][low]amix=inputs=3:normalize=0[a]"
    )
    inputs = ["-f", "lavfi", "-i", "color=gray:size=320x240:rate=25", "-f", "lavfi", "-i", "anoisesrc=seed=1:r=48000"]
    inputs += ["-f", "lavfi", "-i", "sine=frequency=3000:r=48000", "-f", "lavfi", "-i", "sine=frequency=300:r=48000"]
    words = ["-filter_complex", picture, "-map", "[v]", "-map", "[a]", *H264, "-c:a", "aac"]
    return make_clip(clips / "secret.mp4", *inputs, *words, length_s=12)


@pytest.fixture(scope="session")
def redacted(secret_film, tmp_path_factory) -> tuple[Path, encoding.Made]:
    folder = tmp_path_factory.mktemp("redacted")
    source = probe(secret_film)
    plan = encoding.on_frames_of(source, PLAN)
    made = encoding.make(source, secret_film, folder, on_share=lambda share: None, preset="ultrafast", plan=plan)
    return folder, made


def frames_of(file: Path, tmp_path: Path) -> list[Image.Image]:
    """Five a second."""
    for old in tmp_path.glob("frame-*.png"):
        old.unlink()
    command = ["ffmpeg", "-v", "error", "-i", file, "-vf", "fps=5:start_time=0", tmp_path / "frame-%03d.png"]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return [Image.open(path).convert("RGB") for path in sorted(tmp_path.glob("frame-*.png"))]


def within(frame: Image.Image, box: Box) -> Image.Image:
    """The middle of a box, away from its edges."""
    width, height = frame.size
    margin = 0.03
    left, top = (box.x + margin) * width, (box.y + margin) * height
    right, bottom = (box.x + box.width - margin) * width, (box.y + box.height - margin) * height
    return frame.crop((round(left), round(top), round(right), round(bottom)))


def has_green(frame: Image.Image) -> bool:
    red, green, blue = ImageStat.Stat(frame.crop((frame.width // 2, 0, frame.width, frame.height))).mean
    return green > red + 60 and green > blue + 60


def contrast(frame: Image.Image, box: Box) -> float:
    return ImageStat.Stat(within(frame, box).convert("L")).stddev[0]


def has_red(frame: Image.Image, box: Box) -> bool:
    red, green, _blue = ImageStat.Stat(within(frame, box)).mean
    return red > green + 60


def level_of(file: Path, hertz: int, start_s: float, end_s: float) -> float:
    """Mean volume in dB of what is left around one tone."""
    chain = f"atrim={start_s}:{end_s},bandpass=f={hertz}:width_type=h:w=60,volumedetect"
    command = ["ffmpeg", "-hide_banner", "-i", file, "-af", chain, "-vn", "-f", "null", "-"]
    said = subprocess.run(command, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL).stderr
    return float(said.partition("mean_volume:")[2].split()[0])


def test_the_film_holds_what_is_to_go(secret_film, tmp_path):
    """Else the tests below would prove nothing."""
    frames = frames_of(secret_film, tmp_path)
    assert has_green(frames[20])
    assert has_red(frames[0], TILE)
    assert contrast(frames[5], FACE) > 80
    assert level_of(secret_film, 3000, 6.1, 6.9) > -30
    assert level_of(secret_film, 300, 8.1, 8.9) > -30


@pytest.mark.parametrize("name", ["saver.m4s", "edge.m4s", "small.mp4"])
def test_nothing_of_the_picture_is_left_in_any_quality(redacted, tmp_path, name):
    folder, made = redacted
    assert made.duration_s == pytest.approx(10, abs=0.1)
    frames = frames_of(folder / name, tmp_path)
    assert len(frames) == pytest.approx(50, abs=1)
    assert not any(has_green(frame) for frame in frames)
    assert not any(has_red(frame, TILE) for frame in frames)
    # The chessboard averages to grey.
    assert max(contrast(frame, FACE) for frame in frames[:10]) < 6


def test_nothing_is_left_in_slides_sheet_and_posters(redacted):
    folder, made = redacted
    pictures = [*folder.glob("slides-*.webp"), folder / "poster.webp", folder / "poster-small.webp"]
    assert made.slides["count"] == len(pictures) - 2 >= 1
    for path in pictures:
        with Image.open(path) as picture:
            frame = picture.convert("RGB")
            assert not has_green(frame), path
            assert not has_red(frame, TILE), path
            assert contrast(frame, FACE) < 6, path
    with Image.open(folder / "sprites.webp") as sheet:
        width, height = made.sprites["width"], made.sprites["height"]
        for number in range(made.sprites["count"]):
            thumb = sheet.crop((number * width, 0, (number + 1) * width, height)).convert("RGB")
            assert not has_green(thumb)
            assert not has_red(thumb, TILE)
    assert {path.suffix for path in folder.iterdir()} == {".m3u8", ".m4s", ".mp4", ".webp", ".json"}


@pytest.mark.parametrize("name", ["audio.m4s", "voice.m4s", "small.mp4"])
def test_nothing_of_the_sound_is_left(redacted, name):
    """Two seconds were cut before it; a tone that was heard is below the noise of the codec."""
    folder, _made = redacted
    assert level_of(folder / name, 3000, 4.0, 5.0) < -60
    assert level_of(folder / name, 300, 6.05, 6.95) < -45
    assert level_of(folder / name, 1000, 6.1, 6.9) > -35
    assert level_of(folder / name, 3000, 0, 10) < -45


def test_picture_and_sound_lose_the_same(redacted):
    folder, _made = redacted
    lengths = [read_playlist(folder, name).duration_s for name in ("saver", "edge", "audio", "voice")]
    assert max(lengths) - min(lengths) < 0.1
    assert lengths[0] == pytest.approx(10, abs=0.1)


def test_a_voice_without_a_picture_is_cut_too(tmp_path):
    tones = ["-f", "lavfi", "-i", "aevalsrc='0.3*sin(2*PI*if(between(t,1,2),3000,300)*t)':s=48000"]
    source = make_clip(tmp_path / "voice.wav", *tones, length_s=5)
    plan = Plan((Mark("cut", 1.0, 2.0), Mark("cut", 4.5, 5.0)))
    made = encoding.make(probe(source), source, tmp_path, on_share=lambda share: None, plan=plan)
    assert made.duration_s == pytest.approx(3.5, abs=0.1)
    assert level_of(tmp_path / "audio.m4s", 3000, 0, 3.5) < -45


def test_the_hash_is_that_of_every_file(tmp_path):
    for name in ("voice.m4s", "edge.m4s", "master.m3u8"):
        (tmp_path / name).write_text(name)
    names = sorted(path.name for path in tmp_path.iterdir())
    sums = subprocess.run(["sha256sum", *names], cwd=tmp_path, capture_output=True, check=True).stdout
    before = content.sha256_of(tmp_path)
    assert before == hashlib.sha256(sums).hexdigest()
    (tmp_path / "voice.m4s").write_text("another")
    assert content.sha256_of(tmp_path) != before
    (tmp_path / "voice.m4s").write_text("voice.m4s")
    (tmp_path / "edge.m4s").rename(tmp_path / "saver.m4s")
    assert content.sha256_of(tmp_path) != before


# --- the job --------------------------------------------------------------------------------------------------------
def prepared(film: Path, **facts) -> Video:
    """A film that was made once; its version is a folder with a word in it."""
    video: Video = VideoFactory(**facts)
    with film.open("rb") as handle:
        video.original.save("source", File(handle))
    version = Path(storages["clean"].path(f"video/{video.directory}"))
    version.mkdir(parents=True)
    (version / "master.m3u8").write_text("the version before")
    return video


@pytest.fixture
def video(empty_storages, db, secret_film, settings) -> Video:
    settings.VIDEO_PRESET = "ultrafast"
    return prepared(secret_film, duration_s=12.0)


def folder_of(video: Video) -> Path:
    return Path(storages["clean"].path(f"video/{video.public_id}"))


def test_a_redacted_film_takes_the_place_of_the_one_before(video, django_capture_on_commit_callbacks):
    before, reader = video.directory, UserFactory()
    bitmap = with_bins(b"", [(0, 4), (5, 12)], length_s=12)
    record = WatchRecord.objects.create(user=reader, video=video, bitmap=bitmap, seconds_watched=11, length_s=12)
    Video.objects.filter(pk=video.pk).update(
        chapters_found=[{"at_s": 0, "title": "one"}, {"at_s": 3, "title": "cut"}, {"at_s": 5, "title": "two"}]
    )
    CaptionTrack.objects.create(
        video=video,
        language="vi",
        cues=[Cue(at, at + 1.9, words).as_json() for at, words in ((0.0, "Chào"), (5.0, "Bà Mẫu"), (10.0, "Hết"))],
    )
    Chapter.objects.bulk_create(Chapter(video=video, at_s=at, title=f"at {at}") for at in (0, 3, 5))
    with django_capture_on_commit_callbacks(execute=False):
        redaction = start_redaction(video, MARKS, by=video.owner)
    video.refresh_from_db()
    assert video.is_withheld
    assert video.directory != before
    assert redaction.film == video.directory
    old_hash = video.content_sha256
    jobs.redact(Handle(), redaction_id=redaction.pk)
    video.refresh_from_db()
    redaction.refresh_from_db()
    assert redaction.is_made
    assert redaction.made_film == video.directory
    assert not video.is_withheld
    assert video.redacted_at
    assert video.duration_s == pytest.approx(10, abs=0.1)
    assert video.content_sha256 not in {"", old_hash}
    # Nothing of the version before is left on the disk.
    assert [path.name for path in folder_of(video).iterdir()] == [video.directory.rpartition("/")[2]]
    assert [chapter["title"] for chapter in video.chapters_found] == ["one", "two"]
    assert video.chapters_found[1]["at_s"] == 3
    assert [(cue.start_s, cue.text) for cue in video.caption_tracks.get().rows()] == [
        (0, "Chào"),
        (3, "[…]"),
        (8, "Hết"),
    ]
    assert [(mark.at_s, mark.title) for mark in video.marks()] == [(0, "at 0"), (3, "at 5")]
    record.refresh_from_db()
    assert record.watched_ranges == [(0, 10)]
    assert jobs.redact(Handle(), redaction_id=redaction.pk) == {"directory": video.directory}


def test_a_second_redaction_keeps_the_first(video, tmp_path):
    first = Plan((Mark("cut", 3.0, 5.0), Mark("mask", box=TILE)))
    Video.objects.filter(pk=video.pk).update(plan=first.as_json(), duration_s=10.0, redacted_at="2026-03-07T00:00Z")
    video.refresh_from_db()
    # On the film without the two green seconds, the high tone is heard from 4 to 5 s.
    second = start_redaction(video, [Mark("silence", 4.0, 5.0), Mark("cut", 9.0, 10.0)], by=video.owner)
    jobs.redact(Handle(), redaction_id=second.pk)
    video.refresh_from_db()
    folder = folder_of(video) / video.directory.rpartition("/")[2]
    assert video.duration_s == pytest.approx(9, abs=0.1)
    frames = frames_of(folder / "edge.m4s", tmp_path)
    assert not any(has_green(frame) or has_red(frame, TILE) for frame in frames)
    assert level_of(folder / "audio.m4s", 3000, 0, 9) < -45
    assert [mark.kind for mark in video.plan_of_original.marks] == ["cut", "mask", "silence", "cut"]


@pytest.mark.django_db
def test_what_cannot_be_redacted_is_refused():
    video = VideoFactory(duration_s=12.0)
    by = video.owner
    with pytest.raises(NothingMarkedError):
        start_redaction(video, [], by=by)
    with pytest.raises(NothingLeftError):
        start_redaction(video, [Mark("cut", 0, 6), Mark("cut", 5, 11)], by=by)
    Video.objects.filter(pk=video.pk).update(is_provisional=True)
    with pytest.raises(NotWholeYetError):
        start_redaction(video, MARKS, by=by)
    Video.objects.filter(pk=video.pk).update(is_provisional=False, original_gone_at=timezone.now())
    with pytest.raises(OriginalGoneError):
        start_redaction(video, MARKS, by=by)
    video.refresh_from_db()
    assert not video.is_withheld
    assert not Job.objects.exists()


@pytest.mark.django_db
def test_there_is_one_open_redaction_and_none_is_changed_under_way():
    video = VideoFactory(original="video/x/source")
    keep_marks(video, MARKS[:1], by=video.owner)
    redaction = keep_marks(video, MARKS, by=video.owner)
    assert video.redactions.get().rows() == MARKS
    assert redaction.video.is_withheld
    assert not keep_marks(video, [], by=video.owner).video.is_withheld, "nothing is to go any more"
    with pytest.raises(IntegrityError), transaction.atomic():
        Redaction.objects.create(video=video)
    start_redaction(video, MARKS, by=video.owner)
    for act in (keep_marks, start_redaction):
        with pytest.raises(UnderWayError):
            act(video, MARKS, by=video.owner)
    with pytest.raises(UnderWayError):
        give_up_redaction(video, by=video.owner)
    cancel_job(Job.objects.get(kind="video.redact"), by=video.owner)
    video.refresh_from_db()
    assert video.is_withheld
    give_up_redaction(video, by=video.owner)
    video.refresh_from_db()
    assert not video.is_withheld
    assert not Redaction.objects.filter(pk=redaction.pk).exists()


def test_stopping_leaves_the_film_as_it_was_and_withheld(video):
    redaction = start_redaction(video, MARKS, by=video.owner)
    assert jobs.redact(Handle(stops_at=0.03), redaction_id=redaction.pk) is None
    video.refresh_from_db()
    redaction.refresh_from_db()
    assert (redaction.state, video.is_withheld) == (Redaction.State.DRAFT, True)
    assert not video.plan
    assert (folder_of(video) / video.directory.rpartition("/")[2] / "master.m3u8").exists()


def laid(video: Video, *versions: str) -> None:
    for version in versions:
        (folder_of(video) / version).mkdir(parents=True)


def versions_of(video: Video) -> set[str]:
    return {path.name for path in folder_of(video).iterdir()}


@pytest.mark.django_db
def test_the_daily_sweep_never_takes_the_version_in_force(empty_storages, monkeypatch):
    """A second redaction ends while the sweep goes through the films."""
    video, listed = VideoFactory(redacted_at=timezone.now()), PrivateStorage.folders_in
    laid(video, video.version, "fedcba9876543210")

    def switching(self, name):
        found = listed(self, name)
        Video.objects.filter(pk=video.pk).update(directory=f"{video.public_id}/fedcba9876543210")
        return found

    at_work = JobFactory(kind="video.redact", subject=video.job_subject)
    assert jobs.forget_replaced_versions() == 0, "what a worker puts there is not the row's yet"
    at_work.delete()
    monkeypatch.setattr(PrivateStorage, "folders_in", switching)
    assert jobs.forget_replaced_versions() == 1
    assert versions_of(video) == {"fedcba9876543210"}


@pytest.mark.django_db(transaction=True)
def test_what_happens_daily_waits_for_a_film_of_which_a_redaction_begins(empty_storages, monkeypatch):
    monkeypatch.setattr("foundation.jobs.actions.deliver", lambda job: None)
    video = VideoFactory(redacted_at=timezone.now(), duration_s=12.0)
    video.original.save("source", ContentFile(b"a film"))
    laid(video, video.version)
    with ThreadPoolExecutor() as threads:
        with transaction.atomic():
            start_redaction(video, MARKS, by=video.owner)
            sweeping = threads.submit(elsewhere, jobs.forget_replaced_versions)
            expiring = threads.submit(elsewhere, forget_original, Video.objects.get())
            for waiting in (sweeping, expiring):
                with pytest.raises(TimeoutError):
                    waiting.result(timeout=0.3)
        sweeping.result()
        assert expiring.result() is False, "a redaction begins, for which the original is needed"
    video.refresh_from_db()
    assert versions_of(video) == {video.version}
    assert video.original.storage.exists(video.original.name)


def elsewhere(act, *given):
    """In a thread that has a connection of its own."""
    try:
        return act(*given)
    finally:
        connection.close()


def test_of_two_jobs_on_one_redaction_one_moves_what_belongs_to_the_film(empty_storages, db, small_clip, monkeypatch):
    """The second one ends while the first still encodes, on another machine."""
    monkeypatch.setattr("foundation.video.actions.LEAST_LEFT_S", 0.5)
    video = prepared(small_clip, duration_s=12.0)
    Chapter.objects.create(video=video, at_s=8.0, title="after the cut")
    redaction = start_redaction(video, [Mark("cut", 0, 0.2)], by=video.owner)
    plans, made = [], encoding.Made(0.8, [dict(VideoFactory.build().renditions[-1])], has_poster=False)

    def make(_source, _original, folder, *, plan, **_options):
        plans.append(plan)
        if len(plans) == 1:
            jobs.redact(Handle(), redaction_id=redaction.pk)
            folder.mkdir()  # its own disk, which the other does not tidy
        return made

    monkeypatch.setattr(encoding, "make", make)
    assert jobs.redact(Handle(), redaction_id=redaction.pk) is None
    assert len(plans) == 2
    assert [round(mark.at_s, 1) for mark in video.marks()] == [7.8], "moved once"
    redaction.refresh_from_db()
    video.refresh_from_db()
    assert (redaction.is_made, redaction.made_film, video.is_withheld) == (True, video.directory, False)


MOMENTS = [
    (jobs._Reporter, "__call__", 1, "after"),
    (content, "sha256_of", 1, "after"),
    (jobs, "_follow", 1, "after"),
    (jobs, "_remove_leftovers", 2, "before"),
]


@pytest.mark.django_db(transaction=True)
def test_kills_in_mid_redaction_leave_the_old_or_the_new(empty_storages, small_clip, monkeypatch, settings):
    settings.VIDEO_PRESET = "ultrafast"
    monkeypatch.setattr("foundation.jobs.actions.deliver", lambda job: None)
    monkeypatch.setattr("foundation.video.actions.LEAST_LEFT_S", 0.5)
    video = prepared(small_clip, duration_s=1.0)
    start_redaction(video, [Mark("cut", 0, 0.2), Mark("mask", box=TILE)], by=video.owner)
    video.refresh_from_db()
    old, job = video.directory, Job.objects.get(kind="video.redact")
    for moment in MOMENTS:
        assert in_a_worker(job, *moment) == signal.SIGKILL, moment
        video.refresh_from_db()
        is_switched = moment == MOMENTS[-1]
        assert (video.directory != old) == is_switched, moment
        assert video.is_withheld != is_switched, moment
        assert (Path(storages["clean"].path(f"video/{video.directory}")) / "master.m3u8").exists(), moment
        sweep()
    assert in_a_worker(job) == 0
    video.refresh_from_db()
    assert is_whole_version(video)
    assert [path.name for path in folder_of(video).iterdir()] == [video.directory.rpartition("/")[2]]
    assert video.redactions.get().is_made
    assert Job.objects.get().state == Job.State.DONE


def is_whole_version(video: Video) -> bool:
    folder = Path(storages["clean"].path(f"video/{video.directory}"))
    tracks = [read_playlist(folder, Path(quality.file).stem) for quality in video.qualities()]
    return content.sha256_of(folder) == video.content_sha256 and all(track.duration_s > 0.7 for track in tracks)
