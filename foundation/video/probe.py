"""Examines an uploaded file inside the sandbox and says what it is, or why it is refused."""

import json
import unicodedata
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from foundation.video import refusals
from foundation.video.door import ENOUGH_BYTES, refuse_at_the_door
from foundation.video.loudness import NO_LOUDNESS_LUFS, loudness_of
from foundation.video.sandbox import Sandbox, ToolFailedError, ToolTimeoutError, run

# Containers that hold their own media. Playlists, scripts and devices are not among them: those open other files.
FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,asf,flv,mp3,wav,ogg,aac,flac"
MAX_DURATION_S = 6 * 60 * 60
MIN_DURATION_S = 0.5
MAX_PIXELS = 8192 * 4320
MAX_SIDE_PX = 8192
MIN_SIDE_PX = 16
MAX_STREAMS = 16
MIN_FPS = Fraction(1, 20)
MAX_FPS = 1000  # recorders of browsers write 1000 and mean "it varies"
TIMEOUT_S = 20
MEASURE_TIMEOUT_S = 300
SPARSE_FPS = 1
WINDOWS = (0.0, 0.5, 0.9)  # shares of the film where samples are decoded
WINDOW_S = 1.5
MAX_CHAPTERS = 500
TITLE_CHARS = 200
_FFMPEG = ("ffmpeg", "-hide_banner", "-nostdin", "-v", "error", "-nostats")
# A line for each frame that was decoded, those before the moment sought too.
_AS_LINES = ("-c:v", "wrapped_avframe", "-fps_mode", "passthrough", "-f", "framecrc", "-")
_TOO_MANY_PIXELS = "exceeds specified max pixel count"


@dataclass(frozen=True, slots=True)
class Picture:
    """The picture track as it is shown: turned upright, with square pixels."""

    index: int
    width_px: int
    height_px: int
    fps: Fraction
    codec: str
    is_interlaced: bool
    is_plain: bool = False  # 8 bits, 4:2:0, upright, square pixels: every browser shows it as it is


@dataclass(frozen=True, slots=True)
class Sound:
    """The sound track; `loudness_lufs` is that of all its channels mixed to one."""

    index: int
    codec: str
    channels: int
    loudness_lufs: float = NO_LOUDNESS_LUFS


@dataclass(frozen=True, slots=True)
class FoundChapter:
    """A chapter that the file itself names."""

    at_s: float
    title: str


@dataclass(frozen=True, slots=True)
class Source:
    """What a file holds, as far as it is used. `demuxer` is ffmpeg's name of the container."""

    demuxer: str
    duration_s: float
    picture: Picture | None
    sound: Sound | None
    chapters: tuple[FoundChapter, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """What an encode needs: without the chapters, whose titles may name somebody and would outlive the film."""
        facts = asdict(self)
        del facts["chapters"]
        if facts["picture"]:
            facts["picture"]["fps"] = str(facts["picture"]["fps"])
        return facts

    @classmethod
    def from_json(cls, facts: dict[str, Any]) -> "Source":
        """What `as_json` said, out of the row of a job."""
        picture, sound = facts["picture"], facts["sound"]
        return cls(
            facts["demuxer"],
            facts["duration_s"],
            Picture(**picture | {"fps": Fraction(picture["fps"])}) if picture else None,
            Sound(**sound) if sound else None,
        )


def input_options(demuxer: str) -> dict[str, object]:
    """What stands before every `-i` of an untrusted file: no other files, no network, no guessing, no giant picture."""
    return {"protocol_whitelist": "file", "f": demuxer, "max_pixels": MAX_PIXELS, "max_streams": MAX_STREAMS}


def probe(path: Path) -> Source:
    """Examine `path`, decode samples of it and measure its loudness. Raises VideoRefusedError's kinds."""
    return accepted(examined(path), path)


def examined(path: Path) -> dict[str, Any]:
    """What ffprobe says of a file that passes the door. Raises VideoRefusedError's kinds."""
    with path.open("rb") as handle:
        refuse_at_the_door(handle.read(ENOUGH_BYTES))
    return _facts(Sandbox(source=path))


def accepted(facts: dict[str, Any], path: Path) -> Source:
    """Hold the facts against the limits, and the file against the facts. Raises VideoRefusedError's kinds."""
    sandbox = Sandbox(source=path)
    source = judged(facts, sandbox)
    _refuse_undecodable(sandbox, source)
    return _with_loudness(sandbox, source)


def streams_of(facts: dict[str, Any]) -> list[dict[str, Any]]:
    """The tracks of a file, for people who wonder why it was refused."""
    wanted = ("index", "codec_type", "codec_name", "width", "height", "avg_frame_rate", "channels", "sample_rate")
    return [{name: stream[name] for name in wanted if name in stream} for stream in facts.get("streams", [])]


def _with_loudness(sandbox: Sandbox, source: Source) -> Source:
    """Reads the whole sound, without the picture; a fault in it is found by the encode, which says so better."""
    if source.sound is None:
        return source
    try:
        lufs = loudness_of(
            sandbox,
            sandbox.source_url,
            input_options(source.demuxer),
            index=source.sound.index,
            timeout_s=max(MEASURE_TIMEOUT_S, source.duration_s),
        )
    except ToolTimeoutError as error:
        raise refusals.ProbeTimeoutError from error
    except ToolFailedError:
        lufs = NO_LOUDNESS_LUFS
    return replace(source, sound=replace(source.sound, loudness_lufs=lufs))


def _facts(sandbox: Sandbox) -> dict[str, Any]:
    command = ["ffprobe", "-v", "error", "-protocol_whitelist", "file", "-format_whitelist", FORMATS]
    command += ["-max_pixels", str(MAX_PIXELS), "-probesize", "20M", "-analyzeduration", "10M"]
    command += ["-of", "json", "-show_format", "-show_streams", "-show_chapters", "-i", sandbox.source_url]
    try:
        facts: dict[str, Any] = json.loads(run(sandbox, command, timeout_s=TIMEOUT_S))
    except ToolTimeoutError as error:
        raise refusals.ProbeTimeoutError from error
    except ToolFailedError as error:
        raise (refusals.TooManyPixelsError if _TOO_MANY_PIXELS in error.log else refusals.UnreadableError) from error
    except ValueError as error:
        raise refusals.UnreadableError from error
    return facts


def judged(facts: dict[str, Any], sandbox: Sandbox) -> Source:
    """Hold what ffprobe said against the limits."""
    streams = facts.get("streams", [])
    if len(streams) > MAX_STREAMS:
        raise refusals.TooManyStreamsError
    picture, sound = _picture(streams), _sound(streams)
    if picture is None and sound is None:
        raise refusals.NothingToPlayError
    if picture:
        _refuse_odd_picture(picture)
    demuxer = facts["format"]["format_name"].split(",")[0]
    duration_s = _number(facts["format"].get("duration")) or _measured_duration(sandbox, demuxer)
    if duration_s > MAX_DURATION_S:
        raise refusals.TooLongError
    if duration_s < MIN_DURATION_S:
        raise refusals.TooShortError
    if picture and picture.fps < MIN_FPS:
        raise refusals.OddFrameRateError
    return Source(demuxer, duration_s, picture, sound, _chapters(facts, duration_s))


def _chapters(facts: dict[str, Any], duration_s: float) -> tuple[FoundChapter, ...]:
    found = []
    for chapter in facts.get("chapters", [])[:MAX_CHAPTERS]:
        words = str(chapter.get("tags", {}).get("title", ""))
        title = " ".join("".join(c if c.isprintable() else " " for c in words).split())[:TITLE_CHARS]
        at_s = round(_number(chapter.get("start_time")), 3)
        if title and 0 <= at_s < duration_s:
            found.append(FoundChapter(at_s, unicodedata.normalize("NFC", title)))
    return tuple(sorted(found, key=lambda chapter: chapter.at_s))


def _refuse_odd_picture(picture: Picture) -> None:
    if picture.width_px * picture.height_px > MAX_PIXELS or max(picture.width_px, picture.height_px) > MAX_SIDE_PX:
        raise refusals.TooManyPixelsError
    if min(picture.width_px, picture.height_px) < MIN_SIDE_PX:
        raise refusals.TooFewPixelsError
    if picture.fps > MAX_FPS:
        raise refusals.OddFrameRateError


def _picture(streams: list[dict[str, Any]]) -> Picture | None:
    found = [s for s in streams if s.get("codec_type") == "video" and not s.get("disposition", {}).get("attached_pic")]
    if not found:
        return None
    stream = next((s for s in found if s.get("disposition", {}).get("default")), found[0])
    width, height = int(stream.get("width", 0)), int(stream.get("height", 0))
    shape = _fraction(stream.get("sample_aspect_ratio", "1:1").replace(":", "/"), default=Fraction(1))
    if Fraction(1, 8) <= shape <= 8:
        width = round(width * shape)
    if _rotation(stream) % 180 == 90:
        width, height = height, width
    fps = _fraction(stream.get("avg_frame_rate", ""), default=Fraction(0))
    fps = fps or _fraction(stream.get("r_frame_rate", ""), default=Fraction(25)) or Fraction(25)
    is_interlaced = stream.get("field_order") in {"tt", "bb", "tb", "bt"}
    is_plain = stream.get("pix_fmt") == "yuv420p" and shape in {0, 1} and not _rotation(stream) and not is_interlaced
    codec = str(stream.get("codec_name", ""))
    return Picture(int(stream["index"]), width, height, fps, codec, is_interlaced, is_plain)


def _sound(streams: list[dict[str, Any]]) -> Sound | None:
    found = [s for s in streams if s.get("codec_type") == "audio" and int(s.get("channels", 0)) > 0]
    if not found:
        return None
    stream = next((s for s in found if s.get("disposition", {}).get("default")), found[0])
    codec = str(stream.get("codec_name", ""))
    if codec == "aac" and stream.get("profile") not in {None, "LC"}:
        codec = "he-aac"
    return Sound(int(stream["index"]), codec, int(stream["channels"]))


def _rotation(stream: dict[str, Any]) -> int:
    for data in stream.get("side_data_list", []):
        if "rotation" in data:
            return int(data["rotation"])
    return int(_number(stream.get("tags", {}).get("rotate")))


def _number(text: object) -> float:
    try:
        return float(str(text))
    except ValueError:
        return 0.0


def _fraction(text: str, *, default: Fraction) -> Fraction:
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        return default


def _measured_duration(sandbox: Sandbox, demuxer: str) -> float:
    """Read the whole file without decoding it: recorders of browsers write no length."""
    command = _reading(sandbox, demuxer, "-map", "0:v?", "-map", "0:a?", "-c", "copy")
    try:
        return _last_moment(run(sandbox, command, timeout_s=MEASURE_TIMEOUT_S))
    except ToolTimeoutError as error:
        raise refusals.ProbeTimeoutError from error
    except ToolFailedError as error:
        raise refusals.UnreadableError from error


def _refuse_undecodable(sandbox: Sandbox, source: Source) -> None:
    """Decode a little at the start, in the middle and near the end."""
    tracks = [track.index for track in (source.picture, source.sound) if track]
    is_sparse = source.sound is None and source.picture is not None and source.picture.fps < SPARSE_FPS
    shares = WINDOWS[:1] if is_sparse or source.duration_s < 10 else WINDOWS
    command = [*_FFMPEG]
    for share in shares:
        # From the key frame before: what lies between is a sample as good as any.
        start = ["-noaccurate_seek", "-ss", f"{source.duration_s * share:.3f}"] if share else []
        command += ["-threads", "1", *_guards(source.demuxer), *start, "-t", str(WINDOW_S), "-i", sandbox.source_url]
    command += [word for number in range(len(shares)) for index in tracks for word in ("-map", f"{number}:{index}")]
    try:
        reply = run(sandbox, [*command, *_AS_LINES], timeout_s=TIMEOUT_S * 3)
    except ToolTimeoutError as error:
        raise refusals.ProbeTimeoutError from error
    except ToolFailedError as error:
        raise refusals.UndecodableError from error
    # Each line begins with the number of its output: all tracks of the first window, then of the second, …
    outputs = [line.partition(",")[0] for line in reply.splitlines() if not line.startswith("#")]
    if len({int(output) // len(tracks) for output in outputs}) < len(shares):
        raise refusals.UndecodableError


def _reading(sandbox: Sandbox, demuxer: str, *words: str) -> list[str]:
    """Reads the file to nowhere and reports how far it came."""
    return [*_FFMPEG, "-progress", "pipe:1", *_guards(demuxer), "-i", sandbox.source_url, *words, "-f", "null", "-"]


def _guards(demuxer: str) -> list[str]:
    return [word for name, value in input_options(demuxer).items() for word in (f"-{name}", str(value))]


def _last_moment(reply: str) -> float:
    """How far a reading came, in seconds."""
    said = [line.partition("=")[2] for line in reply.splitlines() if line.startswith("out_time_us=")]
    return max([0.0, *map(_number, said)]) / 1_000_000
