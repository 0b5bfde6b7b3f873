"""Prints how many tests passed, failed and were skipped in each JUnit file, and in all; exits with 1 if none ran."""

import sys
from pathlib import Path
from xml.etree import ElementTree as ET


def counts(path: Path) -> tuple[int, int, int, float]:
    """Passed, failed (with errors), skipped, seconds."""
    passed = failed = skipped = 0
    seconds = 0.0
    for suite in ET.parse(path).getroot().iter("testsuite"):
        bad, left = int(suite.get("failures", 0)) + int(suite.get("errors", 0)), int(suite.get("skipped", 0))
        passed += int(suite.get("tests", 0)) - bad - left
        failed, skipped, seconds = failed + bad, skipped + left, seconds + float(suite.get("time", 0))
    return passed, failed, skipped, seconds


def main(paths: list[Path]) -> int:
    if not paths:
        sys.stdout.write("No test ran.\n")
        return 1
    results = {path.stem: counts(path) for path in paths}
    for name, (passed, failed, skipped, seconds) in results.items():
        sys.stdout.write(f"on {name}: {passed} passed, {failed} failed, {skipped} skipped in {seconds:.0f} s\n")
    passed, failed, skipped = (sum(column) for column in list(zip(*results.values(), strict=True))[:3])
    sys.stdout.write(f"Total: {passed} passed, {failed} failed, {skipped} skipped\n")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main([Path(name) for name in sys.argv[1:]]))
