"""Draws the pictures and covers and films the recordings of the demo network.

Run by hand from the root of the repository, after a change to recordings.toml or to the drawings:

    .venv/bin/python -m portal.demo.make_media [pictures] [covers] [clips] [test-clip] [clip=SLUG]

Needs the build dependencies (Be Vietnam Pro), espeak-ng and ffmpeg. Without arguments everything is made.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from portal.demo.studio.clips import Clip, Encoding
from portal.demo.studio.covers import COVERS
from portal.demo.studio.pictures import PICTURES
from portal.demo.studio.script import read_scripts

DEMO = Path(__file__).parent
CONTENT, MEDIA = DEMO / "content", DEMO / "media"
TEST_MEDIA = DEMO.parent.parent / "tests" / "media"


def make_pictures() -> None:
    for name, draw in PICTURES.items():
        _save(draw(), MEDIA / f"{name}.webp", quality=78)


def make_covers() -> None:
    for name, draw in COVERS.items():
        _save(draw(), MEDIA / f"{name}.webp", quality=68)


def make_clips(*, only: str = "") -> None:
    """Film each recording; captions, chapters and `content/timelines.json` follow the sound."""
    timelines = {}
    for script in read_scripts(CONTENT / "recordings.toml"):
        clip = Clip(script, figures=MEDIA)
        timelines[script.slug] = _timeline(clip)
        if only in ("", script.slug):
            _film(clip, MEDIA / script.slug, Encoding())
    text = json.dumps(timelines, ensure_ascii=False, indent=1)
    (CONTENT / "timelines.json").write_text(text + "\n", encoding="utf-8")


def make_test_clip() -> None:
    """A short clip at 25 frames a second for the tests of the player and the encoder."""
    (script,) = read_scripts(TEST_MEDIA / "teleconsult.toml")
    _film(Clip(script, figures=MEDIA), TEST_MEDIA / script.slug, Encoding(frames_per_s=25, quality=28, sound_kbps=48))


def _film(clip: Clip, stem: Path, encoding: Encoding) -> None:
    target = stem.with_suffix(".mp4")
    clip.film(target, encoding)
    stem.with_suffix(".vtt").write_text(clip.captions(), encoding="utf-8")
    stem.with_suffix(".chapters.vtt").write_text(clip.chapters(), encoding="utf-8")
    _report(target)


def _timeline(clip: Clip) -> dict[str, object]:
    """Seconds of every chapter and caption, for a loader that would rather not parse WebVTT."""
    return {
        "duration_s": round(clip.track.duration_s, 3),
        "chapters": [
            {"start_s": round(start, 3), "title": slide.chapter}
            for start, slide in zip(clip.chapter_starts_s, clip.script.slides, strict=True)
        ],
        "cues": [
            {"start_s": round(cue.start_s, 3), "end_s": round(cue.end_s, 3), "who": cue.line.who, "text": cue.line.text}
            for cue in clip.track.cues
        ],
    }


def _save(picture: Image.Image, target: Path, *, quality: int) -> None:
    picture.save(target, quality=quality, method=6)
    _report(target)


def _report(target: Path) -> None:
    sys.stdout.write(f"{target.name}: {target.stat().st_size / 1000:.0f} kB\n")


MAKERS: dict[str, Callable[[], None]] = {
    "pictures": make_pictures,
    "covers": make_covers,
    "clips": make_clips,
    "test-clip": make_test_clip,
}


def main(wanted: list[str]) -> None:
    MEDIA.mkdir(exist_ok=True)
    for name in wanted or list(MAKERS):
        if name.startswith("clip="):
            make_clips(only=name.removeprefix("clip="))
        elif name in MAKERS:
            MAKERS[name]()
        else:
            raise SystemExit(f"Unknown: {name}. Choose from {', '.join(MAKERS)} or clip=SLUG.")


if __name__ == "__main__":
    main(sys.argv[1:])
