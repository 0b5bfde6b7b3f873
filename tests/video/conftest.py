"""Short clips made by ffmpeg, one real encode, and the files that are read from beside the repository."""

import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings as portal_settings

BESIDE = Path(portal_settings.BASE_DIR).parent / "shared" / "fixtures" / "video"
BESIDE_WORKTREE = Path(portal_settings.BASE_DIR).parent.parent / "shared" / "fixtures" / "video"
OUTSIDE = BESIDE if BESIDE.is_dir() else BESIDE_WORKTREE

PICTURE = ["-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=25"]
SMALL = ["-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25"]
SOUND = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"]
H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]


def make_clip(path: Path, *words: str, length_s: float = 2.0) -> Path:
    """ffmpeg with `words` between the input and the name of the clip."""
    command = ["ffmpeg", "-v", "error", "-y", *words, "-t", str(length_s), str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path


@pytest.fixture(scope="session")
def clips(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("clips")


@pytest.fixture(scope="session")
def clip(clips) -> Path:
    """720p with sound, nine seconds: three segments, the first second black."""
    black = ["-vf", "drawbox=color=black:t=fill:enable='lt(t,1)'"]
    return make_clip(clips / "clip.mp4", *PICTURE, *SOUND, *black, *H264, "-c:a", "aac", length_s=9)


@pytest.fixture(scope="session")
def small_clip(clips) -> Path:
    """The quickest thing to encode that has picture and sound."""
    return make_clip(clips / "small.mp4", *SMALL, *SOUND, *H264, "-c:a", "aac", length_s=1)


@pytest.fixture(scope="session")
def slide_show(clips) -> Path:
    """Three plain slides of eight seconds each, and a voice."""
    box = "drawbox=x={0}00:y={0}00:w=300:h=300:color={1}:t=fill:enable='between(t,{2},{2}+7.99)'"
    boxes = ",".join(box.format(number, color, 8 * number) for number, color in enumerate(("red", "green", "blue")))
    slides = ["-f", "lavfi", "-i", "color=white:size=1280x720:rate=5"]
    return make_clip(clips / "slides.mp4", *slides, *SOUND, "-vf", boxes, *H264, "-c:a", "aac", length_s=24)


@pytest.fixture(scope="session")
def outside() -> Path:
    """Files that are not ours to keep in the repository."""
    if not OUTSIDE.is_dir():
        pytest.skip("The video fixtures do not lie beside the repository.")
    return OUTSIDE


@pytest.fixture
def empty_storages(settings):
    """Quarantine and clean storage without the files of other tests."""
    for directory in (settings.QUARANTINE_DIR, settings.CLEAN_DIR):
        shutil.rmtree(directory, ignore_errors=True)
