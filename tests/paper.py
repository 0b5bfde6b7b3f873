"""What a person and a phone read off a printed file: poppler draws the page, ZXing reads its codes."""

import subprocess
import unicodedata
from pathlib import Path

import zxingcpp
from PIL import Image

PIXELS_PER_INCH = 200


def pictured(pdf: Path, *, pixels_per_inch: int = PIXELS_PER_INCH) -> Image.Image:
    """The first page, in grey."""
    page = pdf.with_suffix(".png")
    resolution = ["-r", str(pixels_per_inch)]
    subprocess.run(["pdftoppm", *resolution, "-gray", "-png", "-singlefile", pdf, page.with_suffix("")], check=True)
    return Image.open(page).convert("L")


def words_of(pdf: Path) -> str:
    """The text on one line, letters composed."""
    printed = subprocess.run(["pdftotext", "-raw", pdf, "-"], check=True, capture_output=True, text=True)
    return " ".join(unicodedata.normalize("NFC", printed.stdout).split())


def codes_on(page: Image.Image) -> list[str]:
    """What the QR codes of a picture say."""
    return [code.text for code in zxingcpp.read_barcodes(page, formats=zxingcpp.BarcodeFormat.QRCode)]
