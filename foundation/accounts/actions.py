"""What people do: agree, send their profile, confirm a colleague, leave."""

from datetime import date, datetime

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from foundation.accounts.listeners import verdict_listeners
from foundation.accounts.models import (
    ConsentGiven,
    ConsentText,
    Practitioner,
    ProfileFacts,
    User,
)
from foundation.accounts.rules import VOUCHED_FOR
from foundation.jobs.actions import enqueue
from foundation.kernel.audit import log
from foundation.kernel.erasure import erasers
from foundation.kernel.errors import RefusedError

Verification = Practitioner.Verification


class NotYourFacilityError(RefusedError):
    message = _("You are not a coordinator of this person's facility.")
    code = "not_your_facility"


class YourselfError(RefusedError):
    message = _("Nobody confirms themselves. Please ask another coordinator of your facility.")
    code = "yourself"


class NotWaitingError(RefusedError):
    message = _("This profile is not waiting for a decision; a colleague may have been quicker.")
    code = "not_waiting"


class NotVerifiedError(RefusedError):
    message = _("This person is not verified.")
    code = "not_verified"


class ChangedMeanwhileError(RefusedError):
    message = _("The person changed the profile while you were reading it. Please look at it again.")
    code = "changed_meanwhile"


class ReasonMissingError(RefusedError):
    message = _("Please write why, so that the person knows what to do.")
    code = "reason_missing"


class WrongPasswordError(RefusedError):
    message = _("That is not your password.")
    code = "wrong_password"


def give_consent(user: User, *, text: ConsentText, channel: str) -> ConsentGiven:
    """Keep the proof that `user` agreed to this version; agreeing twice keeps the first."""
    given, _created = ConsentGiven.objects.get_or_create(
        user=user, text=text, defaults={"channel": channel, "language": "en" if get_language() == "en" else "vi"}
    )
    return given


def facts_undone_by(practitioner: Practitioner, facts: ProfileFacts) -> list[str]:
    """The names of the facts a coordinator vouched for that `facts` would change."""
    return [name for name in VOUCHED_FOR if getattr(practitioner, name) != getattr(facts, name)]


@transaction.atomic
def save_profile(user: User, facts: ProfileFacts, *, by: User) -> Practitioner:
    """Write the profile and, where it is new or a vouched-for fact changed, ask the facility's coordinator to confirm.

    Who waits already and changes nothing that is vouched for goes on waiting; the coordinators were told.
    A new facility ends the verification at once: its former coordinator no longer sees the person.
    """
    # Before the first save there is no profile to lock: of two at once, the second waits and finds the first's.
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    practitioner = Practitioner.objects.select_for_update(of=("self",)).filter(user=user).first()
    changed = facts_undone_by(practitioner, facts) if practitioner else list(VOUCHED_FOR)
    is_settled = practitioner is not None and (practitioner.is_verified or practitioner.is_waiting) and not changed
    former = practitioner.facility_id if practitioner else None
    practitioner = practitioner or Practitioner(user=user)
    user.full_name, user.language = facts.full_name, facts.language
    user.save(update_fields=["full_name", "name_sort", "search_text", "language"])
    practitioner.user = user
    for name in ("title", "profession", "facility", "date_of_birth"):
        setattr(practitioner, name, getattr(facts, name))
    for name in ("licence_type", "licence_number", "licence_issuer", "licence_date"):
        setattr(practitioner, name, getattr(facts, name))
    if not is_settled:
        _ask_for_confirmation(practitioner)
    practitioner.save()
    practitioner.specialties.set(facts.specialties)
    if former not in {None, practitioner.facility_id}:
        log(practitioner, "accounts.change_facility", user=by, data={"from": former, "to": practitioner.facility_id})
    if not is_settled:
        log(practitioner, "accounts.ask_for_confirmation", user=by, data={"changed": changed})
        enqueue("accounts.mail_waiting", args={"practitioner_id": practitioner.pk}, subject=_subject(practitioner))
    return practitioner


def _ask_for_confirmation(practitioner: Practitioner) -> None:
    practitioner.verification, practitioner.submitted_at = Verification.PENDING, timezone.now()
    practitioner.verified_by = practitioner.verified_at = practitioner.verified_until = None
    practitioner.refusal_reason = ""


@transaction.atomic
def verify_practitioner(
    practitioner: Practitioner, *, by: User, seen_at: datetime | None = None, until: date | None = None
) -> Practitioner:
    """Confirm that a waiting person is who they say, for two years unless `until` says otherwise.

    `seen_at` is the `submitted_at` of the profile that the coordinator read. Raises NotYourFacilityError,
    YourselfError, NotWaitingError, ChangedMeanwhileError.
    """
    practitioner = _locked_for_verdict(practitioner, by=by, seen_at=seen_at)
    now = timezone.now()
    practitioner.verification, practitioner.refusal_reason = Verification.VERIFIED, ""
    practitioner.verified_by, practitioner.verified_at = by, now
    practitioner.verified_until = until or timezone.localdate(now) + Practitioner.VALIDITY
    practitioner.save()
    log(practitioner, "accounts.verify", user=by, data={"until": practitioner.verified_until.isoformat()})
    _tell_verdict(practitioner)
    return practitioner


@transaction.atomic
def refuse_practitioner(
    practitioner: Practitioner, *, reason: str, by: User, seen_at: datetime | None = None
) -> Practitioner:
    """Send a waiting profile back with a reason that the person reads; correcting it asks again.

    Raises ReasonMissingError and all that `verify_practitioner` raises.
    """
    if not reason.strip():
        raise ReasonMissingError
    practitioner = _locked_for_verdict(practitioner, by=by, seen_at=seen_at)
    practitioner.verification, practitioner.refusal_reason = Verification.REFUSED, reason.strip()[:300]
    practitioner.save()
    log(practitioner, "accounts.refuse", user=by)
    _tell_verdict(practitioner)
    return practitioner


@transaction.atomic
def end_verification(practitioner: Practitioner, *, reason: str, by: User) -> Practitioner:
    """Take a verification back, when somebody has left the facility or it was a mistake.

    Raises ReasonMissingError, NotYourFacilityError, YourselfError, NotVerifiedError.
    """
    if not reason.strip():
        raise ReasonMissingError
    practitioner = _locked(practitioner, by=by)
    if practitioner.verification != Verification.VERIFIED:
        raise NotVerifiedError
    practitioner.verification, practitioner.refusal_reason = Verification.REFUSED, reason.strip()[:300]
    practitioner.save()
    log(practitioner, "accounts.end_verification", user=by)
    _tell_verdict(practitioner)
    return practitioner


def _tell_verdict(practitioner: Practitioner) -> None:
    enqueue("accounts.mail_verdict", args={"practitioner_id": practitioner.pk}, subject=_subject(practitioner))
    for told in verdict_listeners:
        told(practitioner)


def _locked(practitioner: Practitioner, *, by: User) -> Practitioner:
    locked = Practitioner.objects.select_for_update(of=("self",)).select_related("user").get(pk=practitioner.pk)
    if not Practitioner.objects.of_facilities_coordinated_by(by).filter(pk=locked.pk).exists():
        raise NotYourFacilityError
    if locked.user_id == by.pk:
        raise YourselfError
    return locked


def _locked_for_verdict(practitioner: Practitioner, *, by: User, seen_at: datetime | None) -> Practitioner:
    locked = _locked(practitioner, by=by)
    if not locked.is_waiting:
        raise NotWaitingError
    if seen_at is not None and seen_at != locked.submitted_at:
        raise ChangedMeanwhileError
    return locked


def _subject(practitioner: Practitioner) -> str:
    return f"practitioner:{practitioner.pk}"


@transaction.atomic
def erase_person(user: User, *, by: User, password: str | None = None) -> None:
    """Close the account for good: what the law makes us keep loses its name, the rest goes.

    `password` is checked when people erase themselves; an administrator acting on a written request gives none.
    Raises WrongPasswordError.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    if by.pk == user.pk and not (password and user.check_password(password)):
        raise WrongPasswordError
    for erase in erasers:
        erase(user)
    log(user, "accounts.erase", user=by if by.pk != user.pk else None)


def unconfirmed_address(email: str) -> EmailAddress | None:
    """The address that still waits for its confirmation, if there is one."""
    found: EmailAddress | None = EmailAddress.objects.filter(email__iexact=email.strip(), verified=False).first()
    return found
