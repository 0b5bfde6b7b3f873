"""Makes the whole set of files of one film in a folder, and proves that it is whole; plain Python, no database."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from foundation.video import ffmpeg, refusals
from foundation.video.ladder import Step, steps_for
from foundation.video.playlists import (
    BrokenPlaylistError,
    MediaPlaylist,
    Variant,
    h264_codec,
    master_playlist,
    read_playlist,
)
from foundation.video.posters import write_poster
from foundation.video.probe import Source
from foundation.video.sandbox import Sandbox, ToolFailedError, run

STALL_S = 120
TIMEOUT_PER_SECOND = 30  # a slow machine may take this many times the film's length
TIMEOUT_AT_LEAST_S = 600
TOLERANCE = 0.01
TOLERANCE_S = 0.5  # a frame and a packet of sound at either end of a short film


@dataclass(frozen=True, slots=True)
class Made:
    """What lies in the folder now: renditions, best picture first, sound last."""

    duration_s: float
    renditions: list[dict[str, Any]]
    has_poster: bool


def make(source: Source, original: Path, folder: Path, *, on_share: Callable[[float], None]) -> Made:
    """Encode `original` into `folder`; `on_share` hears the share done (0 to 1) and may raise to stop.

    Raises UndecodableError where the film turns out shorter than it claimed, ToolFailedError where ffmpeg fails.
    """
    steps = steps_for((source.picture.width_px, source.picture.height_px), source.picture.fps) if source.picture else []
    box = Sandbox(source=original, out_dir=folder)
    progress = _Progress(source.duration_s, on_share)
    run(
        box,
        ffmpeg.ladder_command(source, steps, source_url=box.source_url),
        timeout_s=max(TIMEOUT_AT_LEAST_S, source.duration_s * TIMEOUT_PER_SECOND),
        on_line=progress.hear,
        stall_s=STALL_S,
    )
    pictures = [read_playlist(folder, step.rung.key) for step in steps]
    sounds = [(track.group, read_playlist(folder, track.key)) for track in ffmpeg.sound_tracks(source, steps)]
    _refuse_incomplete(source, pictures, [track for _group, track in sounds])
    _write_master(folder, steps, pictures, sounds)
    _write_saver(folder, pictures, sounds)
    has_poster = bool(pictures) and _write_poster(folder, steps, source.duration_s)
    duration_s = max(track.duration_s for track in [*pictures, *(track for _group, track in sounds)])
    return Made(duration_s, _renditions(steps, pictures, sounds), has_poster)


class _Progress:
    """Turns ffmpeg's `-progress` lines into a share that only grows."""

    def __init__(self, duration_s: float, on_share: Callable[[float], None]) -> None:
        self._duration_us, self._on_share, self._reached_us = duration_s * 1_000_000, on_share, -1

    def hear(self, line: str) -> bool:
        name, _equals, value = line.partition("=")
        if name != "out_time_us" or not value.lstrip("-").isdecimal():
            return False
        is_further = int(value) > self._reached_us
        self._reached_us = max(self._reached_us, int(value))
        self._on_share(min(1.0, max(0, self._reached_us) / self._duration_us))
        return is_further


def _refuse_incomplete(source: Source, pictures: list[MediaPlaylist], sounds: list[MediaPlaylist]) -> None:
    if len({len(picture.segments) for picture in pictures}) > 1:
        raise BrokenPlaylistError("The rungs have different numbers of segments.")
    longest = max(track.duration_s for track in [*pictures, *sounds])
    if abs(longest - source.duration_s) > max(TOLERANCE * source.duration_s, TOLERANCE_S):
        raise refusals.UndecodableError


def _write_master(
    folder: Path, steps: list[Step], pictures: list[MediaPlaylist], sounds: list[tuple[str, MediaPlaylist]]
) -> None:
    of_group = dict(sounds)
    variants = [
        Variant(
            picture,
            h264_codec(folder / f"{picture.name}.m4s"),
            step.width_px,
            step.height_px,
            step.fps,
            of_group.get(ffmpeg.group_of(step)),
        )
        for step, picture in zip(steps, pictures, strict=True)
    ]
    (folder / "master.m3u8").write_text(master_playlist(variants, sounds))


def _write_saver(folder: Path, pictures: list[MediaPlaylist], sounds: list[tuple[str, MediaPlaylist]]) -> None:
    names = [f"{pictures[-1].name}.m4s"] if pictures else []
    names += [f"{sounds[-1][1].name}.m4s"] if sounds else []
    run(Sandbox(out_dir=folder), ffmpeg.muxed_command(names, "saver.mp4"), timeout_s=TIMEOUT_AT_LEAST_S)


def _write_poster(folder: Path, steps: list[Step], duration_s: float) -> bool:
    """From the rendition just below the best: large enough, and quicker to read."""
    picture = steps[min(1, len(steps) - 1)].rung.key
    command = ffmpeg.poster_frames_command(f"{picture}.m4s", duration_s=duration_s)
    run(Sandbox(out_dir=folder), command, timeout_s=TIMEOUT_AT_LEAST_S)
    frames = sorted(folder.glob("poster-*.jpg"))
    is_written = write_poster(frames, folder / "poster.webp")
    for frame in frames:
        frame.unlink()
    return is_written


def _renditions(
    steps: list[Step], pictures: list[MediaPlaylist], sounds: list[tuple[str, MediaPlaylist]]
) -> list[dict[str, Any]]:
    """Rows of `models.Rendition`; the bytes and rates of a picture include the sound that goes with it."""
    of_group, rows = dict(sounds), list[_Row]()
    for step, picture in zip(steps, pictures, strict=True):
        sound = of_group.get(ffmpeg.group_of(step))
        rows.append(_row(step.rung.key, (step.width_px, step.height_px), picture, sound))
    if sounds:
        rows.append(_row("audio", (0, 0), sounds[-1][1], None))
    return [asdict(row) for row in rows]


@dataclass(frozen=True, slots=True)
class _Row:
    key: str
    file: str
    width_px: int
    height_px: int
    bandwidth_bps: int
    average_bps: int
    bytes: int


def _row(key: str, size: tuple[int, int], track: MediaPlaylist, sound: MediaPlaylist | None) -> _Row:
    tracks = [track, sound] if sound else [track]
    return _Row(
        key,
        f"{track.name}.m3u8",
        *size,
        bandwidth_bps=sum(part.peak_bps for part in tracks),
        average_bps=sum(part.average_bps for part in tracks),
        bytes=sum(part.file_bytes for part in tracks),
    )


__all__ = ["BrokenPlaylistError", "Made", "ToolFailedError", "make"]
