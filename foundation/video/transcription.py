"""Speech recognition: what a recogniser must offer. The portal comes with none; an installation registers its own."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from django.utils.translation import gettext_lazy as _

from foundation.kernel.errors import RefusedError
from foundation.kernel.registry import Registry
from foundation.video.captions import Cue


class NothingToTranscribeError(RefusedError):
    message = _("Captions cannot be made automatically: there are some already, or there is no speech recognition.")
    code = "nothing_to_transcribe"


class Transcriber(Protocol):
    """Turns speech into captions, on this machine: what is said in a consult is sent to nobody."""

    @property
    def languages(self) -> frozenset[str]:
        """Codes of `CaptionTrack.Language` that it understands."""

    def transcribe(self, sound: Path, *, language: str, on_share: Callable[[float], None]) -> list[Cue]:
        """What is said in the file (AAC in MP4), by start; `on_share` hears the share done and may raise to stop."""


transcribers: Registry[Transcriber] = Registry()


def transcriber_for(language: str) -> Transcriber | None:
    """The first that understands the language; None where automatic captions are off."""
    return next((one for one in transcribers if language in one.languages), None)
