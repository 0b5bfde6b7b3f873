"""Videos in any state, without encoding anything."""

import factory

from foundation.video.models import Upload, Video, new_public_id
from tests.factories.accounts import UserFactory

LADDER = [
    {"key": "clear", "width_px": 1280, "height_px": 720, "bytes": 660_000_000}
    | {"download": "film-clear.mp4", "download_bytes": 661_000_000},
    {"key": "standard", "width_px": 854, "height_px": 480, "bytes": 320_000_000},
    {"key": "saver", "width_px": 426, "height_px": 240, "bytes": 70_000_000}
    | {"download": "small.mp4", "download_bytes": 71_000_000},
    {"key": "audio", "width_px": 0, "height_px": 0, "bytes": 14_000_000},
]


class UploadFactory(factory.django.DjangoModelFactory):
    """A row of an upload of which nothing has arrived; no bytes are stored."""

    class Meta:
        model = Upload

    owner = factory.SubFactory(UserFactory)
    file_name = "hoi-chan.mp4"
    length_bytes = 1_000_000


class VideoFactory(factory.django.DjangoModelFactory):
    """A video that can be played, as far as the database knows; traits for other states."""

    class Meta:
        model = Video

    public_id = factory.LazyFunction(new_public_id)
    owner = factory.SubFactory(UserFactory)
    original_name = "hoi-chan.mp4"
    original_bytes = 1_000_000
    state = Video.State.READY
    duration_s = 3600.0
    width_px = 1280
    height_px = 720
    has_audio = True
    has_poster = True
    directory = factory.LazyAttribute(lambda video: f"{video.public_id}/0123456789abcdef")
    content_sha256 = "c0ffee" + "0" * 58
    renditions = factory.LazyFunction(
        lambda: [row | {"file": f"{row['key']}.m3u8", "bandwidth_bps": 0, "average_bps": 0} for row in LADDER]
    )

    class Params:
        uploaded = factory.Trait(
            state=Video.State.UPLOADED, directory="", content_sha256="", renditions=[], duration_s=0.0
        )
        refused = factory.Trait(
            state=Video.State.REFUSED,
            directory="",
            content_sha256="",
            renditions=[],
            duration_s=0.0,
            refusal_code="unreadable",
        )
