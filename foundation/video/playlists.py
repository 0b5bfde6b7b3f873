"""Reads the media playlists that ffmpeg wrote, measures them, and writes the master playlist."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

AAC_CODEC = "mp4a.40.2"
_ENTRY = re.compile(r"(?<=URI=\")[a-z0-9_-]+\.m4s(?=\")|^[a-z0-9_-]+\.m4s$")
_SEGMENT = re.compile(r"#EXTINF:(?P<length>[\d.]+),[^\n]*\n#EXT-X-BYTERANGE:(?P<bytes>\d+)@(?P<start>\d+)\n")


class BrokenPlaylistError(Exception):
    """A rendition is not whole."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a rendition, in seconds and bytes."""

    length_s: float
    start: int
    bytes: int


@dataclass(frozen=True, slots=True)
class MediaPlaylist:
    """One rendition as measured: its segments, in order, in one file."""

    name: str
    segments: tuple[Segment, ...]
    file_bytes: int

    @property
    def duration_s(self) -> float:
        return sum(segment.length_s for segment in self.segments)

    @property
    def peak_bps(self) -> int:
        """Bits per second of the heaviest segment; a short last one does not count, unless it is the only one."""
        typical = max(segment.length_s for segment in self.segments) / 2
        return max(int(s.bytes * 8 / s.length_s) for s in self.segments if s.length_s >= typical)

    @property
    def average_bps(self) -> int:
        return int(sum(segment.bytes for segment in self.segments) * 8 / self.duration_s)


@dataclass(frozen=True, slots=True)
class Variant:
    """A picture rendition as the master playlist names it; `sound` is the track that goes with it."""

    playlist: MediaPlaylist
    codec: str
    width_px: int
    height_px: int
    fps: Fraction
    sound: MediaPlaylist | None


def read_playlist(directory: Path, name: str) -> MediaPlaylist:
    """Raises BrokenPlaylistError where the list does not end, or its file is not as long as it says."""
    text = (directory / f"{name}.m3u8").read_text()
    segments = tuple(
        Segment(float(found["length"]), int(found["start"]), int(found["bytes"])) for found in _SEGMENT.finditer(text)
    )
    file_bytes = (directory / f"{name}.m4s").stat().st_size
    if "#EXT-X-ENDLIST" not in text or not segments or not sum(segment.length_s for segment in segments):
        raise BrokenPlaylistError(f"{name}: the playlist does not end.")
    last = segments[-1]
    if last.start + last.bytes > file_bytes:
        raise BrokenPlaylistError(f"{name}: the file ends before its last segment.")
    return MediaPlaylist(name, segments, file_bytes)


def with_addresses(text: str, address_of: Callable[[str], str]) -> str:
    """The playlist with the address of every file of media; playlists that it names stay beside it."""
    lines = [_ENTRY.sub(lambda found: address_of(found[0]), line) for line in text.splitlines()]
    return "\n".join(lines) + "\n"


def h264_codec(file: Path) -> str:
    """The RFC 6381 name, from the decoder's configuration in the first bytes of an fMP4 file."""
    with file.open("rb") as handle:
        head = handle.read(8192)
    at = head.find(b"avcC")
    if at < 0 or len(head) < at + 8:
        raise BrokenPlaylistError(f"{file.name}: no H.264 configuration.")
    return "avc1." + head[at + 5 : at + 8].hex()


def master_playlist(variants: list[Variant], sounds: list[tuple[str, MediaPlaylist]]) -> str:
    """Lowest first, so that a player without an own opinion begins there; `sounds` are (group, track), best first.

    A film with sound also has a variant of sound alone.
    """
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS", ""]
    groups = {track.name: group for group, track in sounds}
    if variants:
        lines += [_media(group, track) for group, track in sounds]
    for variant in sorted(variants, key=lambda variant: variant.playlist.average_bps):
        group = groups[variant.sound.name] if variant.sound else ""
        lines += ["", *_picture_lines(variant, group)]
    for group, track in sounds[::-1][:1] if variants else sounds[::-1]:
        attributes = [*_rates(track, None), f'CODECS="{AAC_CODEC}"']
        if variants:
            attributes.append(f'AUDIO="{group}"')
        lines += ["", f"#EXT-X-STREAM-INF:{','.join(attributes)}", f"{track.name}.m3u8"]
    return "\n".join(lines) + "\n"


def _media(group: str, track: MediaPlaylist) -> str:
    return (
        f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="{group}",NAME="voice",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="1",'
        f'URI="{track.name}.m3u8"'
    )


def _picture_lines(variant: Variant, group: str) -> list[str]:
    codecs = f"{variant.codec},{AAC_CODEC}" if variant.sound else variant.codec
    attributes = [
        *_rates(variant.playlist, variant.sound),
        f'CODECS="{codecs}"',
        f"RESOLUTION={variant.width_px}x{variant.height_px}",
        f"FRAME-RATE={float(variant.fps):.3f}",
    ]
    if group:
        attributes.append(f'AUDIO="{group}"')
    return [f"#EXT-X-STREAM-INF:{','.join(attributes)}", f"{variant.playlist.name}.m3u8"]


def _rates(track: MediaPlaylist, other: MediaPlaylist | None) -> list[str]:
    peak = track.peak_bps + (other.peak_bps if other else 0)
    average = track.average_bps + (other.average_bps if other else 0)
    return [f"BANDWIDTH={peak}", f"AVERAGE-BANDWIDTH={average}"]
