"""Makes the static fonts of the certificate out of the variable Noto Serif; run by hand when the source changes.

    python -m cpd.fonts.build

The results are kept in the repository so that every machine prints the same bytes. One whole file for each style:
WeasyPrint mixes up the glyphs of subset files that share a family name, and prints wrong Vietnamese letters.
"""

from collections.abc import Iterable
from pathlib import Path

from fontpkg_be_vietnam_pro import ROOT as BE_VIETNAM_PRO
from fontpkg_noto_serif import ROOT as NOTO_SERIF
from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

STYLES = {
    "certificate-regular.ttf": ("NotoSerif[wdth,wght].ttf", 400),
    "certificate-bold.ttf": ("NotoSerif[wdth,wght].ttf", 700),
    "certificate-italic.ttf": ("NotoSerif-Italic[wdth,wght].ttf", 400),
}
# Latin with all Vietnamese letters, combining marks, Greek, Cyrillic, punctuation, currency, arrows, mathematics.
BLOCKS = [(0x20, 0x7E), (0xA0, 0x24F), (0x300, 0x52F), (0x1E00, 0x1EFF), (0x2000, 0x20CF), (0x2100, 0x22FF)]


SIGNS = "≠≈≤≥"  # what titles need and Noto Serif lacks, from Be Vietnam Pro


def build() -> None:
    """Write the four files beside this module."""
    _write("certificate-signs.ttf", _subset(BE_VIETNAM_PRO / "files" / "BeVietnamPro-Regular.ttf", map(ord, SIGNS)))
    for name, (source, weight) in STYLES.items():
        letters = [code for first, last in BLOCKS for code in range(first, last + 1)]
        font = _subset(NOTO_SERIF / "files" / source, letters)
        _write(name, instantiateVariableFont(font, {"wght": weight, "wdth": 100}))


def _subset(path: Path, letters: Iterable[int]) -> TTFont:
    font = TTFont(path, recalcTimestamp=False)
    options = subset.Options(layout_features=["*"], notdef_outline=True, recalc_timestamp=False)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=letters)
    subsetter.subset(font)
    return font


def _write(name: str, font: TTFont) -> None:
    font.save(Path(__file__).with_name(name))


if __name__ == "__main__":
    build()
