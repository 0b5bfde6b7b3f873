"""Measures how loud a sound track is, and says by how much to turn it up or down."""

from collections.abc import Mapping

from foundation.video.sandbox import Sandbox, run

TARGET_LUFS = -16.0
# What the measure (EBU R 128) says of silence; below the second, there is nothing but noise to turn up.
NO_LOUDNESS_LUFS, QUIETEST_LUFS = -70.0, -55.0
MOST_GAIN_DB = 30.0
CEILING = 0.84  # of full scale, -1.5 dB: encoding overshoots a little
_KEY = "lavfi.r128.I"


def loudness_of(sandbox: Sandbox, url: str, options: Mapping[str, object], *, index: int, timeout_s: float) -> float:
    """Integrated loudness in LUFS of a track's channels mixed to one, -70 for silence. Raises ToolFailedError."""
    measured = _Measured()
    before = [word for name, value in options.items() for word in (f"-{name}", str(value))]
    # `aformat` mixes down what channels there are; `pan` would be silent on a mono source.
    chain = f"aformat=channel_layouts=mono,ebur128=metadata=1,ametadata=print:key={_KEY}:file=-"
    command = ["ffmpeg", "-hide_banner", "-nostdin", "-v", "error", "-nostats", "-vn", "-sn", "-dn", *before, "-i", url]
    command += ["-map", f"0:{index}", "-af", chain, "-f", "null", "-"]
    run(sandbox, command, timeout_s=timeout_s, on_line=measured.hear)
    return measured.lufs


class _Measured:
    """The last value is that of the whole; it is said ten times a second of sound."""

    lufs = NO_LOUDNESS_LUFS

    def hear(self, line: str) -> bool:
        name, _equals, value = line.partition("=")
        if name == _KEY:
            self.lufs = max(NO_LOUDNESS_LUFS, float(value.replace("nan", "-70")))
        return True


def gain_db(loudness_lufs: float) -> float:
    """By how much to amplify to the target; nothing for silence, and never so much that noise becomes a roar."""
    if loudness_lufs <= QUIETEST_LUFS:
        return 0.0
    return min(MOST_GAIN_DB, TARGET_LUFS - loudness_lufs)
