"""The QR code as one SVG path. A fixed mask is valid for every reader; the search for the best one costs more than the
page."""

from itertools import groupby

import segno

MASK = 3


def qr_path(text: str) -> tuple[int, str]:
    """Return the side in modules, quiet zone not included, and the path whose strokes of width 1 are the dark ones."""
    matrix = segno.make(text, error="m", mask=MASK, micro=False, boost_error=False).matrix
    strokes = []
    for y, row in enumerate(matrix):
        x = 0
        for is_dark, run in groupby(row):
            length = len(list(run))
            if is_dark:
                strokes.append(f"M{x} {y}.5h{length}")
            x += length
    return len(matrix), "".join(strokes)
