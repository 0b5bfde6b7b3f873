"""Makes the whole set of files of one film in a folder, and proves that it is whole; plain Python, no database."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from foundation.video import ffmpeg, refusals, stills
from foundation.video.ladder import Rung, Step, fit, frame_rate, rung_for, steps_for
from foundation.video.loudness import QUIETEST_LUFS, TARGET_LUFS, gain_db, loudness_of
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
from foundation.video.redaction import NOTHING, Plan
from foundation.video.sandbox import Sandbox, ToolFailedError, run

STALL_S = 120
TIMEOUT_PER_SECOND = 30  # a slow machine may take this many times the film's length
TIMEOUT_AT_LEAST_S = 600
TOLERANCE = 0.01
TOLERANCE_S = 0.5  # a frame and a packet of sound at either end of a short film
TOO_QUIET_DB = 12.0  # below what was aimed at: the limiter and the codec take a few
# A source that browsers play as it is: not heavier, not larger, and with key frames near enough to each other to seek.
FIT_BPS = 8_000_000
FIT_BOX = (1920, 1080)
FIT_FPS = 60
FIT_SEGMENT_S = 12.0
DOWNLOAD = "small.mp4"
MOST_LINES = 1080
SOUND_GRID = Fraction(100)  # where there are no frames


class SilentSoundError(Exception):
    """The sound that was made is much quieter than it should be: a fault of ours."""


@dataclass(frozen=True, slots=True)
class Made:
    """What lies in the folder now: renditions, best picture first, sound last; the rest as `Video` keeps it."""

    duration_s: float
    renditions: list[dict[str, Any]]
    has_poster: bool
    slides: dict[str, Any] = field(default_factory=dict)
    sprites: dict[str, Any] = field(default_factory=dict)
    download: dict[str, Any] = field(default_factory=dict)


def make(
    source: Source,
    original: Path,
    folder: Path,
    *,
    on_share: Callable[[float], None],
    preset: str = ffmpeg.PRESET,
    download_lines: int = MOST_LINES,
    plan: Plan = NOTHING,
) -> Made:
    """Encode `original` without what `plan` says into `folder`; `on_share` hears the share done (0 to 1), may raise.

    The cuts of `plan` stand on frames: `on_frames_of`.

    Pictures of up to `download_lines` lines are also written as plain files, the one for poor lines always.
    Raises UndecodableError where the film turns out shorter than it claimed, ToolFailedError where ffmpeg fails,
    SilentSoundError and BrokenPlaylistError where what it made is not whole.
    """
    steps = steps_for((source.picture.width_px, source.picture.height_px), source.picture.fps) if source.picture else []
    source = replace(source, duration_s=plan.left_s(source.duration_s))
    box = Sandbox(source=original, out_dir=folder)
    command = ffmpeg.ladder_command(source, steps, source_url=box.source_url, preset=preset, plan=plan)
    _run(box, command, source, on_share)
    pictures = [read_playlist(folder, step.rung.key) for step in steps]
    sounds = [(track.group, read_playlist(folder, track.key)) for track in ffmpeg.sound_tracks(source)]
    if len({len(picture.segments) for picture in pictures}) > 1:
        raise BrokenPlaylistError("The rungs have different numbers of segments.")
    duration_s = _whole_length(source, [*pictures, *(track for _group, track in sounds)])
    if sounds and not plan.is_heard:  # else the file's loudness says nothing of what is left
        _refuse_silence(source, folder, sounds[-1][1].name)
    _write_master(folder, steps, pictures, sounds)
    files = _write_plain_files(folder, _plain_files(steps, sounds, download_lines=download_lines), duration_s)
    renditions = _renditions(steps, pictures, sounds, files=files)
    download = next(file for file in files.values() if file["file"] == DOWNLOAD)
    if not steps:
        return Made(duration_s, renditions, has_poster=False, download=download)
    has_poster, slides, sprites = _write_stills(folder, steps, duration_s, sounds[-1:])
    return Made(duration_s, renditions, has_poster, slides, sprites, download)


def on_frames_of(source: Source, plan: Plan) -> Plan:
    """`plan` with its cuts on the frames that the ladder of this film will have."""
    return plan.on_frames(frame_rate(source.picture.fps) if source.picture else SOUND_GRID)


def is_fit(source: Source, original: Path) -> bool:
    """True where the file's own picture and sound may be played as they are, as far as its header tells."""
    picture, sound = source.picture, source.sound
    if picture is None or picture.codec != "h264" or not picture.is_plain or picture.fps > FIT_FPS:
        return False
    size = (picture.width_px, picture.height_px)
    is_small = fit(size, FIT_BOX) == size and original.stat().st_size * 8 <= FIT_BPS * source.duration_s
    return is_small and (sound is None or (sound.codec == "aac" and sound.channels <= 2))


def remux(source: Source, original: Path, folder: Path, *, on_share: Callable[[float], None]) -> Made | None:
    """Make one quality out of a fit file without encoding; None where its key frames lie too far apart to seek.

    Raises as `make` does.
    """
    picture = source.picture
    if picture is None:
        return None
    size = (picture.width_px, picture.height_px)
    step = Step(rung_for(size), *size, picture.fps.limit_denominator(1001), 1)
    box = Sandbox(source=original, out_dir=folder)
    _run(box, ffmpeg.remux_command(source, step.rung, source_url=box.source_url), source, on_share)
    pictures = [read_playlist(folder, step.rung.key)]
    if max(segment.length_s for segment in pictures[0].segments) > FIT_SEGMENT_S:
        return None
    full = ffmpeg.FULL_SOUND
    sounds = [(full.group, read_playlist(folder, full.key))] if source.sound else []
    duration_s = _whole_length(source, [*pictures, *(track for _group, track in sounds)])
    _write_master(folder, [step], pictures, sounds, group=full.group)
    alone = {step.rung.key: ("saver.mp4", [step.rung.key, *(track.name for _group, track in sounds)])}
    files = _write_plain_files(folder, alone, duration_s)
    has_poster, _slides, _sprites = _write_stills(folder, [step], duration_s, sounds, only_poster=True)
    renditions = _renditions([step], pictures, sounds, group=full.group, files=files)
    return Made(duration_s, renditions, has_poster, download=files[step.rung.key])


def _run(box: Sandbox, command: list[str], source: Source, on_share: Callable[[float], None]) -> None:
    timeout_s = max(TIMEOUT_AT_LEAST_S, source.duration_s * TIMEOUT_PER_SECOND)
    run(box, command, timeout_s=timeout_s, on_line=_Progress(source.duration_s, on_share).hear, stall_s=STALL_S)


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


def _whole_length(source: Source, tracks: list[MediaPlaylist]) -> float:
    longest = max(track.duration_s for track in tracks)
    if abs(longest - source.duration_s) > max(TOLERANCE * source.duration_s, TOLERANCE_S):
        raise refusals.UndecodableError
    return longest


def _refuse_silence(source: Source, folder: Path, name: str) -> None:
    """A wrong mix-down makes silence without a word of warning; all tracks come of one, so the lightest tells."""
    if source.sound is None or source.sound.loudness_lufs <= QUIETEST_LUFS:
        return
    aim = min(TARGET_LUFS, source.sound.loudness_lufs + gain_db(source.sound.loudness_lufs))
    box, url = Sandbox(out_dir=folder), f"file:{name}.m4s"
    lufs = loudness_of(box, url, ffmpeg.OURS, index=0, timeout_s=max(TIMEOUT_AT_LEAST_S, source.duration_s))
    if lufs < aim - TOO_QUIET_DB:
        raise SilentSoundError(f"{name}: {lufs:.1f} LUFS instead of {aim:.1f}.")


def _write_master(
    folder: Path,
    steps: list[Step],
    pictures: list[MediaPlaylist],
    sounds: list[tuple[str, MediaPlaylist]],
    *,
    group: str = "",
) -> None:
    """`group` names the sound of all pictures, where there is but one."""
    of_group = dict(sounds)
    variants = [
        Variant(
            picture,
            h264_codec(folder / f"{picture.name}.m4s"),
            step.width_px,
            step.height_px,
            step.fps,
            of_group.get(group or ffmpeg.group_of(step)),
        )
        for step, picture in zip(steps, pictures, strict=True)
    ]
    (folder / "master.m3u8").write_text(master_playlist(variants, sounds))


def _for_poor_lines(steps: list[Step]) -> Rung | None:
    """The quality that plays without a script and is downloaded: 240p, or what there is."""
    return next((step.rung for step in steps if step.rung.key == "saver"), steps[-1].rung if steps else None)


def _plain_files(
    steps: list[Step], sounds: list[tuple[str, MediaPlaylist]], *, download_lines: int
) -> dict[str, tuple[str, list[str]]]:
    """{rendition: (file, the renditions that make it up)}; one of them is `DOWNLOAD`."""
    poor, of_group = _for_poor_lines(steps), dict(sounds)
    files = dict[str, tuple[str, list[str]]]()
    for step in steps:
        if step.rung is not poor and min(step.width_px, step.height_px) > download_lines:
            continue
        sound = of_group.get(ffmpeg.group_of(step))
        name = DOWNLOAD if step.rung is poor else f"film-{step.rung.key}.mp4"
        files[step.rung.key] = (name, [step.rung.key, *([sound.name] if sound else [])])
    for _group, sound in sounds[-1:]:
        files[sound.name] = ("sound.mp4" if steps else DOWNLOAD, [sound.name])
    return files


def _write_plain_files(
    folder: Path, files: dict[str, tuple[str, list[str]]], duration_s: float
) -> dict[str, dict[str, Any]]:
    """{rendition: {"file", "bytes"}}, all in one go."""
    command = ffmpeg.muxed_command(dict(files.values()))
    run(Sandbox(out_dir=folder), command, timeout_s=max(TIMEOUT_AT_LEAST_S, duration_s))
    return {key: {"file": name, "bytes": (folder / name).stat().st_size} for key, (name, _parts) in files.items()}


def _write_stills(
    folder: Path,
    steps: list[Step],
    duration_s: float,
    sounds: list[tuple[str, MediaPlaylist]],
    *,
    only_poster: bool = False,
) -> tuple[bool, dict[str, Any], dict[str, Any]]:
    """Poster, slides and the sheet for seeking, out of the smallest renditions that are large enough."""
    large = next((step for step in reversed(steps) if step.width_px >= ffmpeg.SLIDE_WIDTH_PX), steps[0])
    small = next((step for step in steps if step.rung == _for_poor_lines(steps)), steps[-1])
    every, thumb = stills.every_s(duration_s), fit((small.width_px, small.height_px), stills.THUMB_BOX)
    command = ffmpeg.stills_command(large, small, duration_s=duration_s, every_s=every, thumb=thumb)
    frames = stills.stills_in(run(Sandbox(out_dir=folder), command, timeout_s=TIMEOUT_AT_LEAST_S), folder)
    thumbs = sorted(folder.glob("thumb-*.jpg"))
    has_poster = write_poster([frame.path for frame in frames], folder)
    slides, sprites = dict[str, Any](), dict[str, Any]()
    if frames and thumbs and not only_poster:
        name, size = (f"{sounds[0][1].name}.m3u8", sounds[0][1].file_bytes) if sounds else ("", 0)
        slides = stills.write_slides(frames, folder, duration_s=duration_s, sound=name, sound_bytes=size)
        sprites = stills.write_sheet(thumbs, folder, size=thumb, every=every)
    for path in [*(frame.path for frame in frames), *thumbs]:
        path.unlink()
    return has_poster, slides, sprites


def _renditions(
    steps: list[Step],
    pictures: list[MediaPlaylist],
    sounds: list[tuple[str, MediaPlaylist]],
    *,
    group: str = "",
    files: dict[str, dict[str, Any]],
) -> list[dict[str, Any]]:
    """Rows of `models.Rendition`; the bytes and rates of a picture include the sound that goes with it."""
    of_group, rows = dict(sounds), list[_Row]()
    for step, picture in zip(steps, pictures, strict=True):
        sound = of_group.get(group or ffmpeg.group_of(step))
        rows.append(_row(step.rung.key, (step.width_px, step.height_px), picture, sound))
    rows += [_row(sound.name, (0, 0), sound, None) for _group, sound in sounds]
    return [asdict(row) | _download_of(files.get(row.key)) for row in rows]


def _download_of(file: dict[str, Any] | None) -> dict[str, Any]:
    return {"download": file["file"], "download_bytes": file["bytes"]} if file else {}


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


__all__ = [
    "BrokenPlaylistError",
    "Made",
    "SilentSoundError",
    "ToolFailedError",
    "is_fit",
    "make",
    "on_frames_of",
    "remux",
]
