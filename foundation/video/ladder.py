"""Which qualities a film is made into: sizes that keep its shape and never grow, frame rates, aligned segments."""

from dataclasses import dataclass
from fractions import Fraction

SEGMENT_S = 4
TOP_FPS = 30
WORTH_IT = 1.4  # a rung between two boxes must have this many times the pixels of the one below


@dataclass(frozen=True, slots=True)
class Rung:
    """One quality: the box its picture fits in, x264's constant quality and its ceiling in kbit/s."""

    key: str
    box: tuple[int, int]
    crf: int
    ceiling_kbps: int
    is_halved: bool = False  # half the frames
    is_saving: bool = False  # the small sound track


RUNGS = (
    Rung("edge", (256, 144), 28, 55, is_halved=True, is_saving=True),
    Rung("saver", (426, 240), 27, 120, is_halved=True, is_saving=True),
    Rung("low", (640, 360), 25, 320, is_saving=True),
    Rung("standard", (854, 480), 24, 650),
    Rung("clear", (1280, 720), 23, 1400),
    Rung("full", (1920, 1080), 23, 2800),
)


@dataclass(frozen=True, slots=True)
class Step:
    """A rung as made of one film."""

    rung: Rung
    width_px: int
    height_px: int
    fps: Fraction
    gop_frames: int

    @property
    def segment_s(self) -> float:
        """Length of a segment: near 4 s, the same on every step."""
        return float(self.gop_frames / self.fps)


def fit(size: tuple[int, int], box: tuple[int, int]) -> tuple[int, int]:
    """The largest even size of the same shape within `box` (turned for an upright film), never larger than `size`."""
    width, height = size
    box_width, box_height = box if width >= height else box[::-1]
    scale = min(Fraction(1), Fraction(box_width, width), Fraction(box_height, height))
    return _even(width * scale), _even(height * scale)


def frame_rate(average: Fraction) -> Fraction:
    """The rate of the better rungs: the source's, halved while above 30, at least 5; 25 for an unbelievable one."""
    if average > 240:
        return Fraction(25)
    while average > TOP_FPS + Fraction(1, 2):
        average /= 2
    return max(Fraction(5), average).limit_denominator(1001)


def steps_for(size: tuple[int, int], average_fps: Fraction) -> list[Step]:
    """The ladder of a film, best first."""
    fps = frame_rate(average_fps)
    slow = fps / 2 if fps >= 20 else fps
    slow_gop = max(1, round(SEGMENT_S * slow))
    steps: list[Step] = []
    for rung in RUNGS:
        width, height = fit(size, rung.box)
        if steps and width * height < WORTH_IT * steps[-1].width_px * steps[-1].height_px:
            break
        rate = slow if rung.is_halved else fps
        steps.append(Step(rung, width, height, rate, slow_gop * int(rate / slow)))
    return steps[::-1]


def rung_for(size: tuple[int, int]) -> Rung:
    """The name under which a picture of this size is offered as it is: the smallest box that holds it."""
    fitting = (rung for rung in RUNGS if fit(size, rung.box) == (_even(Fraction(size[0])), _even(Fraction(size[1]))))
    return next(fitting, RUNGS[-1])


def _even(side: Fraction) -> int:
    return max(2, 2 * round(side / 2))
