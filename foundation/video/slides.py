"""When the slides of a film change, as the worker wrote it down beside the renditions."""

import json

from foundation.kernel.storages import shelf
from foundation.video.models import Video


def slide_changes(video: Video) -> list[float]:
    """The seconds at which the present version shows another slide, the first included; empty without slides."""
    if not video.slides.get("count"):
        return []
    try:
        text = b"".join(shelf("clean").read(f"video/{video.directory}/slides.json"))
    except FileNotFoundError:
        return []
    return [float(slide["at"]) for slide in json.loads(text)["slides"]]
