"""Issues the certificates of a batch, row by row."""

from collections import Counter
from typing import Any

from django.utils.translation import gettext_lazy as _

from cpd.issuing import issue_for_row
from cpd.models import IssueBatch
from foundation.accounts.models import User
from foundation.jobs.models import Job
from foundation.jobs.registry import JobHandle, job


def _issues_for_its_body(job: Job, user: User) -> bool:
    return IssueBatch.objects.visible_to(user).filter(pk=job.args["batch_id"]).exists()


@job(
    "cpd.issue_batch",
    max_attempts=10,
    label=_("Issuing certificates"),
    seen_with="cpd.issue_certificate",
    can_cancel=True,
    may_act=_issues_for_its_body,
)
def issue_batch(handle: JobHandle, *, batch_id: int) -> dict[str, Any]:
    """Work off the rows that wait; killed and run again, it goes on where it stood. Returns how many had which end."""
    batch = IssueBatch.objects.select_related("requested_by").get(pk=batch_id)
    total = batch.rows.count()
    waiting = list(batch.rows.waiting().values_list("pk", flat=True))
    for done, row_id in enumerate(waiting, start=total - len(waiting) + 1):
        if handle.is_cancelled():
            break
        issue_for_row(row_id, by=batch.requested_by)
        handle.progress(done / total, f"{done} / {total}")
    return dict(Counter(batch.rows.values_list("outcome", flat=True)))
