"""Command lines for ffmpeg. The graph is built with ffmpeg-python; only `sandbox.run` executes anything."""

from dataclasses import dataclass
from fractions import Fraction

import ffmpeg

from foundation.video.ladder import Step
from foundation.video.probe import Source, input_options

GLOBAL = ("-hide_banner", "-nostdin", "-v", "warning", "-nostats", "-progress", "pipe:1", "-stats_period", "1", "-y")
POSTERS = 8  # frames to choose a poster from
POSTER_WIDTH_PX = 640


@dataclass(frozen=True, slots=True)
class SoundTrack:
    """One encoding of the voice: mono AAC. `group` ties it to the pictures that go with it."""

    key: str
    group: str
    rate_hz: int
    bitrate_kbps: int


FULL_SOUND = SoundTrack("sound", "full", 48000, 64)
SAVING_SOUND = SoundTrack("audio", "saving", 16000, 24)


def sound_tracks(source: Source, steps: list[Step]) -> list[SoundTrack]:
    """Best first; a film that has only its smallest picture needs only the small track."""
    if source.sound is None:
        return []
    needs_full = not steps or any(not step.rung.is_saving for step in steps)
    return [FULL_SOUND, SAVING_SOUND] if needs_full else [SAVING_SOUND]


def group_of(step: Step) -> str:
    """The group of sound tracks that a picture goes with."""
    return SAVING_SOUND.group if step.rung.is_saving else FULL_SOUND.group


def ladder_command(source: Source, steps: list[Step], *, source_url: str) -> list[str]:
    """One decode, all encodes: HLS in one fragmented MP4 per rendition, with playlists, in the working directory."""
    media = ffmpeg.input(source_url, **input_options(source.demuxer))
    sounds = sound_tracks(source, steps)
    streams = [*_pictures(media, source, steps), *_sounds(media, source, sounds)]
    options = _hls_options(steps, sounds) | _picture_options(steps) | _sound_options(sounds)
    # What the header promised, and a little: a file that goes on for ever stops here.
    options |= {"t": f"{source.duration_s * 1.02 + 2:.3f}", "map_metadata": -1, "map_chapters": -1}
    return ["ffmpeg", *GLOBAL, *ffmpeg.get_args(ffmpeg.output(*streams, "%v.m3u8", **options))]


def _pictures(media: "ffmpeg.nodes.FilterableStream", source: Source, steps: list[Step]) -> list[object]:
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
        if number < len(steps) - 1:
            copies = stream.filter_multi_output("split", 2)
            made.append(copies.stream(0))
            stream = copies.stream(1)
        else:
            made.append(stream)
    return made


def _sounds(media: "ffmpeg.nodes.FilterableStream", source: Source, sounds: list[SoundTrack]) -> list[object]:
    if source.sound is None:
        return []
    voice = media[str(source.sound.index)].filter("aresample", 48000, **{"async": 1, "first_pts": 0})
    # `aformat` mixes down what channels there are; `pan` would be silent on a mono source.
    voice = voice.filter("aformat", channel_layouts="mono")
    if len(sounds) == 1:
        return [voice.filter("aresample", sounds[0].rate_hz)]
    copies = voice.filter_multi_output("asplit", len(sounds))
    return [copies.stream(number).filter("aresample", sound.rate_hz) for number, sound in enumerate(sounds)]


def _picture_options(steps: list[Step]) -> dict[str, object]:
    if not steps:
        return {}
    options: dict[str, object] = {"c:v": "libx264", "preset": "veryfast", "profile:v": "high", "bf": 2}
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
    return {
        "format": "hls",
        # A millisecond less than a group of pictures, so that rounding never joins two segments.
        "hls_time": f"{(steps[0].segment_s if steps else 4.0) - 0.001:.6f}",
        "hls_playlist_type": "vod",
        "hls_segment_type": "fmp4",
        "hls_flags": "single_file+independent_segments",
        "hls_list_size": 0,
        "var_stream_map": " ".join(variants),
    }


def _variant(number: int, step: Step, *, has_sound: bool) -> str:
    group = f",agroup:{group_of(step)}" if has_sound else ""
    return f"v:{number}{group},name:{step.rung.key}"


def muxed_command(inputs: list[str], output: str) -> list[str]:
    """Join finished renditions into one plain MP4, without encoding: what plays without a script, and downloads."""
    media = [ffmpeg.input(f"file:{name}", protocol_whitelist="file", f="mov") for name in inputs]
    joined = ffmpeg.output(*media, output, c="copy", format="mp4", movflags="+faststart", map_metadata=-1)
    return ["ffmpeg", *GLOBAL, *ffmpeg.get_args(joined)]


def poster_frames_command(picture: str, *, duration_s: float) -> list[str]:
    """A handful of frames, evenly spread, as `poster-1.jpg` and so on; key frames only, where the film is long."""
    options: dict[str, object] = {"protocol_whitelist": "file", "f": "mov"}
    if duration_s > 60:
        options["skip_frame"] = "nokey"
    frames = ffmpeg.input(f"file:{picture}", **options).video
    frames = frames.filter("fps", fps=f"{POSTERS / duration_s:.6f}", round="up")
    frames = frames.filter("scale", f"min({POSTER_WIDTH_PX},iw)", -2)
    saved = ffmpeg.output(frames, "poster-%d.jpg", format="image2", vframes=POSTERS, **{"q:v": 2})
    return ["ffmpeg", *GLOBAL, *ffmpeg.get_args(saved)]


def _words(rate: Fraction) -> str:
    return f"{rate.numerator}/{rate.denominator}"
