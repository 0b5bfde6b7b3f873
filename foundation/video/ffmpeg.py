"""Command lines for ffmpeg. The graph is built with ffmpeg-python; only `sandbox.run` executes anything."""

from dataclasses import dataclass
from fractions import Fraction

import ffmpeg

from foundation.video.ladder import Rung, Step
from foundation.video.loudness import CEILING, gain_db
from foundation.video.probe import Source, input_options
from foundation.video.redaction import NOTHING, Plan
from foundation.video.redactor import beeped_and_cut, redacted_picture, silenced

QUIET = ("-hide_banner", "-nostdin", "-v", "warning", "-nostats", "-y")
GLOBAL = (*QUIET, "-progress", "pipe:1", "-stats_period", "1")
OURS = {"protocol_whitelist": "file", "f": "mov"}  # before every rendition of our own that is read again
SLIDE_WIDTH_PX = 960
SCENE = 0.015  # share of change between two key frames that makes a new slide
SHORT_S = 20  # a film that has too few key frames to choose from: all its frames are looked at


@dataclass(frozen=True, slots=True)
class SoundTrack:
    """One encoding of the voice: mono AAC. `group` ties it to the pictures that go with it."""

    key: str
    group: str
    rate_hz: int
    bitrate_kbps: int


FULL_SOUND = SoundTrack("audio", "full", 48000, 64)
SAVING_SOUND = SoundTrack("voice", "saving", 16000, 24)


def sound_tracks(source: Source) -> list[SoundTrack]:
    """Best first."""
    return [FULL_SOUND, SAVING_SOUND] if source.sound else []


PRESET = "veryfast"


def group_of(step: Step) -> str:
    """The group of sound tracks that a picture goes with."""
    return SAVING_SOUND.group if step.rung.is_saving else FULL_SOUND.group


def ladder_command(
    source: Source, steps: list[Step], *, source_url: str, preset: str = PRESET, plan: Plan = NOTHING
) -> list[str]:
    """One decode, all encodes: HLS in one fragmented MP4 per rendition, with playlists, in the working directory.

    `preset` is x264's: a quicker one makes larger files of the same quality. What `plan` says, with its cuts on frames,
    is gone before the first picture is encoded.
    """
    media = ffmpeg.input(source_url, **input_options(source.demuxer))
    sounds = sound_tracks(source)
    streams = [*_pictures(media, source, steps, plan), *_sounds(media, source, sounds, plan)]
    options = _hls_options(steps, sounds) | _picture_options(steps, preset) | _sound_options(sounds) | _bounds(source)
    return ["ffmpeg", *GLOBAL, *ffmpeg.get_args(ffmpeg.output(*streams, "%v.m3u8", **options))]


def remux_command(source: Source, rung: Rung, *, source_url: str) -> list[str]:
    """The source's own picture and sound as a rendition each, cut at its own key frames; nothing is encoded."""
    media = ffmpeg.input(source_url, **input_options(source.demuxer))
    streams, variants = [], []
    for track, name in (
        (source.picture, f"v:0,agroup:{FULL_SOUND.group},name:{rung.key}"),
        (source.sound, _LONE_SOUND),
    ):
        if track:
            streams.append(media[str(track.index)])
            variants.append(name if source.sound else f"v:0,name:{rung.key}")
    # Of what recorders write between the pictures (SEI, free text among it), nothing goes along.
    options = _hls(variants, segment_s=4.0) | {"c": "copy", "bsf:v": "filter_units=remove_types=6"} | _bounds(source)
    return ["ffmpeg", *GLOBAL, *ffmpeg.get_args(ffmpeg.output(*streams, "%v.m3u8", **options))]


_LONE_SOUND = f"a:0,agroup:{FULL_SOUND.group},name:{FULL_SOUND.key}"


def _bounds(source: Source) -> dict[str, object]:
    """What the header promised, and a little: a file that goes on for ever stops here. Its words stay behind."""
    return {"t": f"{source.duration_s * 1.02 + 2:.3f}", "map_metadata": -1, "map_chapters": -1}


def _pictures(media: "ffmpeg.nodes.FilterableStream", source: Source, steps: list[Step], plan: Plan) -> list[object]:
    """Scaled from step to step: each smaller picture is made of the next larger one."""
    if source.picture is None:
        return []
    stream = media[str(source.picture.index)]
    if source.picture.is_interlaced:
        stream = stream.filter("bwdif", mode="send_frame")
    made: list[object] = []
    for number, step in enumerate(steps):
        stream = stream.filter("fps", fps=_words(step.fps), start_time=0)
        stream = stream.filter("scale", step.width_px, step.height_px, flags="bicubic")
        stream = stream.filter("setsar", 1).filter("format", "yuv420p")
        if number == 0:
            stream = redacted_picture(stream, plan, step)
        if number < len(steps) - 1:
            copies = stream.filter_multi_output("split", 2)
            made.append(copies.stream(0))
            stream = copies.stream(1)
        else:
            made.append(stream)
    return made


def _sounds(
    media: "ffmpeg.nodes.FilterableStream", source: Source, sounds: list[SoundTrack], plan: Plan
) -> list[object]:
    if source.sound is None:
        return []
    voice = media[str(source.sound.index)].filter("aresample", 48000, **{"async": 1, "first_pts": 0})
    # `aformat` mixes down what channels there are; `pan` would be silent on a mono source.
    voice = silenced(voice.filter("aformat", channel_layouts="mono"), plan)
    voice = voice.filter("volume", f"{gain_db(source.sound.loudness_lufs):.2f}dB")
    # Without level=0, it would turn everything up again until the peaks touch the top.
    voice = beeped_and_cut(voice.filter("alimiter", limit=CEILING, level=0), plan)
    copies = voice.filter_multi_output("asplit", len(sounds))
    return [copies.stream(number).filter("aresample", sound.rate_hz) for number, sound in enumerate(sounds)]


def _picture_options(steps: list[Step], preset: str) -> dict[str, object]:
    if not steps:
        return {}
    options: dict[str, object] = {"c:v": "libx264", "preset": preset, "profile:v": "high", "bf": 2}
    options |= {"sc_threshold": 0, "flags:v": "+cgop"}
    for number, step in enumerate(steps):
        rung = step.rung
        options |= {f"crf:v:{number}": rung.crf, f"maxrate:v:{number}": f"{rung.ceiling_kbps}k"}
        options |= {f"bufsize:v:{number}": f"{rung.ceiling_kbps * 2}k"}
        options |= {f"g:v:{number}": step.gop_frames, f"keyint_min:v:{number}": step.gop_frames}
    return options


def _sound_options(sounds: list[SoundTrack]) -> dict[str, object]:
    bitrates: dict[str, object] = {f"b:a:{number}": f"{sound.bitrate_kbps}k" for number, sound in enumerate(sounds)}
    return {"c:a": "aac"} | bitrates if sounds else {}


def _hls_options(steps: list[Step], sounds: list[SoundTrack]) -> dict[str, object]:
    variants = [_variant(number, step, has_sound=bool(sounds)) for number, step in enumerate(steps)]
    grouped = [f",agroup:{sound.group}" if steps else "" for sound in sounds]
    variants += [f"a:{number}{grouped[number]},name:{sound.key}" for number, sound in enumerate(sounds)]
    return _hls(variants, segment_s=steps[0].segment_s if steps else 4.0)


def _hls(variants: list[str], *, segment_s: float) -> dict[str, object]:
    return {
        "format": "hls",
        # A millisecond less than a group of pictures, so that rounding never joins two segments.
        "hls_time": f"{segment_s - 0.001:.6f}",
        "hls_playlist_type": "vod",
        "hls_segment_type": "fmp4",
        "hls_flags": "single_file+independent_segments",
        "hls_list_size": 0,
        "var_stream_map": " ".join(variants),
    }


def _variant(number: int, step: Step, *, has_sound: bool) -> str:
    group = f",agroup:{group_of(step)}" if has_sound else ""
    return f"v:{number}{group},name:{step.rung.key}"


def muxed_command(files: dict[str, list[str]]) -> list[str]:
    """Join finished renditions into plain MP4s, {file: renditions}, without encoding: they play anywhere."""
    media = {name: ffmpeg.input(f"file:{name}.m4s", **OURS) for names in files.values() for name in names}
    options = {"c": "copy", "format": "mp4", "movflags": "+faststart", "map_metadata": -1}
    joined = [ffmpeg.output(*(media[name] for name in names), file, **options) for file, names in files.items()]
    return ["ffmpeg", *GLOBAL, *ffmpeg.get_args(ffmpeg.merge_outputs(*joined))]


def stills_command(large: Step, small: Step, *, duration_s: float, every_s: float, thumb: tuple[int, int]) -> list[str]:
    """Frames of finished renditions: `slide-*.jpg` where the picture changes, `thumb-*.jpg` every `every_s` seconds.

    Only key frames are decoded, unless the film is short. Says of each slide on standard output when it begins and how
    much changed (`stills.Said` reads it).
    """
    options = OURS | ({} if duration_s < SHORT_S else {"skip_frame": "nokey"})
    slides = ffmpeg.input(f"file:{large.rung.key}.m4s", **options).video
    if duration_s < SHORT_S:
        slides = slides.filter("fps", fps=1, start_time=0)
    slides = slides.filter("scale", min(SLIDE_WIDTH_PX, large.width_px), -2)
    slides = slides.filter("select", f"eq(n,0)+gt(scene,{SCENE})").filter("metadata", mode="print", file="-")
    thumbs = ffmpeg.input(f"file:{small.rung.key}.m4s", **options).video
    thumbs = thumbs.filter("fps", fps=f"1/{every_s}", start_time=0, round="up").filter("scale", *thumb)
    as_files = {"format": "image2", "q:v": 3, "fps_mode": "passthrough"}
    outputs = ffmpeg.merge_outputs(
        ffmpeg.output(slides, "slide-%05d.jpg", **as_files),
        ffmpeg.output(thumbs, "thumb-%05d.jpg", **as_files),
    )
    return ["ffmpeg", *QUIET, *ffmpeg.get_args(outputs)]


def _words(rate: Fraction) -> str:
    return f"{rate.numerator}/{rate.denominator}"
