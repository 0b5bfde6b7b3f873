"""The part of ffmpeg's graph that takes out of picture and sound what a plan says, before anything is encoded."""

from fractions import Fraction

import ffmpeg

from foundation.video.ladder import Step
from foundation.video.redaction import Box, Plan, Span
from foundation.video.rules import kept

# What is left of a blurred place, whatever its size: so many colours in each direction. Nobody reads anything in them.
CELLS = 4
MASK_COLOUR = "0x52606B"
RATE_HZ = 48000
BLOCK = 480  # samples: silence begins and ends on a hundredth of a second
BLOCK_S = BLOCK / RATE_HZ
BEEP_HZ = 1000
BEEP_LEVEL = 0.12

type Stream = "ffmpeg.nodes.FilterableStream"


def redacted_picture(stream: Stream, plan: Plan, step: Step) -> Stream:
    """`stream` has the size and the even frame rate of `step`, from 0; so has the result, without gaps."""
    for box in plan.masks:
        x, y, width, height = box.pixels(step.width_px, step.height_px)
        stream = stream.filter("drawbox", x=x, y=y, w=width, h=height, color=MASK_COLOUR, t="fill")
    for box, span in plan.blurs:
        stream = _blurred(stream, box, span, step)
    if plan.cuts:
        rate = f"{step.fps.numerator}/{step.fps.denominator}"
        gone = [f"between(n,{first},{last - 1})" for first, last in _counted(plan.cuts, step.fps)]
        stream = stream.filter("select", f"not({'+'.join(gone)})").filter("setpts", f"N/({rate})/TB")
        stream = stream.filter("fps", fps=rate, start_time=0)
    return stream


def _blurred(stream: Stream, box: Box, span: Span, step: Step) -> Stream:
    x, y, width, height = box.pixels(step.width_px, step.height_px)
    both = stream.filter_multi_output("split", 2)
    patch = both.stream(1).filter("crop", width, height, x, y)
    patch = patch.filter("scale", CELLS, CELLS, flags="area").filter("scale", width, height, flags="bilinear")
    half = float(1 / step.fps / 2)  # a frame that is seen for a part of the span is blurred
    start, end = max(0.0, span[0] - 2 * half), span[1] + half
    return ffmpeg.filter([both.stream(0), patch], "overlay", x=x, y=y, enable=f"between(t,{start:.4f},{end:.4f})")


def silenced(voice: Stream, plan: Plan) -> Stream:
    """`voice` without what is muted; it comes before anything that delays the sound. `RATE_HZ`, one channel."""
    if not plan.muted:
        return voice
    return _blocks(voice).filter("volume", 0, enable=_within(plan.muted))


def beeped_and_cut(voice: Stream, plan: Plan) -> Stream:
    """`voice` with a tone where one is to be heard, and without the cuts."""
    if plan.beeps:
        both = voice.filter_multi_output("asplit", 2)
        tone = _blocks(both.stream(1)).filter("aeval", f"{BEEP_LEVEL}*sin(2*PI*{BEEP_HZ}*t)", channel_layout="same")
        tone = tone.filter("volume", 0, enable=f"not({_within(plan.beeps)})")
        voice = ffmpeg.filter([both.stream(0), tone], "amix", inputs=2, duration="first", normalize=0)
    return _cut(voice, plan) if plan.cuts else voice


def _cut(voice: Stream, plan: Plan) -> Stream:
    samples = [(round(start * RATE_HZ), round(end * RATE_HZ)) for start, end in plan.cuts]
    left = kept(samples, float("inf"))
    copies = voice.filter_multi_output("asplit", len(left)) if len(left) > 1 else None
    parts = []
    for number, (first, last) in enumerate(left):
        bounds = {"start_sample": int(first)} | ({"end_sample": int(last)} if last < float("inf") else {})
        part = copies.stream(number) if copies else voice
        parts.append(part.filter("atrim", **bounds).filter("asetpts", "PTS-STARTPTS"))
    return ffmpeg.filter(parts, "concat", n=len(parts), v=0, a=1) if len(parts) > 1 else parts[0]


def _counted(cuts: list[Span], fps: Fraction) -> list[tuple[int, int]]:
    """Cuts on frames (`Plan.on_frames`) as numbers of frames, the second one outside."""
    return [(round(start * fps), round(end * fps)) for start, end in cuts]


def _blocks(voice: Stream) -> Stream:
    return voice.filter("asetnsamples", BLOCK, p=0)


def _within(spans: list[Span]) -> str:
    """True for every block that has a sample in one of them; a block is known by its beginning."""
    return "+".join(f"between(t,{max(0.0, start - BLOCK_S):.4f},{end:.4f})" for start, end in spans)
