"""What the worker does for this room: letters about verification, and forgetting."""

from typing import Any

from django.contrib.sessions.models import Session
from django.db.models import ProtectedError
from django.urls import reverse
from django.utils import timezone, translation

from foundation.accounts.models import Practitioner, SignIn, User, UserQuerySet
from foundation.jobs.registry import JobHandle, job
from foundation.kernel.mail import send_mail_to


@job("accounts.mail_verdict", queue="mail", max_attempts=5)
def mail_verdict(handle: JobHandle, *, practitioner_id: int) -> dict[str, Any]:
    """Tell a practitioner what the coordinator decided; nothing once the profile waits again."""
    practitioner = Practitioner.objects.for_standing().get(pk=practitioner_id)
    template = {
        Practitioner.Verification.VERIFIED: "accounts/mail/verified",
        Practitioner.Verification.REFUSED: "accounts/mail/refused",
    }.get(Practitioner.Verification(practitioner.verification))
    if template is None or not practitioner.user.is_active:
        return {"sent": 0}
    _write_to(
        practitioner.user, template, practitioner, "home:dashboard" if practitioner.is_verified else "accounts:standing"
    )
    return {"sent": 1}


@job("accounts.mail_waiting", queue="mail", max_attempts=5)
def mail_waiting(handle: JobHandle, *, practitioner_id: int) -> dict[str, Any]:
    """Tell the coordinators of a facility that somebody waits for them; where it has none, the administrators."""
    practitioner = Practitioner.objects.for_standing().get(pk=practitioner_id)
    if not practitioner.is_waiting:
        return {"sent": 0}
    readers = list(practitioner.facility.acting_coordinators().exclude(pk=practitioner.user_id))
    readers = readers or list(User.objects.filter(is_superuser=True, is_active=True))
    for reader in readers:
        _write_to(reader, "accounts/mail/waiting", practitioner, "accounts:people")
    return {"sent": len(readers)}


def forget_old_sign_ins() -> int:
    """Delete what was kept long enough; how many rows went."""
    return SignIn.objects.older_than_kept().delete()[0]


def forget_expired_sessions() -> int:
    """Sessions that open nothing any more."""
    expired = Session.objects.filter(expire_date__lt=timezone.now())
    return expired.delete()[0]


def forget_unconfirmed_accounts() -> int:
    """Accounts whose address nobody confirmed, with their consents; one that anything else hangs on stays."""
    gone = 0
    for user in UserQuerySet(User).never_confirmed():
        try:
            user.delete()
        except ProtectedError:
            continue
        gone += 1
    return gone


def _write_to(user: User, template: str, practitioner: Practitioner, page: str) -> None:
    with translation.override(user.language):
        context = {"practitioner": practitioner, "reader": user, "path": reverse(page)}
        send_mail_to(user.email, template=template, context=context, language=user.language)
