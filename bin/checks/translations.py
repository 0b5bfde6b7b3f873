"""Collects the texts of the sources anew, in a copy, and compares them with what locale/ holds.

Fails on a text that locale/ lacks, on a fuzzy or an empty translation, in any language; --list prints them all.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("portal", "courses", "teleconsults", "cpd", "foundation", "templates")
LANGUAGES = ("vi", "en")


def collected(language: str, copy: Path) -> polib.POFile:
    return polib.pofile(str(copy / "locale" / language / "LC_MESSAGES" / "django.po"))


def committed(language: str) -> polib.POFile:
    path = ROOT / "locale" / language / "LC_MESSAGES" / "django.po"
    return polib.pofile(str(path)) if path.exists() else polib.POFile()


def faults(language: str, copy: Path) -> list[str]:
    """A line for each text that is missing, fuzzy or not translated."""
    known = {(entry.msgctxt, entry.msgid, entry.msgid_plural): entry for entry in committed(language)}
    lines = []
    for text in collected(language, copy):
        if text.obsolete:
            continue
        entry = known.get((text.msgctxt, text.msgid, text.msgid_plural))
        if entry is None or entry.obsolete:
            fault = "missing"
        elif entry.fuzzy:
            fault = "fuzzy"
        elif not entry.translated():
            fault = "untranslated"
        else:
            continue
        place = ":".join(text.occurrences[0]) if text.occurrences else "?"
        lines.append(f"{language}: {fault}: {text.msgid[:90]!r} ({place})")
    return lines


def unseen(folder: Path) -> list[str]:
    """A line for each import that gives gettext a name under which makemessages does not find its texts."""
    alias = re.compile(r"import n?p?gettext\w* as (?!_$)(\w+)$", re.MULTILINE)
    return [
        f"{path.relative_to(folder)}: gettext as {found[1]}: makemessages knows it by its own name, or as _"
        for path in sorted(folder.rglob("*.py"))
        for found in alias.finditer(path.read_text())
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true", help="print every fault, not only the first thirty")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="portal-translations-") as folder:
        copy = Path(folder)
        for name in SOURCES:
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "migrations"))
        (copy / "locale").mkdir()
        languages = [part for language in LANGUAGES for part in ("-l", language)]
        subprocess.run(
            [sys.executable, "-m", "django", "makemessages", "--no-wrap", "--verbosity=0", *languages],
            cwd=copy,
            check=True,
        )
        lines = unseen(copy) + [line for language in LANGUAGES for line in faults(language, copy)]
    shown = lines if wanted.list else lines[:30]
    sys.stdout.write("".join(f"{line}\n" for line in shown))
    if lines:
        sys.stdout.write(f"{len(lines)} texts to translate. Collect with: bin/manage makemessages -l vi -l en\n")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
