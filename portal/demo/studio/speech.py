"""Turns a line into sound with espeak-ng, and many lines into one track."""

import array
import re
import subprocess
import wave
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from portal.demo.studio.script import Line, Script, Side

RATE_HZ = 22050
PAUSE_AFTER_LINE_S, PAUSE_AFTER_SLIDE_S, LEAD_IN_S = 0.35, 0.8, 0.6
WORDS_PER_MINUTE = 158

# What the voice would misread, and how it is said. Order matters: longer units first.
_SPOKEN = (
    (r"(?<=\d),(?=\d)", " phẩy "),
    (r"\bNIHSS\b", "en ai hát ét ét"),
    (r"\bSpO₂", "ét pê ô hai"),
    (r"\bNPH\b", "en pê hát"),
    (r"\bCT\b", "xê tê"),
    (r"µg/kg/phút", "mi crô gam trên ki lô gam mỗi phút"),
    (r"mL/kg", "mi li lít trên ki lô gam"),
    (r"mg/kg", "mi li gam trên ki lô gam"),
    (r"\bmL\b", "mi li lít"),
    (r"\bmg\b", "mi li gam"),
    (r"\bkg\b", "ki lô gam"),
    (r"\bhematocrit\b", "hê ma tô crít"),
    (r"\bRinger lactat\b", "rinh gơ lác tát"),
    (r"\bnoradrenalin\b", "no a đrê na lin"),
    (r"\badrenalin\b", "a đrê na lin"),
    (r"\bAlteplase\b", "an tê pla"),
    (r"\binsulin\b", "in su lin"),
    (r"\bgliclazid\b", "gli cla dít"),
    (r"\bê-kíp\b", "ê kíp"),
)


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice of espeak-ng; pitch from 0 to 99."""

    name: str
    pitch: int


VOICES: dict[Side, Voice] = {"hub": Voice("vi", 34), "site": Voice("vi", 62)}


@dataclass(frozen=True, slots=True)
class Cue:
    """When a line is spoken, in seconds, and in which slide."""

    start_s: float
    end_s: float
    slide: int
    index: int
    line: Line


@dataclass(frozen=True, slots=True)
class Track:
    """Mono 16-bit sound of a whole script, and where each line lies in it."""

    samples: array.array[int]
    cues: tuple[Cue, ...]

    @property
    def duration_s(self) -> float:
        return len(self.samples) / RATE_HZ

    def loudness(self, second: float, *, window_s: float = 0.1) -> float:
        """Peak between 0 and 1 in the window that begins at `second`."""
        start = int(second * RATE_HZ)
        window = self.samples[start : start + int(window_s * RATE_HZ)]
        return max(map(abs, window), default=0) / 32768

    def write(self, path: Path) -> None:
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE_HZ)
            file.writeframes(self.samples.tobytes())


def spoken(text: str) -> str:
    """`text` as it is said aloud: «0,5 mg» becomes «0 phẩy 5 mi li gam»."""
    for pattern, words in _SPOKEN:
        text = re.sub(pattern, words, text, flags=re.IGNORECASE)
    return text


def speak(line: Line) -> array.array[int]:
    """The samples of one line, without the silence around it."""
    voice = VOICES[line.who]
    argv = ["espeak-ng", "-v", voice.name, "-p", str(voice.pitch), "-s", str(WORDS_PER_MINUTE), "--stdout"]
    sound = subprocess.run([*argv, spoken(line.text)], check=True, capture_output=True).stdout  # noqa: S603  # fixed program
    with wave.open(BytesIO(sound)) as file:
        if file.getframerate() != RATE_HZ:
            raise ValueError(f"espeak-ng spoke at {file.getframerate()} Hz, {RATE_HZ} Hz was expected.")
        samples = array.array("h", file.readframes(file.getnframes()))
    return _trimmed(samples)


def _trimmed(samples: array.array[int], *, floor: int = 200) -> array.array[int]:
    loud = [index for index, sample in enumerate(samples) if abs(sample) > floor]
    return samples[loud[0] : loud[-1] + 1] if loud else samples


def read_aloud(script: Script) -> Track:
    """Speak the whole script."""
    samples, cues = _silence(LEAD_IN_S), []
    for number, slide in enumerate(script.slides):
        for index, line in enumerate(slide.lines):
            start_s = len(samples) / RATE_HZ
            samples.extend(speak(line))
            cues.append(Cue(start_s, len(samples) / RATE_HZ, number, index, line))
            samples.extend(_silence(PAUSE_AFTER_LINE_S))
        samples.extend(_silence(PAUSE_AFTER_SLIDE_S))
    return Track(samples, tuple(cues))


def _silence(seconds: float) -> array.array[int]:
    return array.array("h", bytes(2 * round(seconds * RATE_HZ)))
