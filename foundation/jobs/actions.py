"""What people and rooms do with long work: start it, cancel it, try it again."""

from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import transaction

from foundation.jobs.models import Job
from foundation.jobs.registry import kind_named
from foundation.jobs.tasks import deliver

if TYPE_CHECKING:
    from foundation.accounts.models import User


def enqueue(kind: str, *, args: dict[str, Any], subject: str = "", by: "User | None" = None) -> Job:
    """Write the row of a new job; its message is sent once the surrounding transaction is committed.

    Raises KeyError for a kind that no room declares.
    """
    declared = kind_named(kind)
    job = Job.objects.create(
        kind=kind, args=args, subject=subject, owner=by, queue=declared.queue, max_attempts=declared.max_attempts
    )
    transaction.on_commit(partial(deliver, job.pk))
    return job
