"""The pictures of the case-like lessons, one function each; letters stay legible at 360 px."""

from collections.abc import Callable
from math import cos, pi, sin

from PIL import Image

from portal.demo.studio.canvas import (
    CORAL,
    CORAL_SOFT,
    GOLD_SOFT,
    INK,
    INK_2,
    JADE,
    JADE_SOFT,
    LINE,
    SKY,
    SKY_SOFT,
    SURFACE,
    Anchor,
    Canvas,
    Colour,
    Point,
    blend,
    smooth,
)
from portal.demo.studio.charts import Panel

WIDTH = 1200
SKIN, SKIN_EDGE, BLOOD = "#F0D9C8", "#C9A58C", "#8E2A24"


def _titled(height: int, title: str, subtitle: str) -> Canvas:
    canvas = Canvas(WIDTH, height)
    canvas.text((48, 38), title, size=46, bold=True)
    canvas.text((48, 104), subtitle, size=34, colour=INK_2)
    return canvas


def _numbers(values: list[float], *, places: int = 0) -> list[str]:
    return [f"{value:.{places}f}".replace(".", ",") for value in values]


def dengue_chart() -> Image.Image:
    canvas = _titled(1180, "Sốt hạ, hematocrit lên đỉnh", "Nam, 25–29 tuổi · ca bệnh hư cấu · theo ngày bệnh")
    days = [2, 3, 4, 5, 6, 7, 8]
    series: list[tuple[str, Colour, list[float], Point, int, frozenset[int]]] = [
        ("Nhiệt độ (°C)", CORAL, [39.6, 39.2, 38.0, 37.0, 36.9, 36.8, 36.7], (35.9, 40.9), 1, frozenset()),
        ("Hematocrit (%)", JADE, [41, 41, 44, 50, 47, 42, 40], (36, 54.5), 0, frozenset()),
        ("Tiểu cầu (G/L)", SKY, [168, 142, 98, 52, 28, 41, 82], (-5, 225), 0, frozenset()),
    ]
    for index, (name, colour, values, scale, places, below) in enumerate(series):
        panel = Panel(canvas, (48, 186 + index * 312), (1104, 286), (1.5, 8.5), scale)
        panel.ground()
        panel.band(x=(4.5, 6.5), fill=GOLD_SOFT)
        corner_x = 1128
        canvas.text((corner_x, panel.corner[1] + 40), name, size=36, colour=colour, bold=True, anchor="rm")
        panel.curve(
            list(zip(map(float, days), values, strict=True)),
            colour=colour,
            labels=_numbers(values, places=places),
            below=below,
        )
        if index == 0:
            canvas.text((panel.x(5.5), panel.corner[1] + 40), "thoát huyết tương", size=32, colour=INK_2, anchor="mm")
        if index == 2:
            panel.ticks([(float(day), f"ngày {day}") for day in days])
    return canvas.finished()


def newborn_flow() -> Image.Image:
    canvas = _titled(1470, "Phút vàng đầu tiên", "Bóp bóng trước giây thứ 60 nếu trẻ không thở")
    canvas.box((82, 200), (20, 900), fill=JADE_SOFT, radius=10)
    for y, label in ((230, "0 giây"), (610, "30 giây"), (960, "60 giây")):
        canvas.disc((92, y + 20), 26, fill=JADE)
        canvas.disc((92, y + 20), 10, fill=SURFACE)
        canvas.text((136, y + 20), label, size=38, bold=True, colour=JADE, anchor="lm")

    def card(corner: Point, size: Point, lines: list[str], *, fill: Colour, colour: Colour = INK) -> None:
        canvas.box(corner, size, fill=fill, outline=blend(fill, INK, 0.12))
        top = corner[1] + size[1] / 2 - (len(lines) - 1) * 27
        for row, line in enumerate(lines):
            centre = (corner[0] + size[0] / 2, top + row * 54)
            canvas.text(centre, line, size=38, colour=colour, bold=row == 0, anchor="mm")

    def arrow(start: Point, end: Point) -> None:
        canvas.line([start, end], colour=INK_2, width=5)
        x, y = end
        canvas.shape([(x - 14, y - 4), (x + 14, y - 4), (x, y + 20)], fill=INK_2)

    card((330, 200), (822, 170), ["Lau khô, giữ ấm, da kề da", "nhìn nhịp thở và trương lực cơ"], fill=SURFACE)
    arrow((741, 370), (741, 420))
    card((480, 442), (522, 100), ["Trẻ thở hoặc khóc?"], fill=GOLD_SOFT)
    canvas.text((1010, 580), "có", size=36, colour=INK_2, anchor="mm")
    canvas.text((470, 580), "không", size=36, colour=INK_2, anchor="mm")
    arrow((560, 542), (560, 612))
    arrow((945, 542), (945, 612))
    card((330, 634), (460, 224), ["Tư thế đầu trung gian", "xoa lưng vài lần", "hút chỉ khi tắc"], fill=SURFACE)
    card((826, 634), (326, 224), ["Ở với mẹ", "kẹp rốn muộn", "bú sớm"], fill=JADE_SOFT, colour=JADE)
    arrow((560, 858), (560, 908))
    ventilate = ["Không thở, thở ngáp hoặc tim dưới 100:", "bóp bóng 40–60 nhịp/phút, ngực nhô"]
    card((330, 930), (822, 170), ventilate, fill=JADE, colour=SURFACE)
    arrow((741, 1100), (741, 1150))
    outcomes = [
        ("Trên 100", "theo dõi", JADE_SOFT),
        ("60–99", "sửa thông khí", GOLD_SOFT),
        ("Dưới 60", "ép tim 3 : 1", CORAL_SOFT),
    ]
    count = "Đếm tần số tim (lần/phút) sau 30 giây thông khí hiệu quả"
    canvas.text((600, 1206), count, size=36, bold=True, anchor="mm")
    for index, (pulse, act, fill) in enumerate(outcomes):
        card((48 + index * 376, 1250), (352, 160), [pulse, act], fill=fill)
    return canvas.finished()


def stroke_timeline() -> Image.Image:
    canvas = _titled(1230, "Cửa–kim: 48 phút", "Nữ, 60–64 tuổi · ca bệnh hư cấu · phút từ lúc cuối còn bình thường")
    scale = Panel(canvas, (48, 210), (1104, 110), (0, 270), (0, 1))
    spans = [
        (0, 90, LINE, INK_2, "trước viện"),
        (90, 138, JADE, SURFACE, "48 phút"),
        (138, 270, JADE_SOFT, JADE, "còn 132 phút"),
    ]
    for start, end, fill, ink, label in spans:
        canvas.box((scale.x(start), 210), (scale.x(end) - scale.x(start) - 4, 110), fill=fill, radius=12)
        canvas.text(((scale.x(start) + scale.x(end)) / 2, 265), label, size=36, colour=ink, bold=True, anchor="mm")
    marks: list[tuple[int, Anchor]] = [(0, "lm"), (90, "mm"), (138, "mm"), (270, "rm")]
    for mark, anchor in marks:
        canvas.text((scale.x(mark), 350), str(mark), size=34, colour=INK_2, anchor=anchor)
    steps = [
        ("0", "Lần cuối còn bình thường", INK_2),
        ("90", "Đến bệnh viện huyện, đường huyết, đường truyền", JADE),
        ("112", "CT sọ: không chảy máu, ASPECTS 9", JADE),
        ("120", "Hội chẩn từ xa; huyết áp 172/94 mmHg", JADE),
        ("138", "Alteplase: tiêm 4,5 mg, rồi truyền 40,5 mg", JADE),
        ("165", "Lên xe chuyển can thiệp, thuốc vẫn đang chạy", JADE),
        ("270", "Hết cửa sổ 4,5 giờ", CORAL),
    ]
    canvas.line([(200, 440), (200, 440 + 6 * 114)], colour=LINE, width=8)
    for index, (minute, what, colour) in enumerate(steps):
        y = 440 + index * 114
        canvas.disc((200, y), 20, fill=colour)
        canvas.disc((200, y), 8, fill=SURFACE)
        canvas.text((156, y), minute, size=42, colour=colour, bold=True, anchor="rm")
        canvas.text((250, y), what, size=37, bold=minute == "138", anchor="lm")
    return canvas.finished()


def sepsis_chart() -> Image.Image:
    canvas = _titled(1390, "Sáu giờ đầu", "Nữ, 55–59 tuổi, 50 kg · ca bệnh hư cấu · giờ từ lúc vào viện")
    pressure = Panel(canvas, (48, 244), (1104, 380), (-0.35, 6.35), (53, 85))
    lactate = Panel(canvas, (48, 704), (1104, 270), (-0.35, 6.35), (0.5, 6.2))
    canvas.text((48, 210), "Huyết áp trung bình (mmHg)", size=36, colour=JADE, bold=True, anchor="lm")
    canvas.text((48, 670), "Lactat (mmol/L)", size=36, colour=CORAL, bold=True, anchor="lm")
    for panel in (pressure, lactate):
        panel.ground()
    pressure.band(y=(65, 85), fill=JADE_SOFT)
    pressure.level(65, colour=JADE)
    canvas.text((1128, pressure.y(65) + 32), "đích 65 mmHg", size=32, colour=JADE, anchor="rm")
    acts = [
        (0.58, 0, "35 phút: kháng sinh, sau khi cấy máu"),
        (2.0, -22, "2 giờ: đủ 1.500 mL dịch, chia bốn lần"),
        (2.17, 22, "2 giờ 10: noradrenalin ngoại biên"),
        (4.5, 0, "4 giờ 30: dẫn lưu thận qua da"),
    ]
    for number, (hour, shift, words) in enumerate(acts, start=1):
        x, y = pressure.x(hour) + shift, 1050 + number * 68
        for top, bottom in ((320, 622), (707, 972)):
            canvas.dashes((x, top), (x, bottom), colour=blend(SKY, SURFACE, 0.45), width=3)
        for centre in ((x, 294.0), (76.0, y)):
            canvas.disc(centre, 26, fill=SKY)
            canvas.text(centre, str(number), size=32, colour=SURFACE, bold=True, anchor="mm")
        canvas.text((124, y), words, size=37, anchor="lm")
    means = {0.0: 58.0, 1.0: 62.0, 2.0: 61.0, 3.0: 67.0, 4.0: 70.0, 6.0: 72.0}
    pressure.curve(list(means.items()), colour=JADE, labels=_numbers([*means.values()]), below=frozenset({0, 1, 2}))
    values = {0.0: 5.1, 2.0: 4.6, 4.0: 3.4, 6.0: 2.1}
    lactate.curve(
        list(values.items()), colour=CORAL, labels=_numbers([*values.values()], places=1), below=frozenset({0, 1, 2})
    )
    lactate.ticks([(hour, f"{hour:.0f} giờ") for hour in (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0)])
    return canvas.finished()


def snakebite_arm() -> Image.Image:
    canvas = _titled(1230, "Vạch mép sưng, ghi giờ", "Nam, 35–39 tuổi, rắn lục cắn mu tay trái · ca bệnh hư cấu")
    _arm(canvas)
    for x, label, place in (
        (414, "1 giờ", "cổ tay"),
        (598, "2 giờ", "giữa cẳng tay"),
        (800, "4 giờ", "khuỷu"),
        (968, "6 giờ", "trên khuỷu"),
    ):
        last = label == "6 giờ"
        canvas.dashes((x, 300), (x, 646), colour=CORAL, width=5)
        canvas.box((x - 68, 226), (136, 64), fill=CORAL if last else CORAL_SOFT, radius=32)
        canvas.text((x, 257), label, size=36, bold=True, colour=SURFACE if last else CORAL, anchor="mm")
        canvas.text((x, 680), place, size=34, colour=INK_2, anchor="mm")
    for x, y in ((238, 452), (268, 440)):
        canvas.disc((x, y), 9, fill=BLOOD)
    canvas.text((206, 680), "vết cắn", size=34, colour=BLOOD, bold=True, anchor="mm")
    canvas.text((48, 768), "Máu đông toàn phần 20 phút (20WBCT)", size=40, bold=True, anchor="lm")
    _tube(canvas, (48, 812), clotted=False, when="Giờ thứ 2")
    _tube(canvas, (616, 812), clotted=True, when="Giờ thứ 9")
    canvas.text((600, 1184), "Huyết thanh kháng nọc ở giờ thứ 3, làm lại sau 6 giờ", size=36, colour=INK_2, anchor="mm")
    return canvas.finished()


def _arm(canvas: Canvas) -> None:
    """A left forearm seen from behind, redder where it swelled first."""
    upper = smooth(
        [(190, 402), (260, 388), (340, 404), (414, 410), (510, 386), (640, 362), (800, 350), (960, 332), (1200, 312)]
    )
    lower = smooth(
        [(190, 520), (262, 534), (340, 520), (414, 512), (510, 534), (640, 556), (800, 572), (960, 604), (1200, 630)]
    )
    fingers: list[tuple[list[Point], float]] = [
        ([(240, 410), (160, 398), (78, 408)], 21),
        ([(236, 444), (140, 436), (50, 442)], 22),
        ([(236, 480), (140, 480), (56, 482)], 21),
        ([(240, 512), (164, 516), (92, 522)], 19),
        ([(320, 420), (262, 366), (196, 336)], 22),
    ]
    shades = [(0, 414, 0.36), (414, 598, 0.27), (598, 800, 0.19), (800, 968, 0.11), (968, 1201, 0.0)]
    hand = blend(SKIN, CORAL, shades[0][2])
    for path, radius in fingers:
        canvas.rope(path, radius=radius + 3, fill=SKIN_EDGE)
    for start, end, strength in shades:
        around = [*upper, *reversed(lower)]
        strip = [point for point in around if start <= point[0] <= end + 8]
        canvas.shape(strip, fill=blend(SKIN, CORAL, strength))
    for path, radius in fingers:
        canvas.rope(path, radius=radius, fill=hand)
    for x, y in ((72, 423), (46, 460), (82, 501)):
        canvas.line([(x, y + 1), (178, y)], colour=blend(SKIN_EDGE, CORAL, 0.3), width=4)
    for edge in (upper, lower):
        canvas.line([point for point in edge if point[0] >= 320], colour=SKIN_EDGE, width=4)


def _tube(canvas: Canvas, corner: Point, *, clotted: bool, when: str) -> None:
    """A tilted glass tube: clotted blood keeps its shape, liquid blood finds its level."""
    x, y = corner
    canvas.box(corner, (536, 320), fill=SURFACE, outline=LINE)
    verdict, why = ("Đã đông", "nghiêng ống, máu giữ nguyên") if clotted else ("Không đông", "nghiêng ống, máu chảy")
    canvas.text((x + 240, y + 88), when, size=34, colour=INK_2, anchor="lm")
    canvas.text((x + 240, y + 148), verdict, size=46, colour=JADE if clotted else CORAL, bold=True, anchor="lm")
    for row, line in enumerate(canvas.wrapped(why, width=280, size=32)):
        canvas.text((x + 240, y + 208 + row * 44), line, size=32, colour=INK_2, anchor="lm")
    along, across = (0.574, 0.819), (0.819, -0.574)  # a tube that leans 35 degrees
    mouth, radius = (x + 62, y + 66), 38.0

    def inside(depth: float, side: float) -> Point:
        return mouth[0] + along[0] * depth + across[0] * side, mouth[1] + along[1] * depth + across[1] * side

    bottom = [inside(190 + radius * sin(step * pi / 24), radius * cos(step * pi / 24)) for step in range(25)]
    glass = [inside(0, radius), *bottom, inside(0, -radius)]
    level = (inside(118, 0), along) if clotted else ((0.0, inside(140, 0)[1]), (0.0, 1.0))
    canvas.shape(_cut(glass, *level), fill=BLOOD)
    canvas.line(glass, colour=INK_2, width=6)


def _cut(shape: list[Point], point: Point, direction: Point) -> list[Point]:
    """The part of a convex `shape` that lies beyond `point` in `direction`."""

    def beyond(place: Point) -> float:
        return (place[0] - point[0]) * direction[0] + (place[1] - point[1]) * direction[1]

    kept: list[Point] = []
    for here, there in zip(shape, [*shape[1:], shape[0]], strict=True):
        a, b = beyond(here), beyond(there)
        if a >= 0:
            kept.append(here)
        if a * b < 0:
            share = a / (a - b)
            kept.append((here[0] + (there[0] - here[0]) * share, here[1] + (there[1] - here[1]) * share))
    return kept


def insulin_chart() -> Image.Image:
    canvas = _titled(1130, "Tám tuần với insulin nền", "Nam, 55–59 tuổi, 62 kg · ca bệnh hư cấu")
    weeks = [float(week) for week in range(9)]
    glucose = Panel(canvas, (48, 186), (1104, 470), (-0.6, 8.6), (1.6, 16.0))
    doses = Panel(canvas, (48, 690), (1104, 300), (-0.6, 8.6), (0, 29))
    glucose.ground()
    glucose.band(y=(4.4, 7.2), fill=JADE_SOFT)
    canvas.text((1128, 226), "Đường huyết đói (mmol/L)", size=36, colour=JADE, bold=True, anchor="rm")
    canvas.text((74, glucose.y(5.8)), "đích 4,4–7,2", size=34, colour=JADE, anchor="lm")
    values = [13.2, 11.6, 10.1, 8.8, 7.6, 6.8, 3.5, 6.2, 6.6]
    labels = _numbers(values, places=1)
    labels[6] = ""  # written below, in coral
    glucose.curve(list(zip(weeks, values, strict=True)), colour=JADE, labels=labels)
    low = glucose.at(6, 3.5)
    canvas.disc(low, 14, fill=CORAL)
    canvas.text((low[0], low[1] + 36), "3,5", size=36, colour=CORAL, bold=True, anchor="mm")
    canvas.text((low[0] - 46, low[1] + 36), "hạ đường huyết", size=34, colour=CORAL, anchor="rm")
    doses.ground()
    canvas.text((74, 728), "NPH buổi tối (đơn vị)", size=36, colour=SKY, bold=True, anchor="lm")
    for week, dose in zip(weeks, [10, 12, 14, 16, 18, 20, 20, 16, 16], strict=True):
        left, top = doses.x(week) - 38, doses.y(dose)
        canvas.box((left, top), (76, doses.y(0) - top), fill=blend(SKY, SKY_SOFT, 0.72), radius=8)
        canvas.text((left + 38, top + 30), str(dose), size=34, colour=SKY, bold=True, anchor="mm")
    doses.ticks([(week, "tuần 0" if week == 0 else f"{week:.0f}") for week in weeks])
    canvas.text((600, 1086), "Tuần 6: giảm 20%, từ 20 còn 16 đơn vị", size=36, colour=INK_2, anchor="mm")
    return canvas.finished()


def anaphylaxis_chart() -> Image.Image:
    canvas = _titled(1010, "Hai mũi adrenalin", "Nữ, 20–24 tuổi, 48 kg · ca bệnh hư cấu · phút từ lúc choáng")
    pressure = Panel(canvas, (48, 186), (1104, 520), (-1.4, 21.4), (56, 138))
    pressure.ground()
    pressure.band(y=(90, 137.5), fill=JADE_SOFT)
    pressure.level(90, colour=JADE)
    canvas.text((1128, pressure.y(90) + 32), "90 mmHg", size=32, colour=JADE, anchor="rm")
    canvas.text((1128, 228), "Huyết áp tâm thu (mmHg)", size=36, colour=JADE, bold=True, anchor="rm")
    for minute, label in ((2, "mũi 1"), (6, "mũi 2")):
        x = pressure.x(minute)
        canvas.dashes((x, 320), (x, 700), colour=CORAL, width=4)
        canvas.box((x - 72, 260), (144, 62), fill=CORAL, radius=31)
        canvas.text((x, 290), label, size=36, colour=SURFACE, bold=True, anchor="mm")
    minutes = [0.0, 5.0, 10.0, 15.0, 20.0]
    values = [70.0, 78.0, 92.0, 104.0, 112.0]
    pressure.curve(list(zip(minutes, values, strict=True)), colour=JADE, labels=_numbers(values), below=frozenset({1}))
    pressure.ticks([(minute, f"{minute:.0f} phút") for minute in minutes])
    rows = [
        ("SpO₂", "từ 90% lên 97%"),
        ("Adrenalin", "0,5 mg tiêm bắp đùi, hai lần"),
        ("Dịch", "natri clorid 0,9%: 500 mL, rồi thêm 500 mL"),
    ]
    for index, (name, words) in enumerate(rows):
        y = 810 + index * 64
        canvas.text((48, y), name, size=37, colour=JADE, bold=True, anchor="lm")
        canvas.text((262, y), words, size=37, anchor="lm")
    return canvas.finished()


PICTURES: dict[str, Callable[[], Image.Image]] = {
    "dengue-case-chart": dengue_chart,
    "newborn-golden-minute": newborn_flow,
    "stroke-timeline": stroke_timeline,
    "sepsis-first-hours": sepsis_chart,
    "snakebite-swelling": snakebite_arm,
    "insulin-fasting-glucose": insulin_chart,
    "anaphylaxis-timeline": anaphylaxis_chart,
}
