"""Finds absolute paths of somebody's machine in the files of the repository; exits with 1 when there are any."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MACHINE_PATH = re.compile(r"(?<![\w.~\-])/(?:work|root|Users|home/(?!portal\b)[a-z][\w-]*|mnt|workspace)/[\w.~-]+")
LOCK_FILES = {"uv.lock", "package-lock.json"}


def main() -> int:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    found = 0
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if path.name in LOCK_FILES or path == Path(__file__) or not path.is_file():
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture or a video
        for number, line in enumerate(text.splitlines(), start=1):
            if match := MACHINE_PATH.search(line):
                sys.stdout.write(f"{name}:{number}: {match.group()}\n")
                found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
