"""What people do with credit and certificates. Every action may be pressed twice and leaves the same result."""

from collections.abc import Collection, Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from cpd.confirmations import confirmation_listeners
from cpd.models import (
    Activity,
    ActivityKind,
    Certificate,
    CertificateEvent,
    CreditEntry,
    IssueBatch,
    IssueRow,
    IssuingBody,
)
from cpd.rules import HoursSummary, current_period, summarise
from cpd.spreadsheet import spreadsheet_of
from foundation.accounts.models import Practitioner, User
from foundation.jobs.actions import enqueue
from foundation.jobs.models import Job
from foundation.kernel.audit import log
from foundation.kernel.errors import RefusedError
from foundation.notifications.actions import tell


class NotIssuerError(RefusedError):
    """Only the CPD administrators of a body act for it."""

    message = _("Only a CPD administrator of the issuing body may do this.")
    code = "not_issuer"


class NotConfirmedError(RefusedError):
    """No issuer stands for the activity's hours."""

    message = _("The issuing body has not confirmed the hours of this activity yet.")
    code = "not_confirmed"


class UnusableHoursError(RefusedError):
    message = _("Credit hours go in steps of 0.25, from 0.25 to 500.")
    code = "unusable_hours"


class KindDisabledError(RefusedError):
    message = _("This kind of activity is not in use. Choose another one.")
    code = "kind_disabled"


class NothingChosenError(RefusedError):
    message = _("Choose at least one person first.")
    code = "nothing_chosen"


class SeveralBodiesError(RefusedError):
    message = _("The chosen entries belong to several issuing bodies. Issue for one body at a time.")
    code = "several_bodies"


class NoReasonError(RefusedError):
    message = _("Write why the certificate is revoked: whoever checks it will read this.")
    code = "no_reason"


class AlreadyRevokedError(RefusedError):
    message = _("This certificate was revoked already.")
    code = "already_revoked"


# --- The ledger -----------------------------------------------------------------------------------------------------


@transaction.atomic
def propose_activity(
    key: str,
    *,
    kind_code: str,
    title: str,
    issuing_body: IssuingBody,
    hours: Decimal,
    by: User,
    responsible: str = "",
    asked: dict[str, str] | None = None,
) -> Activity:
    """Write down what an editor wants credited; it gives nothing until an issuer confirms it.

    A new title keeps the confirmation. Another kind, body or number of hours loses it, and so does asking for something
    else (`asked`, see `Activity`), so that nothing changes behind the issuer's back; entries awarded before stay as
    they are.
    """
    _check_hours(hours)
    kind = _enabled_kind(kind_code)
    activity = Activity.objects.select_for_update().filter(key=key).first() or Activity(key=key)
    before = (activity.kind_id, activity.issuing_body_id, activity.hours, activity.asked)
    is_same = before == (kind.pk, issuing_body.pk, hours, asked or {})
    if activity.pk and not is_same:
        activity.confirmed_by = activity.confirmed_at = None
    activity.retracted_at, activity.asked = None, asked or {}
    activity.kind, activity.title, activity.issuing_body = kind, title, issuing_body
    activity.hours, activity.responsible = hours, responsible
    activity.save()
    if not is_same:
        log(activity, "cpd.propose_activity", user=by, data={"key": key, "hours": str(hours)})
    return activity


@transaction.atomic
def retract_proposal(key: str, *, by: User) -> None:
    """Take hours back that no issuer has confirmed yet, from the desk too; confirmed ones stay as they are."""
    if Activity.objects.awaiting_confirmation().filter(key=key).update(retracted_at=timezone.now()):
        log(Activity.objects.get(key=key), "cpd.retract_proposal", user=by)


@transaction.atomic
def confirm_activity(
    key: str,
    *,
    kind_code: str,
    title: str,
    issuing_body: IssuingBody,
    hours: Decimal,
    by: User,
    responsible: str = "",
    asked: dict[str, str] | None = None,
) -> Activity:
    """Stand for an activity's hours in the name of its issuing body. From now on it gives credit.

    `asked` None leaves what was proposed. Confirming again replaces kind, title and hours for those who finish from now
    on. `confirmation_listeners` run last. Raises NotIssuerError, KindDisabledError, UnusableHoursError.
    """
    _require_issuer(issuing_body, by)
    _check_hours(hours)
    kind = _enabled_kind(kind_code)
    activity, _created = Activity.objects.select_for_update().update_or_create(
        key=key,
        defaults={
            "kind": kind,
            "title": title,
            "responsible": responsible,
            "issuing_body": issuing_body,
            "hours": hours,
            "confirmed_by": by,
            "confirmed_at": timezone.now(),
            "retracted_at": None,
        }
        | ({} if asked is None else {"asked": asked}),
    )
    log(activity, "cpd.confirm_activity", user=by, data={"key": key, "hours": str(hours)})
    for listener in confirmation_listeners:
        listener(activity)
    return activity


def award_credit(
    practitioner: Practitioner,
    activity: Activity,
    *,
    on: date,
    evidence: dict[str, Any],  # Any: JSON, kept as proof
    since: date | None = None,
    less: Collection[CreditEntry] = (),
) -> CreditEntry:
    """Credit the activity's hours once; a second call returns the first entry, whatever it is given.

    `on` is the day it was finished, `since` the day it began (both printed on the certificate); `less` are credits
    that the person has for parts of it already, less hours than it gives in all. Raises NotConfirmedError while no
    issuer stands for the hours, as they are in the database now.
    """
    with transaction.atomic():
        current = Activity.objects.confirmed().filter(pk=activity.pk).first()
        if current is None:
            raise NotConfirmedError
        hours = current.hours - sum(part.hours for part in less)
        evidence = {"title": current.title} | evidence | ({"less": [part.pk for part in less]} if less else {})
        entry, is_new = CreditEntry.objects.get_or_create(
            practitioner=practitioner,
            activity=current,
            defaults={"hours": hours, "began_on": min(since or on, on), "on_date": on, "evidence": evidence},
        )
        if is_new:
            log(entry, "cpd.award_credit", user=None, data={"activity": current.key, "hours": str(hours)})
    return entry


def hold_ledger_of(practitioner: Practitioner) -> None:
    """Nobody else credits this person until the transaction ends: look at what is there, then award."""
    Practitioner.objects.select_for_update(of=("self",), no_key=True).get(pk=practitioner.pk)


def hours_summary(practitioner: Practitioner, *, today: date | None = None) -> HoursSummary:
    """Hours earned in the running five years, and what is missing by their end; one query."""
    today = today or timezone.localdate()
    period = current_period(today=today, licence_date=practitioner.licence_date)
    in_period = practitioner.credit_entries.filter(on_date__range=(period.start, period.end))
    earned = in_period.aggregate(total=Sum("hours"))["total"] or Decimal(0)
    return summarise(earned=earned, period=period)


# --- Certificates ---------------------------------------------------------------------------------------------------


@transaction.atomic
def issue_certificates(entries: Iterable[CreditEntry], *, by: User) -> IssueBatch:
    """Start issuing one certificate for each entry as background work (`cpd.issue_batch`); the batch shows progress.

    An entry that has a valid certificate gets no second one: its row says which it has. Raises NothingChosenError,
    SeveralBodiesError, NotIssuerError.
    """
    chosen = list(
        CreditEntry.objects.filter(pk__in={entry.pk for entry in entries})
        .select_related("activity__issuing_body")
        .with_valid_certificate()
        .order_by("practitioner__user__name_sort", "pk")
    )
    if not chosen:
        raise NothingChosenError
    bodies = {entry.activity.issuing_body for entry in chosen}
    if len(bodies) > 1:
        raise SeveralBodiesError
    body = bodies.pop()
    _require_issuer(body, by)
    batch = IssueBatch.objects.create(issuing_body=body, requested_by=by)
    IssueRow.objects.bulk_create([_row(batch, entry) for entry in chosen], batch_size=500)
    log(batch, "cpd.issue_batch", user=by, data={"entries": len(chosen)})
    enqueue("cpd.issue_batch", args={"batch_id": batch.pk}, subject=batch.job_subject, by=by)
    return batch


@transaction.atomic
def resume_batch(batch: IssueBatch, *, by: User) -> Job | None:
    """Take up a batch whose job failed or was cancelled; None when it is running, or nothing waits."""
    _require_issuer(batch.issuing_body, by)
    batch = IssueBatch.objects.select_for_update().get(pk=batch.pk)
    latest = Job.objects.latest_for(batch.job_subject)
    if (latest and not latest.is_finished) or not batch.rows.waiting().exists():
        return None
    return enqueue("cpd.issue_batch", args={"batch_id": batch.pk}, subject=batch.job_subject, by=by)


@transaction.atomic
def revoke_certificate(certificate: Certificate, *, reason: str, by: User) -> Certificate:
    """Declare a certificate void from now on; its check page says so, with `reason`. The credit itself stays.

    Raises NotIssuerError, NoReasonError, AlreadyRevokedError.
    """
    _require_issuer(certificate.issuing_body, by)
    reason = " ".join(reason.split())[:500]
    if not reason:
        raise NoReasonError
    now = timezone.now()
    if not Certificate.objects.valid().filter(pk=certificate.pk).update(revoked_at=now):
        raise AlreadyRevokedError
    CertificateEvent.objects.create(
        certificate=certificate, kind=CertificateEvent.Kind.REVOKED, reason=reason, actor=by, at=now
    )
    log(certificate, "cpd.revoke_certificate", user=by, data={"serial": certificate.serial, "reason": reason})
    certificate.revoked_at = now
    tell(
        certificate.entry.practitioner.user,
        kind="cpd.certificate_revoked",
        text=format_lazy(
            _("Your certificate {serial} was revoked: {reason}"), serial=certificate.serial, reason=reason
        ),
        url=certificate.get_absolute_url(),
    )
    return certificate


def note_download(certificate: Certificate, *, by: User) -> None:
    """Write into the certificate's history that somebody took the file."""
    CertificateEvent.objects.create(certificate=certificate, kind=CertificateEvent.Kind.DOWNLOADED, actor=by)


def take_desk_list(entries: Iterable[CreditEntry], *, by: User) -> bytes:
    """The list as a spreadsheet, and in the log that this person took it."""
    log(by, "cpd.take_list", user=by)
    return spreadsheet_of(entries)


def _row(batch: IssueBatch, entry: CreditEntry) -> IssueRow:
    held: int | None = entry.valid_certificate_id  # type: ignore[attr-defined]  # annotated by with_valid_certificate
    outcome = IssueRow.Outcome.ALREADY if held else IssueRow.Outcome.WAITING
    return IssueRow(batch=batch, entry=entry, outcome=outcome, certificate_id=held)


def _require_issuer(body: IssuingBody, user: User) -> None:
    if not body.is_administered_by(user):
        raise NotIssuerError


def _check_hours(hours: Decimal) -> None:
    if not Decimal("0.25") <= hours <= 500 or hours % Decimal("0.25"):
        raise UnusableHoursError


def _enabled_kind(code: str) -> ActivityKind:
    kind = ActivityKind.objects.filter(code=code, is_enabled=True).first()
    if kind is None:
        raise KindDisabledError
    return kind
