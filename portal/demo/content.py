"""Reads the demo network's texts: TOML files beside the code, described in this folder's README."""

import tomllib
import uuid
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent
MEDIA = ROOT / "media"
# Uids follow from names, so that two loads on two machines give the same network.
NAMESPACE = uuid.UUID("9f0b7d4e-6a53-5c1b-9d5f-3f6f9f6f2a10")


@cache
def read(name: str) -> dict[str, Any]:
    """The content of `content/<name>.toml`."""
    return tomllib.loads((ROOT / "content" / f"{name}.toml").read_text(encoding="utf-8"))


def courses() -> list[dict[str, Any]]:
    """All courses, in the order in which they were published."""
    files = sorted((ROOT / "content" / "courses").glob("*.toml"))
    texts = [tomllib.loads(file.read_text(encoding="utf-8")) for file in files]
    return sorted(texts, key=lambda course: (course["published_on"], course["slug"]))
