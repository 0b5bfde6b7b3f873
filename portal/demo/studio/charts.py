"""A panel of a chart: two scales, a grid and what is drawn upon them."""

from dataclasses import dataclass

from portal.demo.studio.canvas import INK_2, LINE, SURFACE, Canvas, Colour, Point


@dataclass(frozen=True)
class Panel:
    """A rectangle of the canvas that shows `x_range` by `y_range`."""

    canvas: Canvas
    corner: Point
    size: Point
    x_range: Point
    y_range: Point

    def at(self, x: float, y: float) -> Point:
        return self.x(x), self.y(y)

    def x(self, value: float) -> float:
        low, high = self.x_range
        return self.corner[0] + (value - low) / (high - low) * self.size[0]

    def y(self, value: float) -> float:
        low, high = self.y_range
        return self.corner[1] + self.size[1] - (value - low) / (high - low) * self.size[1]

    def ground(self) -> None:
        self.canvas.box(self.corner, self.size, fill=SURFACE, outline=LINE, radius=10)

    def band(self, *, x: Point | None = None, y: Point | None = None, fill: Colour) -> None:
        """Tint the part of the panel between two values of a scale."""
        left, top = self.corner[0] + 3, self.corner[1] + 3
        right, bottom = self.corner[0] + self.size[0] - 3, self.corner[1] + self.size[1] - 3
        if x:
            left, right = self.x(x[0]), self.x(x[1])
        if y:
            bottom, top = self.y(y[0]), max(self.y(y[1]), top)
        self.canvas.box((left, top), (right - left, bottom - top), fill=fill, radius=0)

    def level(self, value: float, *, colour: Colour, label: str = "") -> None:
        """A dashed line across the panel at `value`, with its name above the right end."""
        right = self.corner[0] + self.size[0]
        self.canvas.dashes((self.corner[0], self.y(value)), (right, self.y(value)), colour=colour, width=3)
        if label:
            self.canvas.text((right - 12, self.y(value) - 24), label, size=30, colour=colour, anchor="rm")

    def curve(
        self, points: list[Point], *, colour: Colour, labels: list[str], below: frozenset[int] = frozenset()
    ) -> None:
        """A line through `points` with a disc and a label at each; labels of the indices in `below` hang under it."""
        placed = [self.at(x, y) for x, y in points]
        self.canvas.line(placed, colour=colour, width=6)
        for index, (point, label) in enumerate(zip(placed, labels, strict=True)):
            self.canvas.disc(point, 12, fill=SURFACE)
            self.canvas.disc(point, 9, fill=colour)
            offset = 38 if index in below else -38
            self.canvas.text((point[0], point[1] + offset), label, size=34, colour=colour, bold=True, anchor="mm")

    def ticks(self, values: list[tuple[float, str]]) -> None:
        """Names of the x scale, under the panel."""
        for value, name in values:
            self.canvas.text(
                (self.x(value), self.corner[1] + self.size[1] + 30), name, size=32, colour=INK_2, anchor="mm"
            )
