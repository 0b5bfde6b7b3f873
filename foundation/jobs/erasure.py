"""What the room keeps about one person: who started which work."""

from typing import TYPE_CHECKING, Any

from foundation.jobs.models import Job

if TYPE_CHECKING:
    from foundation.accounts.models import User


def export(user: "User") -> tuple[str, dict[str, Any]]:
    rows = Job.objects.filter(owner=user).order_by("created_at").values("kind", "state", "created_at", "finished_at")
    return "background_work", {"jobs": [{name: str(value or "") for name, value in row.items()} for row in rows]}


def erase(user: "User") -> None:
    """The work stays (its result belongs to a recording, a batch), without its owner and the words it said to them."""
    Job.objects.filter(owner=user).update(owner=None, message="", log_tail="")
