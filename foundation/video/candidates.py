"""What a machine thinks may have to go from a film: faces, names, writing in the picture. Its author decides.

The portal comes with no detector. A room that has one registers it in `candidate_finders` from `AppConfig.ready`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from foundation.kernel.registry import Registry
from foundation.video.redaction import Mark

if TYPE_CHECKING:
    from foundation.video.models import Video


@dataclass(frozen=True, slots=True)
class Candidate:
    """A mark on the timeline of the present version, and in a few words what was found there."""

    mark: Mark
    why: str

    def as_json(self) -> dict[str, Any]:
        return {"mark": self.mark.as_json(), "why": self.why}

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> "Candidate":
        return cls(Mark.from_json(row["mark"]), row["why"])


# (video) -> what was found in it; run by a worker, may take its time.
candidate_finders: "Registry[Callable[[Video], Iterable[Candidate]]]" = Registry()
