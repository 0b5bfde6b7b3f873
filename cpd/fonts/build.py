"""Makes the static fonts of the certificate out of the variable Noto Serif; run by hand when the source changes.

    python -m cpd.fonts.build

The results are kept in the repository so that every machine prints the same bytes. One whole file for each style:
WeasyPrint mixes up the glyphs of subset files that share a family name, and prints wrong Vietnamese letters.
"""

from pathlib import Path

from fontpkg_noto_serif import ROOT
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


def build() -> None:
    """Write the three files beside this module."""
    for name, (source, weight) in STYLES.items():
        font = TTFont(ROOT / "files" / source, recalcTimestamp=False)
        options = subset.Options(layout_features=["*"], notdef_outline=True, recalc_timestamp=False)
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=[code for first, last in BLOCKS for code in range(first, last + 1)])
        subsetter.subset(font)
        static = instantiateVariableFont(font, {"wght": weight, "wdth": 100})
        static.save(Path(__file__).with_name(name))


if __name__ == "__main__":
    build()
