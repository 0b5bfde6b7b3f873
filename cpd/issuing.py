"""Issues one certificate: exactly once for its entry, with a serial that leaves no gap.

The serial is printed, so it must be known before the PDF exists, and it may only be used up together with it. Therefore
the number is read without a lock, the certificate is set with it (most of the time goes there), and a short transaction
moves the counter from the number before, stores the certificate, its first event and the row's outcome, all or nothing.
Whoever finds the counter moved meanwhile sets the page again with the next number; after a few defeats the counter is
held while setting. A crash at any point leaves no used number without its certificate, and the database is never locked
for longer than a few inserts, which matters on SQLite, where a lock stops all writers.

The counter's row is held until the commit, so only one certificate of a body is stored at a time: the question whether
the entry has one already is decided there.
"""

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from cpd.models import Certificate, CertificateEvent, CreditEntry, IssueRow, SerialCounter, new_public_id
from cpd.payload import build_payload, missing_fields
from cpd.rules import format_serial, sha256_bytes, sha256_hex
from cpd.typesetting import TypesettingError, certificate_pdf, unprintable
from foundation.accounts.models import User
from foundation.kernel.audit import log
from foundation.kernel.errors import RefusedError
from foundation.kernel.vietnamese import folded
from foundation.notifications.actions import tell

TRIES_WITHOUT_LOCK = 3


class AlreadyIssuedError(RefusedError):
    message = _("This person has a valid certificate for this activity already.")
    code = "already_issued"


class IncompleteProfileError(RefusedError):
    message = _("Name, date of birth or workplace is missing in the profile. Ask the person to complete it.")
    code = "incomplete_profile"


class ProfileNotConfirmedError(RefusedError):
    message = _("No coordinator has confirmed this person's profile yet. Issue again once it is confirmed.")
    code = "profile_not_confirmed"


class IncompleteBodyError(RefusedError):
    message = _("The issuing body has no place or no signatory yet. Complete it in the admin.")
    code = "incomplete_body"


class UnprintableError(RefusedError):
    message = _("A name or title holds a sign that cannot be printed, such as an emoji. Correct it first.")
    code = "unprintable"


class _HandledElsewhereError(Exception):
    """Another worker finished this row; undo what this one began."""


# What the batch page says for a row's `refusal_code`.
REFUSALS = {
    refusal.code: refusal.message
    for refusal in (
        ProfileNotConfirmedError,
        IncompleteProfileError,
        IncompleteBodyError,
        UnprintableError,
        TypesettingError,
    )
}


def issue_for_row(row_id: int, *, by: User) -> None:
    """Issue the certificate of one waiting row, or write down why not; a row that waits no more is left alone."""
    row = IssueRow.objects.waiting().for_issue().filter(pk=row_id).first()
    if row is None:
        return
    try:
        _issue(row, by)
    except _HandledElsewhereError:
        return
    except AlreadyIssuedError:
        held = Certificate.objects.valid().filter(entry=row.entry_id).values_list("pk", flat=True).first()
        _settle(row, IssueRow.Outcome.ALREADY, certificate_id=held)
    except RefusedError as refusal:
        _settle(row, IssueRow.Outcome.REFUSED, refusal_code=refusal.code)


def _issue(row: IssueRow, by: User) -> None:
    entry = row.entry
    if row.held_id:
        raise AlreadyIssuedError
    year = timezone.localdate().year
    counter, _created = SerialCounter.objects.get_or_create(issuing_body=entry.activity.issuing_body, year=year)
    for _try in range(TRIES_WITHOUT_LOCK):
        if _store(_draft(entry, counter, by), row):
            return
        counter.refresh_from_db()
    with transaction.atomic():
        counter = SerialCounter.objects.select_for_update().get(pk=counter.pk)
        _store(_draft(entry, counter, by), row)


def _draft(entry: CreditEntry, counter: SerialCounter, by: User) -> Certificate:
    """The certificate with the number after the counter's, complete but not stored."""
    if not entry.practitioner.was_confirmed:
        raise ProfileNotConfirmedError
    body, number, public_id, now = entry.activity.issuing_body, counter.last_number + 1, new_public_id(), timezone.now()
    serial = format_serial(body.serial_code, counter.year, number)
    payload = build_payload(
        entry,
        serial=serial,
        public_id=public_id,
        issued_on=timezone.localdate(now),
        check_url=settings.BASE_URL + reverse("certificate_code", args=[public_id]),
    )
    missing = missing_fields(payload)
    if missing:
        raise IncompleteBodyError if missing[0] in {"signatory", "place"} else IncompleteProfileError
    if unprintable(payload):
        raise UnprintableError
    pdf = certificate_pdf(payload)
    return Certificate(
        public_id=public_id,
        serial=serial,
        issuing_body=body,
        year=counter.year,
        number=number,
        entry=entry,
        payload=payload,
        payload_sha256=sha256_hex(payload),
        template_version=payload["template"],
        pdf=pdf,
        pdf_sha256=sha256_bytes(pdf),
        search_text=folded(f"{payload['holder']['name']} {serial}")[:240],
        issued_by=by,
        issued_at=now,
    )


@transaction.atomic
def _store(certificate: Certificate, row: IssueRow) -> bool:
    """Use up the number and store the certificate; False when the number went to another one meanwhile."""
    counters = SerialCounter.objects.filter(issuing_body=certificate.issuing_body, year=certificate.year)
    if not counters.filter(last_number=certificate.number - 1).update(last_number=certificate.number):
        return False
    if Certificate.objects.valid().filter(entry=certificate.entry_id).exists():
        raise AlreadyIssuedError
    certificate.save(force_insert=True)
    if not _settle(row, IssueRow.Outcome.ISSUED, certificate_id=certificate.pk):
        raise _HandledElsewhereError
    CertificateEvent.objects.create(
        certificate=certificate,
        kind=CertificateEvent.Kind.ISSUED,
        actor=certificate.issued_by,
        at=certificate.issued_at,
    )
    log(certificate, "cpd.issue_certificate", user=certificate.issued_by, data={"serial": certificate.serial})
    tell(
        certificate.entry.practitioner.user,
        kind="cpd.certificate_issued",
        text=format_lazy(
            _("Your certificate {serial} is ready: {title}"),
            serial=certificate.serial,
            title=certificate.entry.title,
        ),
        url=certificate.get_absolute_url(),
    )
    return True


def _settle(row: IssueRow, outcome: IssueRow.Outcome, **changes: object) -> int:
    """Write the outcome of a row that still waits; 0 when somebody else did."""
    return IssueRow.objects.waiting().filter(pk=row.pk).update(outcome=outcome, **changes)
