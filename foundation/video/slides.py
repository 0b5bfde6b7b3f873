"""When the slides of a film change, as the worker wrote it down beside the renditions."""

import json

from django.core.files.storage import storages

from foundation.video.models import Video


def slide_changes(video: Video) -> list[float]:
    """The seconds at which the present version shows another slide, the first included; empty without slides."""
    if not video.slides.get("count"):
        return []
    try:
        with storages["clean"].open(f"video/{video.directory}/slides.json") as file:
            return [float(slide["at"]) for slide in json.load(file)["slides"]]
    except FileNotFoundError:
        return []
