"""Films a script: drawn slides, two speakers, synthetic speech, captions and chapters."""

import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image, ImageDraw

from portal.demo.studio.canvas import (
    INK,
    INK_2,
    JADE,
    JADE_SOFT,
    LINE,
    PAPER,
    SURFACE,
    Canvas,
    Point,
    blend,
)
from portal.demo.studio.script import Script, Side, Slide
from portal.demo.studio.speech import Track, read_aloud

WIDTH, HEIGHT = 1280, 720
TILES: dict[Side, Point] = {"hub": (956, 104), "site": (956, 368)}
TILE_SIZE = (284, 240)
NOTICE = "Tài liệu học tập, không phải y lệnh · người và ca bệnh hư cấu"


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a clip is compressed: frames a second, x264 quality (higher is smaller), sound in kbit/s."""

    frames_per_s: int = 5
    quality: int = 32
    sound_kbps: int = 24


@dataclass(frozen=True)
class Clip:
    """A script with its sound; `figures` is the folder of the pictures that slides show."""

    script: Script
    figures: Path

    @cached_property
    def track(self) -> Track:
        return read_aloud(self.script)

    def film(self, target: Path, encoding: Encoding) -> None:
        """Write H.264 and AAC into `target`, the same bytes for the same script and tools."""
        frames = round(self.track.duration_s * encoding.frames_per_s)
        with TemporaryDirectory() as folder:
            sound = Path(folder) / "speech.wav"
            self.track.write(sound)
            argv = _encode_command(sound, target, encoding)
            with subprocess.Popen(argv, stdin=subprocess.PIPE) as ffmpeg:  # noqa: S603  # fixed program
                if ffmpeg.stdin is None:
                    raise RuntimeError("ffmpeg was started without a pipe.")
                for number in range(frames):
                    ffmpeg.stdin.write(self.frame_at(number / encoding.frames_per_s).tobytes())
            if ffmpeg.returncode:
                raise SystemExit(f"ffmpeg failed on {target.name}.")

    def frame_at(self, second: float) -> Image.Image:
        """The picture at `second`: the slide, the bullets spoken so far, the speaker's ring."""
        cue = next((cue for cue in reversed(self.track.cues) if cue.start_s <= second), self.track.cues[0])
        slide = self.script.slides[cue.slide]
        shown = len(slide.bullets) if cue.index + 1 == len(slide.lines) else cue.index + 1
        frame = self._still(cue.slide, shown, cue.line.who).copy()
        speaking = cue.start_s <= second < cue.end_s
        _draw_voice(frame, cue.line.who, self.track.loudness(second) if speaking else 0.0)
        _draw_progress(frame, int(second) / self.track.duration_s)
        return frame

    def _still(self, number: int, shown: int, speaker: Side) -> Image.Image:
        key = (number, shown, speaker)
        if key not in self._stills:
            self._stills[key] = draw_slide(self.script, number, shown=shown, speaker=speaker, figures=self.figures)
        return self._stills[key]

    @cached_property
    def _stills(self) -> dict[tuple[int, int, Side], Image.Image]:
        return {}

    @property
    def chapter_starts_s(self) -> list[float]:
        return [0.0, *[cue.start_s for cue in self.track.cues if cue.index == 0][1:]]

    def captions(self) -> str:
        """WebVTT with one cue a line; the speaker stands in a voice tag."""
        names = {"hub": self.script.hub_name, "site": self.script.site_name}
        cues = [(cue.start_s, cue.end_s, f"<v {names[cue.line.who]}>{cue.line.text}") for cue in self.track.cues]
        return _webvtt(cues)

    def chapters(self) -> str:
        """WebVTT with one cue a slide; chapters touch, from 0 to the end."""
        starts = self.chapter_starts_s
        ends = [*starts[1:], self.track.duration_s]
        names = [slide.chapter for slide in self.script.slides]
        return _webvtt(list(zip(starts, ends, names, strict=True)))


def draw_slide(script: Script, number: int, *, shown: int, speaker: Side, figures: Path) -> Image.Image:
    """One slide with its first `shown` bullets, without what moves."""
    slide = script.slides[number]
    canvas = Canvas(WIDTH, HEIGHT, ground=PAPER)
    canvas.text((44, 34), script.title, size=22, colour=INK_2)
    canvas.text((1240, 34), "Liên Tuyến", size=22, colour=JADE, bold=True, anchor="ra")
    canvas.box((40, 80), (884, 560), fill=PAPER if slide.figure else SURFACE, outline=LINE, radius=20)
    canvas.box((40, 104), (10, 62), fill=JADE, radius=4)
    canvas.text((76, 106), slide.title, size=40, bold=True)
    if slide.figure:
        _place_figure(canvas, figures / slide.figure, rows=slide.figure_rows)
    else:
        _write_bullets(canvas, slide, shown)
    _draw_tile(canvas, TILES["hub"], script.hub_name, "Bệnh viện hạt nhân", active=speaker == "hub")
    _draw_tile(canvas, TILES["site"], script.site_name, "Điểm cầu", active=speaker == "site")
    canvas.text((44, 672), NOTICE, size=20, colour=INK_2)
    place = f"{number + 1} / {len(script.slides)} · {slide.chapter}"
    canvas.text((1240, 672), place, size=20, colour=INK_2, anchor="ra")
    return canvas.finished()


def _write_bullets(canvas: Canvas, slide: Slide, shown: int) -> None:
    y = 216.0
    for index, bullet in enumerate(slide.bullets[:shown]):
        latest = index + 1 == shown
        canvas.disc((96, y + 27), 9, fill=JADE if latest else blend(JADE, SURFACE, 0.5))
        y = canvas.paragraph((128, y), bullet, width=770, size=42, colour=INK if latest else INK_2) + 48


def _place_figure(canvas: Canvas, path: Path, *, rows: tuple[int, int]) -> None:
    with Image.open(path) as picture:
        figure = picture.convert("RGB").crop((0, rows[0], picture.width, rows[1]))
    figure.thumbnail((860, 462), Image.Resampling.LANCZOS)
    canvas.paste(figure, (40 + (884 - figure.width) // 2, 168 + (462 - figure.height) // 2))


def _draw_tile(canvas: Canvas, corner: Point, name: str, place: str, *, active: bool) -> None:
    x, y = corner
    width, _ = TILE_SIZE
    ground, body = (JADE_SOFT, JADE) if active else ("#EFEEEA", "#A9B3B5")
    canvas.box(corner, TILE_SIZE, fill=SURFACE, outline=JADE if active else LINE, radius=20)
    canvas.box((x + 3, y + 3), (width - 6, 120), fill=ground, radius=17)
    canvas.box((x + 3, y + 60), (width - 6, 100), fill=ground, radius=0)
    centre = x + width / 2
    canvas.disc((centre, y + 70), 34, fill=body)
    canvas.box((centre - 62, y + 114), (124, 46), fill=body, radius=22)
    canvas.box((centre - 62, y + 137), (124, 23), fill=body, radius=0)
    canvas.text((centre, y + 184), place, size=19, colour=INK_2, anchor="mm")
    size = 21
    while canvas.text_width(name, size=size, bold=True) > 258:
        size -= 1
    canvas.text((centre, y + 213), name, size=size, bold=True, anchor="mm")


def _draw_voice(frame: Image.Image, speaker: Side, loudness: float) -> None:
    """Five bars beside the speaker's head that follow the voice."""
    draw = ImageDraw.Draw(frame)
    x, y = TILES[speaker]
    for index, share in enumerate((0.5, 0.85, 1.0, 0.7, 0.4)):
        height = 6 + round(40 * min(1.0, loudness * 2.6) * share)
        left, middle = x + 206 + index * 13, y + 70
        draw.rounded_rectangle((left, middle - height / 2, left + 6, middle + height / 2), 3, fill=JADE)


def _draw_progress(frame: Image.Image, share: float) -> None:
    draw = ImageDraw.Draw(frame)
    draw.rectangle((0, HEIGHT - 8, WIDTH, HEIGHT), fill=LINE)
    draw.rectangle((0, HEIGHT - 8, round(WIDTH * share), HEIGHT), fill=JADE)


def _encode_command(sound: Path, target: Path, encoding: Encoding) -> list[str]:
    rate = str(encoding.frames_per_s)
    return [
        *("ffmpeg", "-y", "-loglevel", "error"),
        *("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}", "-r", rate, "-i", "pipe:0"),
        *("-i", str(sound)),
        *("-c:v", "libx264", "-preset", "slow", "-crf", str(encoding.quality), "-tune", "animation"),
        *("-pix_fmt", "yuv420p", "-g", str(encoding.frames_per_s * 10), "-threads", "1"),
        *("-c:a", "aac", "-b:a", f"{encoding.sound_kbps}k", "-ac", "1", "-shortest"),
        *("-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact", "-map_metadata", "-1"),
        *("-movflags", "+faststart", str(target)),
    ]


def _webvtt(cues: list[tuple[float, float, str]]) -> str:
    blocks = [f"{_clock(start)} --> {_clock(end)}\n{text}\n" for start, end, text in cues]
    return "\n".join(["WEBVTT\n", *blocks])


def _clock(second: float) -> str:
    milliseconds = round(second * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}.{rest % 1000:03d}"
