"""What a credit's evidence says of watching, beside what the video room has kept of it."""

from dataclasses import dataclass
from typing import Any

from cpd.models import CreditEntry
from foundation.video.rules import links_of
from foundation.video.watching import proof_of, records_of


@dataclass(frozen=True, slots=True)
class WatchProof:
    """One recording: `credited` as the ledger froze it, `watched` as it stands now (None once it was erased)."""

    credited: dict[str, Any]
    watched: dict[str, Any] | None

    @property
    def is_credited(self) -> bool | None:
        """Does the journal lead through the very link of the day of the credit? None where one of them is not there."""
        link = self.credited.get("chain")
        if not link or self.watched is None or not self.watched["journal"]:
            return None
        return bool(self.watched["is_whole"]) and link in links_of(self.watched["journal"])

    @property
    def percent(self) -> int:
        return int(self.credited["coverage"] * 100)

    @property
    def wall_minutes(self) -> int | None:
        """By the server's clock, when the lesson was done; None on credits from before it was written down."""
        wall_s = self.credited.get("wall_s")
        return None if wall_s is None else round(wall_s / 60)


def watch_proofs(entry: CreditEntry) -> list[WatchProof]:
    """In the order in which the recordings were done."""
    credited = entry.watched
    records = records_of(entry.practitioner.user, (item["video"] for item in credited))
    return [WatchProof(item, proof_of(record) if (record := records.get(item["video"])) else None) for item in credited]
