"""What stands on paper: every Vietnamese letter, drawn right, the same bytes every time, nothing fetched."""

import copy
import hashlib
import io
import itertools
import json
import re
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont
from pypdf import PdfReader
from weasyprint.urls import FatalURLFetchingError

from cpd.press import press
from cpd.qr import qr_path
from cpd.typesetting import FONT_FILES, TypesettingError, certificate_html, certificate_pdf, unprintable
from tests.paper import PIXELS_PER_INCH, codes_on, pictured, words_of

PAYLOAD = {
    "template": "TT32-2023-PL2/1",
    "serial": "HUB07/2026/000123",
    "public_id": "AbCdEfGhIjKlMnOpQrStUv",
    "check_url": "https://lientuyen.example/c/AbCdEfGhIjKlMnOpQrStUv",
    "governing_body": {"vi": "Bộ Y tế", "en": "Ministry of Health"},
    "issuing_body": {"vi": "Bệnh viện Mẫu Trung ương", "en": "Central Sample Hospital"},
    "holder": {
        "name": "Nguyễn Thị Thuỳ Dương",
        "date_of_birth": "1994-05-06",
        "workplace": {"vi": "Trung tâm Y tế huyện Mường Mẫu", "en": "Mường Mẫu District Medical Centre"},
    },
    "activities": [
        {
            "form": {"vi": "Khóa đào tạo, bồi dưỡng ngắn hạn", "en": "Short-term training course"},
            "title": "Sốt xuất huyết Dengue có dấu hiệu cảnh báo: xử trí tại tuyến huyện",
            "responsible": "Bệnh viện Mẫu Trung ương",
            "from": "2026-10-01",
            "to": "2026-11-03",
            "hours": "2.5",
        }
    ],
    "total_hours": "2.5",
    "place": {"vi": "Hà Nội", "en": "Hanoi"},
    "issued_on": "2026-11-05",
    "signatory": {"title": {"vi": "Giám đốc", "en": "Director"}, "name": "PGS. TS. Đặng Thị Mẫu"},
    "legal_basis": {"vi": "Thông tư số 32/2023/TT-BYT", "en": "Circular No. 32/2023/TT-BYT"},
    "digital_signature": "",
}
# 134 letters with marks, as pairs of cases.
VIETNAMESE = (
    "".join(
        unicodedata.normalize("NFC", base + mark)
        for base, mark in itertools.product(
            "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY", ["", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323"]
        )
    )
    + "đĐ"
)


def printed(pdf: bytes, folder: Path, **resolution: int) -> Image.Image:
    """The first page as poppler draws it, in grey."""
    (folder / "page.pdf").write_bytes(pdf)
    return pictured(folder / "page.pdf", **resolution)


def ink(image: Image.Image) -> Image.Image:
    """What is drawn, cropped to its edges."""
    box = ImageChops.invert(image).point(lambda value: 255 if value > 60 else 0).getbbox()
    assert box
    return image.crop(box)


def likeness(first: Image.Image, second: Image.Image) -> float:
    """1 for the same drawing, near 0 for unlike ones: correlation of the blackness at the same size."""
    size = (max(first.width, second.width), max(first.height, second.height))
    soft = (image.resize(size).filter(ImageFilter.GaussianBlur(1.5)) for image in (first, second))
    one, two = (ImageChops.invert(image).tobytes() for image in soft)
    mean_one, mean_two = sum(one) / len(one), sum(two) / len(two)
    above = sum((a - mean_one) * (b - mean_two) for a, b in zip(one, two, strict=True))
    spread = sum((a - mean_one) ** 2 for a in one) * sum((b - mean_two) ** 2 for b in two)
    return above / spread**0.5


def drawn_by_freetype(text: str, style: str, size_pt: float) -> Image.Image:
    """The same words by another engine, straight from the font file."""
    font = ImageFont.truetype(str(FONT_FILES[f"font:certificate-{style}.ttf"]), size_pt * PIXELS_PER_INCH / 72)
    left, top, right, bottom = font.getbbox(text)
    image = Image.new("L", (int(right - left) + 20, int(bottom - top) + 20), 255)
    ImageDraw.Draw(image).text((10 - left, 10 - top), text, font=font, fill=0)
    return ink(image)


needs_poppler = pytest.mark.skipif(not shutil.which("pdftoppm"), reason="poppler-utils is not installed")


@needs_poppler
@pytest.mark.parametrize(
    ("style", "css"), [("regular", ""), ("bold", "font-weight: 700"), ("italic", "font-style: italic")]
)
def test_every_vietnamese_letter_is_drawn_as_the_font_has_it(style, css, tmp_path):
    lines = ["".join(part) for part in itertools.batched(VIETNAMESE, 12)]
    rows = "".join(
        f'<p style="position: absolute; top: {12 + 20 * i}mm; margin: 0">{line}</p>' for i, line in enumerate(lines)
    )
    sheet = f"@page {{ margin: 0; background: white }} p {{ color: black; font-size: 20pt; left: 20mm; {css} }}"
    html = f'<html lang="vi"><style>{sheet}</style>{rows}</html>'
    page = printed(press().render(html).write_pdf(), tmp_path)
    mm = PIXELS_PER_INCH / 25.4
    for index, line in enumerate(lines):
        top = int((10 + 20 * index) * mm)
        drawn = ink(page.crop((0, top, page.width, int(top + 18 * mm))))
        reference = drawn_by_freetype(line, style, 20)
        assert abs(drawn.width - reference.width) < 3 + 0.02 * reference.width, line
        assert likeness(drawn, reference) > 0.9, line


@needs_poppler
def test_a_wrong_letter_would_be_noticed():
    right = drawn_by_freetype("GIẤY CHỨNG NHẬN", "bold", 29)
    wrong = drawn_by_freetype("GIÆY CHQNG NHBN", "bold", 29)
    assert likeness(right, right) > 0.999
    assert likeness(right, wrong) < 0.85


@needs_poppler
def test_title_and_name_on_the_certificate_look_like_the_font(tmp_path):
    page = printed(certificate_pdf(PAYLOAD), tmp_path)
    words = subprocess.run(
        ["pdftotext", "-bbox-layout", "page.pdf", "-"], cwd=tmp_path, check=True, capture_output=True
    )
    lines = re.findall(
        r'<line xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">(.*?)</line>',
        words.stdout.decode(),
        re.S,
    )
    found = {}
    for *box, inner in lines:
        text = " ".join(re.findall(r">([^<>]+)</word>", inner))
        found[text] = tuple(int(float(edge) * PIXELS_PER_INCH / 72) for edge in box)
    # The name has no letter-spacing, so that both engines set it alike.
    left, top, right, bottom = found[PAYLOAD["holder"]["name"]]
    drawn = ink(page.crop((left - 6, top - 6, right + 6, bottom + 6)))
    assert likeness(drawn, drawn_by_freetype(PAYLOAD["holder"]["name"], "bold", 22)) > 0.9
    assert "GIẤY CHỨNG NHẬN" in found


@needs_poppler
def test_every_field_can_be_copied_from_the_file(tmp_path):
    (tmp_path / "c.pdf").write_bytes(certificate_pdf(PAYLOAD))
    raw = subprocess.run(["pdftotext", "c.pdf", "-"], cwd=tmp_path, check=True, capture_output=True).stdout.decode()
    assert raw == unicodedata.normalize("NFC", raw)
    text = words_of(tmp_path / "c.pdf")
    for words in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "GIẤY CHỨNG NHẬN",
        "THAM GIA CẬP NHẬT KIẾN THỨC Y KHOA LIÊN TỤC",
        "TRONG KHÁM BỆNH, CHỮA BỆNH",
        "BỘ Y TẾ",
        "BỆNH VIỆN MẪU TRUNG ƯƠNG",
        "Số: HUB07/2026/000123",
        "Nguyễn Thị Thuỳ Dương",
        "06/05/1994",
        "Trung tâm Y tế huyện Mường Mẫu",
        "Khóa đào tạo, bồi dưỡng ngắn hạn",
        "Từ 01/10/2026 đến 03/11/2026",
        "Tổng cộng: 2,5 giờ tín chỉ",
        "Hà Nội, ngày 05 tháng 11 năm 2026",
        "GIÁM ĐỐC",
        "PGS. TS. Đặng Thị Mẫu",
        PAYLOAD["check_url"],
        "chưa được ký số",
    ):
        assert words in text, words
    assert "Sốt xuất huyết Dengue có dấu hiệu cảnh báo: xử trí tại tuyến huyện".replace(" ", "") in text.replace(
        " ", ""
    )


def test_the_same_payload_gives_the_same_bytes_in_another_process():
    here = certificate_pdf(PAYLOAD)
    assert certificate_pdf(copy.deepcopy(PAYLOAD)) == here
    script = (
        "import os, sys, json, hashlib, django;"
        "os.environ['DJANGO_SETTINGS_MODULE'] = 'portal.settings'; django.setup();"
        "from cpd.typesetting import certificate_pdf;"
        "print(hashlib.sha256(certificate_pdf(json.load(sys.stdin))).hexdigest())"
    )
    there = subprocess.run(
        [sys.executable, "-c", script], input=json.dumps(PAYLOAD), capture_output=True, text=True, check=True
    )
    assert there.stdout.strip() == hashlib.sha256(here).hexdigest()


def test_the_file_is_one_page_a4_in_vietnamese_with_its_own_fonts():
    reader = PdfReader(io.BytesIO(certificate_pdf(PAYLOAD)))
    assert len(reader.pages) == 1
    assert [round(float(edge)) for edge in reader.pages[0].mediabox[2:]] == [595, 842]
    assert reader.root_object["/Lang"] == "vi"
    assert reader.metadata.title == "Giấy chứng nhận HUB07/2026/000123 – Nguyễn Thị Thuỳ Dương"
    assert reader.metadata.author == "Bệnh viện Mẫu Trung ương"
    fonts = reader.pages[0]["/Resources"]["/Font"].values()
    names = {font.get_object()["/BaseFont"].split("+")[1] for font in fonts}
    assert names == {"Certificate", "Certificate-Bold", "Certificate-Italic"}


def test_a_long_name_and_title_stay_on_one_page():
    long = copy.deepcopy(PAYLOAD)
    long["holder"]["name"] = "Công Tằng Tôn Nữ Nguyễn Hoàng Thị Thuỳ Dương"
    long["activities"][0]["title"] = ("Xử trí ban đầu và chuyển tuyến an toàn " * 7)[:255]
    long["issuing_body"]["vi"] = "Bệnh viện Đa khoa Trung ương Mẫu và Viện Nghiên cứu Y học lâm sàng Mẫu"
    reader = PdfReader(io.BytesIO(certificate_pdf(long)))
    assert len(reader.pages) == 1
    assert "PGS. TS. Đặng Thị Mẫu" in reader.pages[0].extract_text()


@pytest.mark.parametrize("address", ["https://example.org/a.png", "file:///etc/passwd", "data:image/png;base64,AAAA"])
def test_nothing_else_is_read_while_printing(address):
    with pytest.raises(FatalURLFetchingError):
        press().render(f'<html lang="vi"><img src="{address}"><p>a</p></html>')


def test_names_are_text_not_markup():
    payload = copy.deepcopy(PAYLOAD)
    payload["holder"]["name"] = '<img src="https://example.org/x">'
    assert "<img" not in certificate_html(payload)
    assert certificate_pdf(payload).startswith(b"%PDF")


def test_a_failure_in_the_press_has_a_name(monkeypatch):
    monkeypatch.setattr("cpd.typesetting.certificate_html", lambda *args, **kwargs: 1 / 0)
    with pytest.raises(TypesettingError):
        certificate_pdf(PAYLOAD)


def test_what_the_font_lacks_is_known_before_printing():
    assert unprintable(PAYLOAD) == set()
    assert unprintable({"name": VIETNAMESE + "“”–…≥°µαβ₫ŁжČ"}) == set()
    assert unprintable({"name": "Nguyễn 🩺 文"}) == {"🩺", "文"}


@needs_poppler
@pytest.mark.parametrize("pixels_per_inch", [100, 300])
def test_a_phone_reads_the_check_address_off_the_paper(pixels_per_inch, tmp_path):
    page = printed(certificate_pdf(PAYLOAD), tmp_path, pixels_per_inch=pixels_per_inch)
    assert codes_on(page) == [PAYLOAD["check_url"]]
    assert codes_on(page.rotate(7, fillcolor=255).filter(ImageFilter.GaussianBlur(0.8))) == [PAYLOAD["check_url"]]


def test_the_code_can_be_read_back():
    side, path = qr_path(PAYLOAD["check_url"])
    dark = {(int(x) + step, int(y)) for x, y, run in _runs(path) for step in range(run)}
    assert side == 33
    for corner in ((0, 0), (side - 7, 0), (0, side - 7)):
        assert all((corner[0] + step, corner[1]) in dark for step in range(7))


def _runs(path):
    for stroke in path.split("M")[1:]:
        start, run = stroke.split("h")
        x, y = start.split()
        yield int(x), int(y.removesuffix(".5")), int(run)
