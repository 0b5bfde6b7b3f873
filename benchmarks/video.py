"""Makes one film by the real job's steps and by plain ffmpeg, and compares CPU seconds and bytes.

    .venv/bin/python -m benchmarks.video [FILM] [ROUNDS]

FILM is the teleconsult fixture beside the repository, or the tests' own. It is first made 1080 lines high, so that
there is every quality; then each way has its turn, ROUNDS times (1), so that all meet the same machine.
"""

import contextlib
import ctypes
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

BASE = Path(__file__).resolve().parents[1]
FIXTURES = [
    base / "shared" / "fixtures" / "video" / "teleconsult_vi_720p.mp4" for base in (BASE.parent, BASE.parents[1])
]
OWN = BASE / "tests" / "media" / "teleconsult.mp4"


def prepare(folder: Path) -> None:
    """Settings, so that the portal's modules can be imported; nothing is written but below `folder`."""
    os.environ.update(
        PORTAL_MODE="test",
        PORTAL_SECRET_KEY="only-for-benchmarks-" + "x" * 40,
        PORTAL_VAR_DIR=str(folder / "var"),
        PORTAL_BROKER_URL="memory://",
        PORTAL_LOG_LEVEL="WARNING",
        DJANGO_SETTINGS_MODULE="portal.settings",
    )
    import django

    django.setup()


def measured[T](work: Callable[[], T]) -> tuple[T, float, float]:
    """What `work` returned, CPU seconds of this process and its children, seconds of the clock."""
    begun, began = _cpu_s(), time.perf_counter()
    result = work()
    return result, _cpu_s() - begun, time.perf_counter() - began


def adopt_orphans() -> None:
    """bubblewrap does not wait for the tool inside it: without this, the tool's CPU seconds would count for nobody."""
    subreaper = 36  # PR_SET_CHILD_SUBREAPER of <linux/prctl.h>
    if ctypes.CDLL(None, use_errno=True).prctl(subreaper, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "This benchmark needs Linux.")


def _cpu_s() -> float:
    with contextlib.suppress(ChildProcessError):
        while True:  # all work is over: whatever is left to wait for was orphaned
            os.waitpid(-1, 0)
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in spent)


def tool(command: list[str], folder: Path) -> None:
    subprocess.run(
        ["nice", "-n", "10", *command], cwd=folder, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )


def unheard(_share: float) -> None:
    """Nobody waits for a benchmark's progress bar."""


def by_hand(film: Path, folder: Path, source, steps) -> None:
    """The ladder's one command as a person would type it: the same renditions, no sandbox, no loudness, no checks."""
    from foundation.video import ffmpeg

    tool(ffmpeg.ladder_command(source, steps, source_url=f"file:{film}"), folder)


def one_by_one(film: Path, folder: Path, source, steps) -> None:
    """A process for each picture with its sound, as most portals do; then a pass packs each for streaming."""
    from foundation.video import ffmpeg

    for step in steps:
        rung, sound = step.rung, ffmpeg.SAVING_SOUND if step.rung.is_saving else ffmpeg.FULL_SOUND
        scale = f"fps={step.fps},scale={step.width_px}:{step.height_px}:flags=bicubic,setsar=1,format=yuv420p"
        words = ["ffmpeg", "-v", "error", "-y", "-i", str(film), "-vf", scale, "-c:v", "libx264", "-preset", "veryfast"]
        words += ["-profile:v", "high", "-bf", "2", "-crf", str(rung.crf), "-maxrate", f"{rung.ceiling_kbps}k"]
        words += ["-bufsize", f"{rung.ceiling_kbps * 2}k", "-g", str(step.gop_frames), "-sc_threshold", "0"]
        words += ["-keyint_min", str(step.gop_frames)]
        words += ["-c:a", "aac", "-ac", "1", "-ar", str(sound.rate_hz), "-b:a", f"{sound.bitrate_kbps}k"]
        tool([*words, "-movflags", "+faststart", f"{rung.key}.mp4"], folder)
        pack = ["ffmpeg", "-v", "error", "-y", "-i", f"{rung.key}.mp4", "-c", "copy", "-f", "hls", "-hls_time", "4"]
        tool([*pack, "-hls_playlist_type", "vod", f"{rung.key}.m3u8"], folder)


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="portal-benchmark-"))
    try:
        run(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run(folder: Path) -> None:
    prepare(folder)
    adopt_orphans()
    from foundation.video import encoding
    from foundation.video.ladder import steps_for
    from foundation.video.probe import probe

    given = Path(sys.argv[1]) if len(sys.argv) > 1 else next(path for path in [*FIXTURES, OWN] if path.is_file())
    rounds, film = int(sys.argv[2]) if len(sys.argv) > 2 else 1, folder / "film.mp4"
    enlarged = ["ffmpeg", "-v", "error", "-y", "-i", str(given.resolve()), "-map", "0:v:0", "-map", "0:a:0?"]
    enlarged += ["-vf", "scale=-2:1080", "-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-pix_fmt", "yuv420p"]
    tool([*enlarged, "-c:a", "aac", "-ac", "2", str(film)], folder)
    spent = dict.fromkeys(("probe", "make", "hand", "single", "remux"), (0.0, 0.0))

    def turn[T](name: str, work: Callable[[], T]) -> T:
        result, cpu, clock = measured(work)
        spent[name] = (spent[name][0] + cpu / rounds, spent[name][1] + clock / rounds)
        return result

    for number in range(rounds):
        places = {name: folder / f"{name}-{number}" for name in ("ours", "remux", "hand", "single")}
        for place in places.values():
            place.mkdir()
        source = turn("probe", partial(probe, film))
        assert source.picture is not None
        steps = steps_for((source.picture.width_px, source.picture.height_px), source.picture.fps)
        remuxed = turn("remux", partial(encoding.remux, source, film, places["remux"], on_share=unheard))
        made = turn("make", partial(encoding.make, source, film, places["ours"], on_share=unheard))
        turn("hand", partial(by_hand, film, places["hand"], source, steps))
        turn("single", partial(one_by_one, film, places["single"], source, steps))
    (probe_cpu, probe_s), (make_cpu, make_s), (hand_cpu, hand_s), (single_cpu, single_s), (remux_cpu, remux_s) = (
        spent.values()
    )

    minutes = made.duration_s / 60
    ours = sum(path.stat().st_size for path in places["ours"].glob("*.m4s"))
    single = sum(path.stat().st_size for path in places["single"].glob("*.mp4"))
    load = os.getloadavg()[0]
    print(f"{given.name}: {made.duration_s:.1f} s, {len(steps)} pictures, {rounds} rounds, load at the end {load:.1f}")
    print(f"{'':44}{'CPU s':>9}{'clock s':>9}")
    for label, cpu, clock in (
        ("examination (probe, samples, loudness)", probe_cpu, probe_s),
        ("qualities, slides, sheet, posters, checks", make_cpu, make_s),
        ("our whole job", probe_cpu + make_cpu, probe_s + make_s),
        ("the one command by hand", hand_cpu, hand_s),
        ("a process for each quality", single_cpu, single_s),
        ("remux of a fit file (not part of the job)", remux_cpu, remux_s),
    ):
        print(f"{label:44}{cpu:9.2f}{clock:9.2f}")
    figures = {
        "P1": round((probe_cpu + make_cpu) / hand_cpu, 3),
        "P2": round(single_cpu / (probe_cpu + make_cpu), 3),
        "bytes_over_mp4": round(ours / single, 3),
        "slides_kbps": round(made.slides["bytes"] * 8 / made.duration_s / 1000, 1),
        "slides": made.slides["count"],
        "first_watchable_s_per_minute": round((probe_s + (remux_s if remuxed else make_s)) / minutes, 2),
        "cpu_s_per_minute": round((probe_cpu + make_cpu) / minutes, 1),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
