"""What is said and shown in a recording, as written in recordings.toml."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

type Side = Literal["hub", "site"]


@dataclass(frozen=True, slots=True)
class Line:
    """One spoken sentence; it is also one caption."""

    who: Side
    text: str


@dataclass(frozen=True, slots=True)
class Slide:
    """One chapter: a title with bullets that appear as the lines are spoken, or a figure cut to `figure_rows`."""

    chapter: str
    title: str
    bullets: tuple[str, ...]
    figure: str
    figure_rows: tuple[int, int]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Script:
    slug: str
    title: str
    hub_name: str
    site_name: str
    slides: tuple[Slide, ...]


def read_scripts(recordings: Path) -> list[Script]:
    """The scripts of all recordings in a TOML file, in its order."""
    rows = tomllib.loads(recordings.read_text(encoding="utf-8"))["recordings"]
    return [_script(row) for row in rows]


def _script(row: dict[str, Any]) -> Script:  # Any: a table of TOML
    hub, site = (who.split(" (")[0] for who in row["presenters"][:2])
    return Script(
        slug=row["slug"],
        title=row["title"],
        hub_name=hub,
        site_name=site,
        slides=tuple(_slide(slide) for slide in row["slides"]),
    )


def _slide(row: dict[str, Any]) -> Slide:  # Any: a table of TOML
    return Slide(
        chapter=row["chapter"],
        title=row["title"],
        bullets=tuple(row.get("bullets", ())),
        figure=row.get("figure", ""),
        figure_rows=(row["figure_rows"][0], row["figure_rows"][1]) if "figure" in row else (0, 0),
        lines=tuple(Line(who=line["who"], text=line["text"]) for line in row["lines"]),
    )
