"""From a file in quarantine to a whole version, with real ffmpeg."""

import json
import os
import re
import subprocess
import time
import uuid
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from unittest.mock import Mock

import pytest
from django.core.files import File
from django.core.files.storage import storages
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from PIL import Image, ImageStat

from foundation.jobs.models import Job
from foundation.jobs.runner import run_job, sweep_jobs
from foundation.kernel.forgetting import forgetters
from foundation.kernel.roles import Role
from foundation.kernel.storages import PrivateStorage
from foundation.notifications.models import Notification
from foundation.video import encoding, jobs, refusals, stills
from foundation.video.actions import NothingToRetryError, receive_upload, remove_film, retire_addresses, retry_encode
from foundation.video.ladder import fit, frame_rate, steps_for
from foundation.video.loudness import gain_db, loudness_of
from foundation.video.models import Video, WatchRecord
from foundation.video.playlists import read_playlist
from foundation.video.probe import FoundChapter, Source, probe
from foundation.video.removal import has_files
from foundation.video.sandbox import (
    Sandbox,
    ToolFailedError,
    ToolStalledError,
    ToolTimeoutError,
    is_isolated,
    run,
)
from foundation.video.uploads import Intake, QuarantinedFile
from teleconsults.actions import publish_recording
from teleconsults.refusals import NotReadyError
from tests.factories.accounts import UserFactory
from tests.factories.jobs import JobFactory
from tests.factories.teleconsults import RecordingFactory
from tests.factories.video import VideoFactory
from tests.video.conftest import H264, OUTSIDE, SMALL, SOUND, make_clip

GOOD_FILES = sorted(
    path.name
    for path in OUTSIDE.glob("*.*")
    if path.suffix in {".mp4", ".m4a", ".mkv", ".opus", ".webm"} and not path.name.startswith("truncated")
)


class Handle:
    """A job's handle that remembers; `stops_at` asks the job to stop at that share."""

    def __init__(self, attempt: int = 1, stops_at: float = 2.0) -> None:
        self.attempt, self.stops_at, self.shares = attempt, stops_at, [0.0]
        self.lines: list[str] = []

    def progress(self, done: float, message: str = "") -> None:
        self.shares.append(done)

    def is_cancelled(self) -> bool:
        return self.shares[-1] >= self.stops_at

    def make_sure(self) -> None:
        """Nobody else has the job."""

    def log(self, line: str) -> None:
        self.lines.append(line)


@pytest.fixture(scope="session")
def encoded(clip, tmp_path_factory) -> tuple[Path, encoding.Made, list[float]]:
    """The one real encode of a whole ladder."""
    folder = tmp_path_factory.mktemp("encoded")
    shares: list[float] = []
    made = encoding.make(probe(clip), clip, folder, on_share=shares.append)
    return folder, made, shares


def media_segments(folder: Path, name: str) -> list[float]:
    return [float(length) for length in re.findall(r"#EXTINF:([\d.]+)", (folder / f"{name}.m3u8").read_text())]


def test_one_run_makes_the_whole_ladder(encoded):
    folder, made, shares = encoded
    assert [(row["key"], row["width_px"], row["height_px"]) for row in made.renditions] == [
        ("clear", 1280, 720),
        ("standard", 854, 480),
        ("low", 640, 360),
        ("saver", 426, 240),
        ("edge", 256, 144),
        ("audio", 0, 0),
        ("voice", 0, 0),
    ]
    assert made.duration_s == pytest.approx(9, abs=0.1)
    assert {path.suffix for path in folder.iterdir()} == {".m3u8", ".m4s", ".mp4", ".webp", ".json"}
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1, abs=0.05)


def test_the_segments_of_all_rungs_begin_together(encoded):
    folder = encoded[0]
    for name in ("clear", "standard", "low", "saver", "edge"):
        *whole, last = media_segments(folder, name)
        assert whole == [4.0, 4.0]
        assert last == pytest.approx(1, abs=0.1)


def test_the_master_says_what_was_measured(encoded):
    folder, made, _shares = encoded
    master = (folder / "master.m3u8").read_text()
    variants = re.findall(r"#EXT-X-STREAM-INF:(.*)\n(.*)", master)
    assert [name for _attributes, name in variants] == [
        f"{key}.m3u8" for key in ("edge", "saver", "low", "standard", "clear", "voice")
    ]
    for attributes, name in variants:
        peak, average = (
            int(re.search(rf"(?:^|,){key}=(\d+)", attributes)[1]) for key in ("BANDWIDTH", "AVERAGE-BANDWIDTH")
        )
        assert peak >= average * 0.9
        row = next(row for row in made.renditions if row["file"] == name)
        assert (peak, average) == (row["bandwidth_bps"], row["average_bps"])
    assert re.search(r'CODECS="avc1\.64[0-9a-f]{4},mp4a\.40\.2",RESOLUTION=1280x720,FRAME-RATE=25\.000', master)
    assert 'CODECS="mp4a.40.2"' in variants[-1][0]
    assert re.search(r'RESOLUTION=256x144,FRAME-RATE=12\.500,AUDIO="saving"', master)
    assert re.search(r'RESOLUTION=640x360,FRAME-RATE=25\.000,AUDIO="saving"', master)
    assert "://" not in master


def lufs_of(file: Path) -> float:
    return loudness_of(Sandbox(out_dir=file.parent), f"file:{file.name}", {}, index=0, timeout_s=30)


def test_the_sound_is_mono_in_two_sizes_and_as_loud_as_speech_should_be(encoded):
    folder = encoded[0]
    for name, rate_hz in (("audio", 48000), ("voice", 16000)):
        said = subprocess.run(
            ["ffmpeg", "-hide_banner", "-i", folder / f"{name}.m4s"], capture_output=True, text=True, check=False
        )
        assert f"{rate_hz} Hz, mono" in said.stderr
        assert lufs_of(folder / f"{name}.m4s") == pytest.approx(-16, abs=1.5)


@pytest.mark.parametrize(
    "words", [["-af", "volume=-25dB"], ["-ac", "6"], ["-af", "volume=14dB"]], ids=["quiet", "six channels", "loud"]
)
def test_quiet_and_loud_sources_come_out_alike(words, tmp_path):
    source = make_clip(tmp_path / "source.wav", *SOUND, *words, length_s=3)
    encoding.make(probe(source), source, tmp_path, on_share=lambda share: None)
    for name in ("audio", "voice"):
        assert lufs_of(tmp_path / f"{name}.m4s") == pytest.approx(-16, abs=1.5)


def test_silence_is_not_turned_up(tmp_path):
    source = make_clip(tmp_path / "source.wav", "-f", "lavfi", "-i", "anullsrc=sample_rate=48000", length_s=1)
    assert encoding.make(probe(source), source, tmp_path, on_share=lambda share: None).renditions
    assert [gain_db(lufs) for lufs in (-70, -60, -50, -20, -6)] == [0, 0, 30, 4, -10]


def test_sound_that_was_lost_on_the_way_is_noticed(small_clip, tmp_path, monkeypatch):
    monkeypatch.setattr("foundation.video.ffmpeg.gain_db", lambda lufs: -60)
    with pytest.raises(encoding.SilentSoundError):
        encoding.make(probe(small_clip), small_clip, tmp_path, on_share=lambda share: None)


def test_slides_begin_with_the_film_and_lie_on_its_timeline(slide_show, tmp_path):
    made = encoding.make(probe(slide_show), slide_show, tmp_path, on_share=lambda share: None)
    index = json.loads((tmp_path / "slides.json").read_text())
    assert [slide["at"] for slide in index["slides"]] == [0, 8, 16]
    for slide in index["slides"]:
        with Image.open(tmp_path / slide["file"]) as picture:
            assert (picture.format, picture.width) == ("WEBP", 960)
        assert (tmp_path / slide["file"]).stat().st_size == slide["bytes"]
    assert index["audio"] == "voice.m3u8"
    voice = (tmp_path / "voice.m4s").stat().st_size
    assert index["bytes"] == voice + sum(slide["bytes"] for slide in index["slides"]) == made.slides["bytes"]
    assert made.slides["count"] == 3


def test_a_film_that_moves_all_the_time_keeps_slides_within_the_line(tmp_path):
    """An hour at most 18 MB: 40 kbit/s."""
    noisy = tmp_path / "noisy.jpg"
    Image.effect_noise((960, 540), 90).convert("RGB").save(noisy)
    frames = [stills.Still(at * 4.0, 0.5 + at / 2000, noisy) for at in range(300)]
    said = stills.write_slides(frames, tmp_path, duration_s=1200, sound="voice.m3u8", sound_bytes=4_200_000)
    assert said["bytes"] * 8 / 1200 <= 40_000
    assert said["count"] > 3
    assert json.loads((tmp_path / "slides.json").read_text())["slides"][0]["at"] == 0


def test_pictures_for_seeking_lie_on_one_sheet(encoded):
    folder, made, _shares = encoded
    index = json.loads((folder / "sprites.json").read_text())
    assert index == made.sprites
    assert index == {"file": "sprites.webp", "columns": 3, "width": 160, "height": 90, "every": 4.0, "count": 3}
    with Image.open(folder / index["file"]) as sheet:
        assert sheet.size == (480, 90)
    assert [stills.every_s(length_s) for length_s in (60, 600, 3600, 21600)] == [4.0, 10.0, 10.0, 54]


def test_there_is_a_light_poster_for_lists(encoded):
    small = encoded[0] / "poster-small.webp"
    assert small.stat().st_size <= 12_000
    with Image.open(small) as poster:
        assert poster.size == (320, 180)


def test_chapters_of_the_file_are_found(small_clip, tmp_path):
    words = tmp_path / "chapters.txt"
    words.write_text(
        ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=500\ntitle=Ca bệnh\n"
        "[CHAPTER]\nTIMEBASE=1/1000\nSTART=500\nEND=900\ntitle=  Bàn\u0007 luận \n"
    )
    film = tmp_path / "film.mp4"
    join = ["-i", small_clip, "-f", "ffmetadata", "-i", words, "-map_metadata", "1", "-map", "0", "-c", "copy", film]
    subprocess.run(["ffmpeg", "-v", "error", *join], check=True)
    assert [(chapter.at_s, chapter.title) for chapter in probe(film).chapters] == [(0.0, "Ca bệnh"), (0.5, "Bàn luận")]


def test_the_poster_is_not_the_black_beginning(encoded):
    with Image.open(encoded[0] / "poster.webp") as poster:
        assert poster.format == "WEBP"
        assert ImageStat.Stat(poster.convert("L")).stddev[0] > 20


def test_a_plain_file_plays_without_a_script(encoded):
    said = probe(encoded[0] / "small.mp4")
    assert (said.picture.width_px, said.duration_s) == (426, pytest.approx(9, abs=0.2))
    assert said.sound is not None
    assert encoded[1].download == {"file": "small.mp4", "bytes": (encoded[0] / "small.mp4").stat().st_size}


def test_every_quality_can_be_had_as_one_plain_file(encoded):
    folder, made, _shares = encoded
    files = {row["key"]: row["download"] for row in made.renditions if row.get("download")}
    assert files == {
        "clear": "film-clear.mp4",
        "standard": "film-standard.mp4",
        "low": "film-low.mp4",
        "saver": "small.mp4",
        "edge": "film-edge.mp4",
        "voice": "sound.mp4",
    }
    for row in made.renditions:
        if row["key"] == "audio":
            continue
        said = probe(folder / row["download"])
        assert row["download_bytes"] == (folder / row["download"]).stat().st_size
        assert said.sound is not None
        assert (said.picture.width_px if said.picture else 0) == row["width_px"]
        assert said.duration_s == pytest.approx(9, abs=0.2)


def test_large_pictures_need_not_be_kept_twice(small_clip, tmp_path):
    made = encoding.make(probe(small_clip), small_clip, tmp_path, on_share=lambda share: None, download_lines=144)
    assert [row.get("download") for row in made.renditions] == ["small.mp4", "film-edge.mp4", None, "sound.mp4"]
    made = encoding.make(probe(small_clip), small_clip, tmp_path, on_share=lambda share: None, download_lines=0)
    assert [row.get("download") for row in made.renditions] == ["small.mp4", None, None, "sound.mp4"]


@pytest.mark.parametrize(
    ("name", "words", "expected"),
    [
        (
            "portrait.mp4",
            ["-f", "lavfi", "-i", "testsrc2=size=360x640:rate=60", *SOUND, *H264],
            [("low", 360, 640), ("saver", 240, 426), ("edge", 144, 256), ("audio", 0, 0), ("voice", 0, 0)],
        ),
        (
            "fourthirds.mp4",
            ["-f", "lavfi", "-i", "testsrc2=size=640x480:rate=25", *H264],
            [("standard", 640, 480), ("low", 480, 360), ("saver", 320, 240), ("edge", 192, 144)],
        ),
        (
            "odd10bit.mkv",
            ["-f", "lavfi", "-i", "testsrc2=size=321x241:rate=30000/1001", "-c:v", "libx264", "-pix_fmt", "yuv444p10"],
            [("saver", 320, 240), ("edge", 192, 144)],
        ),
        (
            "surround.mkv",
            [*SMALL, "-f", "lavfi", "-i", "sine=sample_rate=48000", "-ac", "6", *H264, "-c:a", "flac"],
            [("saver", 320, 240), ("edge", 192, 144), ("audio", 0, 0), ("voice", 0, 0)],
        ),
        ("voice.m4a", [*SOUND, "-c:a", "aac"], [("audio", 0, 0), ("voice", 0, 0)]),
        (
            "anamorphic.mpg",
            ["-f", "lavfi", "-i", "testsrc2=size=352x288:rate=25,setsar=16/11", "-c:v", "mpeg2video", "-f", "mpegts"],
            [("low", 512, 288), ("saver", 426, 240), ("edge", 256, 144)],
        ),
        (
            "live.webm",
            ["-f", "lavfi", "-i", "testsrc2=size=320x240:rate=10", "-c:v", "libvpx", "-live", "1"],
            [("saver", 320, 240), ("edge", 192, 144)],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_odd_sources_are_made_too_and_never_enlarged(name, words, expected, clips, tmp_path):
    source = make_clip(clips / name, *words, length_s=1)
    made = encoding.make(probe(source), source, tmp_path, on_share=lambda share: None)
    assert [(row["key"], row["width_px"], row["height_px"]) for row in made.renditions] == expected
    assert (tmp_path / "small.mp4").stat().st_size > 0


def test_a_turned_film_stands_upright(clip, tmp_path):
    turned = tmp_path / "turned.mp4"
    command = ["ffmpeg", "-v", "error", "-i", clip, "-t", "1", "-c", "copy", "-metadata:s:v", "rotate=90", turned]
    subprocess.run(command, check=True)
    assert (probe(turned).picture.width_px, probe(turned).picture.height_px) == (720, 1280)


def test_sizes_are_even_keep_their_shape_and_never_grow():
    assert fit((1404, 886), (854, 480)) == (760, 480)
    assert fit((720, 1280), (426, 240)) == (240, 426)
    assert fit((224, 50), (426, 240)) == (224, 50)


@pytest.mark.parametrize(
    ("average", "made"),
    [
        (60, 30),
        (50, 25),
        (25, 25),
        (10, 10),
        (1, 5),
        (1000, 25),
        (Fraction(30000, 1001), Fraction(30000, 1001)),
        (120, 30),
    ],
)
def test_frame_rates(average, made):
    assert frame_rate(Fraction(average)) == made


@pytest.mark.parametrize(
    "fps", [Fraction(25), Fraction(30000, 1001), Fraction(24), Fraction(10), Fraction(19), Fraction(330, 17)]
)
def test_segments_are_equally_long_on_every_rung(fps):
    steps = steps_for((1920, 1080), fps)
    assert [step.rung.key for step in steps] == ["full", "clear", "standard", "low", "saver", "edge"]
    assert len({Fraction(step.gop_frames) / step.fps for step in steps}) == 1
    assert steps[0].segment_s == pytest.approx(4, abs=0.1)


# --- refusals -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("dash_manifest.mp4", "playlist"),
        ("duration_bomb_2frames_10h.mp4", "too_long"),
        ("ffconcat_relative.mp4", "playlist"),
        ("hls_concat_protocol.mp4", "playlist"),
        ("hls_local_read.mp4", "playlist"),
        ("hls_relative_read.mov", "playlist"),
        ("hls_ssrf_loopback.mp4", "playlist"),
        ("pixel_bomb_16000x8000.mp4", "too_many_pixels"),
        ("sdp.mp4", "playlist"),
    ],
)
def test_hostile_files_are_refused(outside, name, code):
    with pytest.raises(refusals.VideoRefusedError) as refused:
        probe(outside / "malicious" / name)
    assert refused.value.code == code
    assert str(refused.value)


@pytest.mark.parametrize("name", GOOD_FILES or ["none"])
def test_good_files_are_taken(outside, name):
    assert probe(outside / name).duration_s > 0.5


def test_a_cut_file_of_somebody_else_is_refused(outside):
    with pytest.raises(refusals.UnreadableError):
        probe(next(outside.glob("truncated*")))


def test_no_hostile_file_is_left_out(outside):
    for path in (outside / "malicious").iterdir():
        with pytest.raises(refusals.VideoRefusedError):
            probe(path)


@pytest.mark.parametrize("name", ["hls_local_read.mp4", "ffconcat_relative.mp4", "sdp.mp4", "dash_manifest.mp4"])
def test_the_probe_refuses_playlists_even_without_the_door(outside, name, monkeypatch):
    monkeypatch.setattr("foundation.video.probe.refuse_at_the_door", lambda head: None)
    with pytest.raises(refusals.UnreadableError):
        probe(outside / "malicious" / name)


def test_a_file_that_was_cut_off_is_refused(clip, tmp_path):
    for name, keep in (("cut.mp4", 0.6), ("head.mp4", 0.01)):
        path = tmp_path / name
        path.write_bytes(clip.read_bytes()[: int(clip.stat().st_size * keep)])
        with pytest.raises(refusals.UnreadableError):
            probe(path)


def test_a_film_shorter_than_its_header_says_is_refused(clip, tmp_path):
    whole = tmp_path / "whole.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-i", clip, "-c", "copy", "-movflags", "+faststart", whole], check=True)
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * 0.6)])
    with pytest.raises(refusals.UndecodableError):
        encoding.make(probe(cut), cut, tmp_path, on_share=lambda share: None)


@pytest.mark.parametrize(
    ("words", "length_s", "refusal"),
    [
        (["-f", "lavfi", "-i", "color=size=8x8:rate=5", "-c:v", "ffv1"], 1, refusals.TooFewPixelsError),
        ([*SMALL, *H264], 0.2, refusals.TooShortError),
        (["-f", "lavfi", "-i", "color=size=64x64:rate=1/60", *H264], 180, refusals.OddFrameRateError),
    ],
)
def test_the_limits(words, length_s, refusal, tmp_path):
    clip = make_clip(tmp_path / "odd.mkv", *words, length_s=length_s)
    with pytest.raises(refusal):
        probe(clip)


def test_a_file_with_twenty_tracks_is_refused(tmp_path):
    tracks = [word for _track in range(20) for word in ("-map", "0")]
    clip = make_clip(tmp_path / "many.mkv", "-f", "lavfi", "-i", "sine", *tracks, "-c:a", "pcm_s16le", length_s=1)
    with pytest.raises(refusals.TooManyStreamsError):
        probe(clip)


def test_every_refusal_has_a_code_of_its_own_and_a_sentence():
    kinds = refusals.VideoRefusedError.__subclasses__()
    assert len({kind.code for kind in kinds}) == len(kinds)
    for kind in kinds:
        assert refusals.sentence_of(kind.code) == kind.message
        assert len(str(kind.message)) > 30


def test_probe_video_prints_the_verdict(small_clip, tmp_path, capsys):
    call_command("probe_video", str(small_clip))
    verdict = json.loads(capsys.readouterr().out)
    assert (verdict["code"], verdict["sentence"]) == ("ok", "")
    assert [stream["codec_name"] for stream in verdict["streams"]] == ["h264", "aac"]
    (tmp_path / "notes.mp4").write_text("These are my notes of the session.\n")
    with pytest.raises(SystemExit):
        call_command("probe_video", str(tmp_path / "notes.mp4"))
    verdict = json.loads(capsys.readouterr().out)
    assert (verdict["code"], verdict["streams"]) == ("text_file", [])
    assert "text file" in verdict["sentence"]


# --- the sandbox ----------------------------------------------------------------------------------------------------
def test_the_tool_sees_one_file_and_no_network(small_clip):
    seen = run(Sandbox(source=small_clip), ["ls", "/in", "/"], timeout_s=10)
    assert "source" in seen
    for secret in ("home", "var", "work", "root", "srv"):
        assert secret not in seen.split()


def test_a_tool_that_stands_still_is_killed(tmp_path):
    with pytest.raises(ToolStalledError):
        run(Sandbox(), ["sleep", "30"], timeout_s=30, on_line=lambda line: True, stall_s=0.5)
    with pytest.raises(ToolTimeoutError):
        run(Sandbox(), ["sleep", "30"], timeout_s=0.5)
    with pytest.raises(ToolFailedError):
        run(Sandbox(), ["cat", "/in/nothing"], timeout_s=10)


def test_without_namespaces_the_limits_hold(monkeypatch, small_clip, tmp_path):
    monkeypatch.setattr("foundation.video.sandbox.is_isolated", lambda: False)
    assert "bwrap" not in Sandbox(source=small_clip).argv(["ls"])
    made = encoding.make(probe(small_clip), small_clip, tmp_path, on_share=lambda share: None)
    assert made.renditions


@pytest.mark.parametrize("isolated", [True, False])
def test_a_tool_learns_nothing_of_our_environment(monkeypatch, isolated):
    if isolated and not is_isolated():
        pytest.skip("bubblewrap may make no namespaces here.")
    monkeypatch.setattr("foundation.video.sandbox.is_isolated", lambda: isolated)
    monkeypatch.setenv("PORTAL_SECRET_KEY", "a-secret-of-the-portal")
    names = {line.partition("=")[0] for line in run(Sandbox(), ["env"], timeout_s=10).splitlines()}
    assert {"PATH", "LANG"} <= names <= {"PATH", "LANG", "PWD"}


@pytest.mark.parametrize("bwrap", [None, "/usr/bin/bwrap"])
def test_a_worker_without_isolation_says_so_once(monkeypatch, caplog, bwrap):
    monkeypatch.setattr("foundation.video.sandbox.which", lambda name: bwrap)
    monkeypatch.setattr("foundation.video.sandbox._bubblewrap", lambda: ["sh", "-c", "echo No permissions >&2; exit 1"])
    is_isolated.cache_clear()
    try:
        assert not is_isolated()
        assert not is_isolated()
    finally:
        is_isolated.cache_clear()
    assert len(caplog.messages) == 1
    assert "without isolation" in caplog.text
    assert ("No permissions" if bwrap else "not installed") in caplog.text


# --- the job --------------------------------------------------------------------------------------------------------
@pytest.fixture
def video(empty_storages, db, small_clip) -> Video:
    with small_clip.open("rb") as handle:
        return receive_upload(File(handle, name="../../etc/hội chẩn; rm -rf.mp4"), by=UserFactory())


def folder_of(video: Video) -> Path:
    return Path(storages["clean"].path(f"video/{video.public_id}"))


def test_an_upload_is_kept_under_a_name_of_ours(video, small_clip):
    assert video.original.name == f"video/{video.public_id}/source"
    assert video.original_name == "hội chẩn; rm -rf.mp4"
    assert Path(video.original.path).read_bytes() == small_clip.read_bytes()
    assert len(video.original_sha256) == 64
    assert video.state == Video.State.UPLOADED


def test_the_job_puts_a_whole_version_in_place(video):
    handle = Handle()
    jobs.encode(handle, video_id=video.pk)
    video.refresh_from_db()
    assert video.is_ready
    assert [path.name for path in folder_of(video).iterdir()] == [video.directory.rpartition("/")[2]]
    assert [row.key for row in video.qualities()] == ["saver", "edge", "audio", "voice"]
    assert (video.slides["count"], video.sprites["count"], video.download["file"]) == (1, 1, "small.mp4")
    assert handle.shares == sorted(handle.shares)
    assert jobs.encode(Handle(), video_id=video.pk) == {"directory": video.directory}


def test_what_a_dead_attempt_left_is_cleared_away(video):
    (folder_of(video) / ".work-dead").mkdir(parents=True)
    (folder_of(video) / ".work-dead" / "saver.m4s").write_bytes(b"half")
    jobs.encode(Handle(attempt=2), video_id=video.pk)
    video.refresh_from_db()
    assert len(list(folder_of(video).iterdir())) == 1


def test_a_crash_leaves_nothing_behind(video, monkeypatch):
    def crash(*args, **kwargs):
        raise ToolFailedError("ffmpeg: out of memory")

    monkeypatch.setattr(encoding, "make", crash)
    with pytest.raises(ToolFailedError):
        jobs.encode(handle := Handle(), video_id=video.pk)
    assert handle.lines == ["Attempt 1", "ffmpeg: out of memory"]
    assert list(folder_of(video).iterdir()) == []


def test_the_last_crash_and_only_the_last_is_a_failure(video, monkeypatch):
    monkeypatch.setattr(encoding, "make", Mock(side_effect=ToolFailedError("ffmpeg: out of memory")))
    monkeypatch.setattr(encoding, "is_fit", lambda source, original: False)
    run_job(Job.objects.get(subject=video.job_subject).pk)
    job = Job.objects.get(kind="video.encode")
    states = []
    for _attempt in range(job.max_attempts):
        run_job(job.pk)
        video.refresh_from_db()
        states.append(video.state)
    job.refresh_from_db()
    assert (job.state, job.error_code) == (Job.State.FAILED, Job.Trouble.CRASHED)
    assert "ffmpeg: out of memory" in job.log_tail
    assert states == [Video.State.ENCODING, Video.State.ENCODING, Video.State.FAILED]


def lose_worker(video: Video, *, attempt: int, **facts: object) -> None:
    """As `kill -9` leaves it: the job claimed, the film half made, a lease that nobody renews."""
    Video.objects.filter(pk=video.pk).update(state=Video.State.ENCODING)
    jobs_of = Job.objects.filter(subject=video.job_subject)
    lost = {"state": Job.State.RUNNING, "token": uuid.uuid4(), "lease_until": timezone.now() - timedelta(seconds=1)}
    jobs_of.update(attempt=attempt, **lost, **facts)


@pytest.mark.parametrize(
    ("attempt", "facts", "state"),
    [
        (2, {}, Video.State.ENCODING),
        (3, {}, Video.State.FAILED),
        (1, {"is_cancel_requested": True}, Video.State.UPLOADED),
    ],
    ids=["goes on", "given up", "cancelled"],
)
def test_a_film_whose_worker_was_lost_does_not_wait_for_ever(video, attempt, facts, state):
    lose_worker(video, attempt=attempt, **facts)
    sweep_jobs()
    video.refresh_from_db()
    assert video.state == state


def test_a_film_that_cannot_be_given_up_keeps_nobody_else_waiting(video, monkeypatch, caplog):
    lose_worker(video, attempt=3)
    other = JobFactory(abandoned=True)
    settled_listeners = [Mock(side_effect=ValueError("no mail today"))]
    monkeypatch.setattr(jobs, "settled_listeners", settled_listeners)
    assert sweep_jobs() == [other]
    video.refresh_from_db()
    assert (video.state, Job.objects.get(subject=video.job_subject).state) == (Video.State.ENCODING, Job.State.RUNNING)
    settled_listeners.clear()
    sweep_jobs()
    video.refresh_from_db()
    assert video.state == Video.State.FAILED


def test_a_fit_film_can_be_watched_at_once_and_minutes_outlive_the_switch(video, monkeypatch):
    told = Mock()
    monkeypatch.setattr(jobs, "settled_listeners", [told])
    run_job(Job.objects.get(subject=video.job_subject).pk)
    video.refresh_from_db()
    assert (video.is_ready, video.is_provisional) == (True, True)
    assert [quality.key for quality in video.qualities()] == ["saver", "audio"]
    first = folder_of(video).parent / video.directory
    assert all(read_playlist(first, name).duration_s == pytest.approx(1, abs=0.1) for name in ("saver", "audio"))
    assert "saver.m3u8" in (first / "master.m3u8").read_text()
    assert probe(first / "saver.mp4").sound.codec == "aac"
    record = WatchRecord.objects.create(user=UserFactory(), video=video, bitmap=b"\x01", seconds_watched=1)

    run_job(Job.objects.get(kind="video.encode").pk)
    video.refresh_from_db()
    assert video.is_whole
    assert len(video.qualities()) == 4
    record.refresh_from_db()
    assert (record.video_id, record.watched_ranges, record.percent) == (video.pk, [(0, 1)], 100)
    told.assert_called_once()
    assert (first / "master.m3u8").exists(), "who watches the first version may go on"
    with pytest.raises(NothingToRetryError):
        retry_encode(video, by=video.owner)


def test_the_chapters_of_the_file_are_taken_over_unless_there_are_some(video, monkeypatch):
    found = (FoundChapter(0.0, "Ca bệnh"), FoundChapter(0.523, "Bàn luận"))
    monkeypatch.setattr("foundation.video.jobs.probe", lambda path: Source("mov", 1.0, None, None, found))
    run_job(Job.objects.get(subject=video.job_subject).pk)
    assert list(video.chapters.values_list("at_s", "title")) == [(0.0, "Ca bệnh"), (0.523, "Bàn luận")]
    assert "Ca bệnh" not in str(list(Job.objects.values_list("args", "result", "log_tail"))), (
        "it would outlive the film there"
    )
    video.chapters.first().delete()
    video.take_over_chapters()
    assert video.chapters.count() == 1


@pytest.mark.parametrize("error", [ToolFailedError("ffmpeg: out of memory"), refusals.UnreadableError()])
def test_an_encode_that_fails_leaves_what_can_be_watched_and_says_so(video, monkeypatch, client, error):
    """It is not published: on a poor line nobody could follow it."""
    author = UserFactory(roles=[Role.AUTHOR])
    recording = RecordingFactory(video=video, author=author, consent="agreed", is_facility_approved=True)
    client.force_login(author)
    prepare, retry = (reverse(f"teleconsults:{name}", args=[recording.public_id]) for name in ("prepare", "retry"))
    run_job(Job.objects.get(subject=video.job_subject).pk)
    page = client.get(prepare).content.decode()
    assert "are still being made" in page
    assert "Being prepared" in page, "and not: Ready to publish"
    assert retry not in page
    monkeypatch.setattr(encoding, "make", Mock(side_effect=error))
    job = Job.objects.get(kind="video.encode")
    for _attempt in range(job.max_attempts):
        run_job(job.pk)
    video.refresh_from_db()
    assert (video.is_ready, video.is_provisional) == (True, True)
    told = Notification.objects.filter(user=author).latest("pk")
    assert "for poor lines could not be made" in str(told.text)
    with pytest.raises(NotReadyError):
        publish_recording(recording, by=author)
    page = client.get(prepare).content.decode()
    assert reverse("teleconsults:publish", args=[recording.public_id]) not in page
    assert f'action="{retry}"' in page
    client.post(retry)
    assert Job.objects.latest_for(video.job_subject).kind == "video.probe"


@pytest.mark.parametrize(
    ("words", "is_fit"),
    [
        ([*SMALL, *H264], True),
        ([*SMALL, "-c:v", "libx264", "-pix_fmt", "yuv422p"], False),
        ([*SMALL, "-c:v", "mpeg4"], False),
        ([*SMALL, *SOUND, *H264, "-c:a", "libmp3lame"], False),
        (["-f", "lavfi", "-i", "testsrc2=size=322x241:rate=25", "-c:v", "libx264", "-pix_fmt", "yuv444p"], False),
    ],
    ids=["fit", "colours", "codec", "sound", "odd"],
)
def test_only_what_every_browser_plays_is_offered_as_it_is(words, is_fit, tmp_path):
    clip = make_clip(tmp_path / "source.mp4", *words, length_s=1)
    assert encoding.is_fit(probe(clip), clip) == is_fit


def test_key_frames_too_far_apart_are_not_offered_as_they_are(tmp_path):
    rare = make_clip(tmp_path / "rare.mp4", *SMALL, *H264, "-g", "1000", "-sc_threshold", "0", length_s=14)
    work = tmp_path / "work"
    work.mkdir()
    assert encoding.is_fit(probe(rare), rare)
    assert encoding.remux(probe(rare), rare, work, on_share=lambda share: None) is None


def test_a_version_that_was_replaced_goes_after_a_day(video):
    jobs.encode(Handle(), video_id=video.pk)
    Job.objects.update(state=Job.State.DONE)
    video.refresh_from_db()
    yesterday, now = folder_of(video) / "0123456789abcdef", folder_of(video) / "fedcba9876543210"
    for path in (yesterday, now):
        path.mkdir()
    long_ago = time.time() - jobs.REPLACED_KEPT_S - 60
    for path in (yesterday, folder_of(video) / video.directory.rpartition("/")[2]):
        os.utime(path, (long_ago, long_ago))
    assert jobs.forget_replaced_versions() == 1
    assert {path.name for path in folder_of(video).iterdir()} == {now.name, video.directory.rpartition("/")[2]}


def test_withdrawing_takes_replaced_versions_down_too(video, django_capture_on_commit_callbacks):
    jobs.encode(Handle(), video_id=video.pk)
    video.refresh_from_db()
    (folder_of(video) / "0123456789abcdef").mkdir()
    with django_capture_on_commit_callbacks(execute=True):
        retire_addresses(video)
    assert [path.name for path in folder_of(video).iterdir()] == [video.directory.rpartition("/")[2]]


def test_what_is_removed_leaves_no_file_and_is_never_made_again(video, django_capture_on_commit_callbacks):
    jobs.encode(Handle(), video_id=video.pk)
    with django_capture_on_commit_callbacks(execute=True):
        remove_film(video, by=video.owner)
    assert not has_files(video)
    video.refresh_from_db()
    assert (video.is_ready, video.renditions, video.slides, video.download) == (False, [], {}, {})
    assert video.original_sha256
    assert jobs.encode(Handle(), video_id=video.pk) is None
    assert jobs.examine(Handle(), video_id=video.pk) is None
    with pytest.raises(NothingToRetryError):
        retry_encode(video, by=video.owner)


def test_a_worker_that_notices_late_brings_nothing_back(video, monkeypatch, django_capture_on_commit_callbacks):
    made = encoding.make

    def make_meanwhile(*args, **kwargs):
        result = made(*args, **kwargs)
        with django_capture_on_commit_callbacks():
            remove_film(video, by=video.owner)
        return result

    monkeypatch.setattr(encoding, "make", make_meanwhile)
    assert jobs.encode(Handle(), video_id=video.pk) is None
    assert Video.objects.get().is_removed
    assert not has_files(video)


def test_what_a_killed_request_left_goes_with_the_job_or_the_sweep(video, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks():  # killed before any of them
        remove_film(video, by=video.owner)
    assert has_files(video)
    jobs.remove(Handle(), video_id=video.pk)
    assert not has_files(video)
    (folder_of(video) / ".work-late").mkdir(parents=True)
    assert jobs.forget_removed_films() == 1
    assert jobs.forget_removed_films() == 0
    assert not has_files(video)


def test_losing_the_lease_publishes_nothing(video, monkeypatch):
    """The worker sleeps while its files are put into their place; meanwhile another one has taken the job."""
    put, job = PrivateStorage.put_folder, Job.objects.get(subject=video.job_subject)
    Job.objects.update(kind="video.encode")

    def put_and_sleep(self, *given):
        put(self, *given)
        Job.objects.update(token=uuid.uuid4())

    monkeypatch.setattr(PrivateStorage, "put_folder", put_and_sleep)
    run_job(job.pk)
    video.refresh_from_db()
    assert not video.directory
    job.refresh_from_db()
    assert job.state == Job.State.RUNNING


def test_a_person_can_stop_it_and_start_again(video):
    assert jobs.encode(Handle(stops_at=0.01), video_id=video.pk) is None
    video.refresh_from_db()
    assert video.state == Video.State.UPLOADED
    assert list(folder_of(video).iterdir()) == []


def test_a_refused_file_says_why(empty_storages, db, clip, tmp_path):
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(clip.read_bytes()[:60000])
    with cut.open("rb") as handle:
        video = receive_upload(File(handle, name="cut.mp4"), by=UserFactory())
    with pytest.raises(refusals.UnreadableError):
        jobs.encode(Handle(), video_id=video.pk)
    video.refresh_from_db()
    assert (video.state, video.refusal_code) == (Video.State.REFUSED, "unreadable")
    assert "damaged" in str(video.refusal_sentence)
    with pytest.raises(NothingToRetryError):
        retry_encode(video, by=video.owner)


def test_only_a_failure_of_ours_is_tried_again(db):
    failed = VideoFactory(uploaded=True, state=Video.State.FAILED)
    assert retry_encode(failed, by=failed.owner).subject == f"video:{failed.pk}"
    for again in (failed, VideoFactory()):
        with pytest.raises(NothingToRetryError):
            retry_encode(again, by=again.owner)


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        (b"", refusals.EmptyFileError),
        ("Ghi chú hội chẩn ngày 5".encode() * 100, refusals.TextFileError),
        (b"#EXTM3U\n#EXTINF:5\n/etc/passwd\n", refusals.PlaylistError),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + b"\0" * 100, refusals.OtherKindError),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, refusals.OtherKindError),
    ],
)
def test_the_door_refuses_and_keeps_nothing(empty_storages, db, tmp_path, body, refusal):
    path = tmp_path / "x.mp4"
    path.write_bytes(body)
    with path.open("rb") as handle, pytest.raises(refusal):
        receive_upload(File(handle, name="x.mp4"), by=UserFactory())
    assert not list(Path(storages["quarantine"].path("incoming")).iterdir())


def test_the_door_refuses_what_is_too_big(empty_storages, db, small_clip, settings):
    settings.UPLOAD_MAX_BYTES = 1000
    with small_clip.open("rb") as handle, pytest.raises(refusals.TooBigError):
        receive_upload(File(handle, name="x.mp4"), by=UserFactory())
    assert not list(Path(storages["quarantine"].path("incoming")).iterdir())


def test_an_upload_nobody_took_is_thrown_away(tmp_path):
    path = tmp_path / "left"
    path.write_bytes(b"x")
    QuarantinedFile(path, name="x", size=1, sha256="").close()
    assert not path.exists()


def test_a_wide_film_is_not_decoded_twice(clip):
    """One input, one process: the ladder's command names the source once."""
    from foundation.video.ffmpeg import ladder_command

    source = probe(clip)
    words = ladder_command(source, steps_for((1280, 720), Fraction(25)), source_url="file:/in/source")
    assert words.count("-i") == 1
    assert words[words.index("-protocol_whitelist") + 1] == "file"
    assert words[words.index("-f") + 1] == "mov"


def test_uploads_that_broke_off_and_films_nobody_used_are_forgotten(
    empty_storages, db, small_clip, django_capture_on_commit_callbacks
):
    broken, going_on = Intake(), Intake()
    old = time.time() - 25 * 60 * 60
    os.utime(broken.path, (old, old))
    films = []
    for _film in range(4):
        with small_clip.open("rb") as handle:
            films.append(receive_upload(File(handle, name="phim.mp4"), by=UserFactory()))
    unused, held, at_work, fresh = films
    Job.objects.exclude(subject=at_work.job_subject).update(state=Job.State.FAILED)
    RecordingFactory(video=held)
    VideoFactory()  # ready, and of no recording
    shown = RecordingFactory(published=True).video
    long_ago = timezone.now() - timedelta(days=31)
    Video.objects.exclude(pk=fresh.pk).update(created_at=long_ago)
    with django_capture_on_commit_callbacks(execute=True):
        assert jobs.forget_abandoned_uploads() == 3
    assert (broken.path.exists(), going_on.path.exists()) == (False, True)
    assert set(Video.objects.all()) == {held, at_work, fresh, shown}
    assert not Path(unused.original.path).parent.exists()
    assert Path(held.original.path).exists()
    going_on.abandon()


def test_a_file_that_a_crash_left_without_a_row_goes_after_a_month(empty_storages, db, small_clip, monkeypatch):
    """The machine went away after the file was put into quarantine, and before the row was committed."""
    monkeypatch.setattr(Video, "save", Mock(side_effect=KeyboardInterrupt))
    for _upload in range(2):
        with small_clip.open("rb") as handle, pytest.raises(KeyboardInterrupt):
            receive_upload(File(handle, name="phim.mp4"), by=UserFactory())
    monkeypatch.undo()
    orphan, fresh = Path(storages["quarantine"].path("video")).iterdir()
    film = VideoFactory()
    kept = Path(storages["quarantine"].path(film.folder))
    half_made = Path(storages["clean"].path(f"video/{orphan.name}"))
    old = time.time() - 31 * 24 * 60 * 60
    for folder in (kept, half_made):
        folder.mkdir(parents=True)
    for folder in (orphan, kept, half_made):
        os.utime(folder, (old, old))
    assert sum(forget() for forget in forgetters if forget.__module__ == jobs.__name__) == 2
    assert [folder.exists() for folder in (orphan, half_made, fresh, kept)] == [False, False, True, True]
