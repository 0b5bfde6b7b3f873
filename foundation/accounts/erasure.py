"""What this room gives a person of their data, and what it removes; the archive of all rooms."""

import io
import json
import zipfile
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.contenttypes.models import ContentType
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone
from wagtail.models import ModelLogEntry

from foundation.accounts.models import Practitioner, SignIn, User
from foundation.kernel.erasure import exporters


def archive_of(user: User) -> bytes:
    """A ZIP with `data.json` (one section a room) and the files that rooms keep for this person."""
    sections: dict[str, Any] = {"made_at": timezone.now().isoformat()}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for export in exporters:
            name, content = export(user)
            for file_name, data in content.pop("files", {}).items():
                archive.writestr(f"{name}/{file_name}", data)
            sections[name] = content
        archive.writestr("data.json", json.dumps(sections, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2))
    return packed.getvalue()


def export_person(user: User) -> tuple[str, dict[str, Any]]:
    """Account, profile, consents and sign-ins; never the password's hash or the secret of a second factor."""
    return "account", {
        "email": user.email,
        "full_name": user.full_name,
        "language": user.language,
        "joined": user.date_joined,
        "roles": sorted(user.role_names),
        "second_factors": list(Authenticator.objects.filter(user=user).values_list("type", flat=True)),
        "consents": list(user.consents.values("text__purpose", "text__version", "given_at", "channel", "language")),
        "sign_ins": list(user.sign_ins.values("at", "address", "browser", "has_second_factor")),
        "practitioner": _practitioner_of(user),
    }


def _practitioner_of(user: User) -> dict[str, Any] | None:
    practitioner = user.practitioner_or_none
    if practitioner is None:
        return None
    kept = ("title", "date_of_birth", "licence_type", "licence_number", "licence_issuer", "licence_date")
    states = ("verification", "submitted_at", "verified_at", "verified_until", "refusal_reason")
    return {name: getattr(practitioner, name) for name in kept + states} | {
        "profession": practitioner.profession.name,
        "specialties": [specialty.name for specialty in practitioner.specialties.all()],
        "facility": practitioner.facility.name,
    }


def erase_person_here(user: User) -> None:
    """The last of the erasers: the account can no longer be used and no longer says whose it was.

    The row stays, nameless, because issued certificates and the log must keep a subject; so do profession and
    facility, for statistics, and the proof of consent.
    """
    user.email, user.full_name = f"erased-{user.pk}@erased.invalid", ""
    user.is_active = user.is_staff = user.is_superuser = False
    user.erased_at = timezone.now()
    user.set_unusable_password()  # ends every session
    user.save()
    user.groups.clear()
    user.user_permissions.clear()
    user.coordinated_facilities.clear()
    EmailAddress.objects.filter(user=user).delete()
    Authenticator.objects.filter(user=user).delete()
    SignIn.objects.filter(user=user).delete()
    _erase_practitioner(user)
    _take_name_out_of_log(user)


def _erase_practitioner(user: User) -> None:
    practitioner = Practitioner.objects.filter(user=user).first()
    if practitioner is None:
        return
    practitioner.specialties.clear()
    Practitioner.objects.filter(pk=practitioner.pk).update(
        title="",
        date_of_birth=None,
        licence_type=Practitioner.LicenceType.NONE,
        licence_number="",
        licence_issuer="",
        licence_date=None,
        verification=Practitioner.Verification.DRAFT,
        submitted_at=None,
        verified_until=None,
        refusal_reason="",
    )


def _take_name_out_of_log(user: User) -> None:
    practitioner_ids = [str(pk) for pk in Practitioner.objects.filter(user=user).values_list("pk", flat=True)]
    for model, ids in ((User, [str(user.pk)]), (Practitioner, practitioner_ids)):
        entries = ModelLogEntry.objects.filter(
            content_type=ContentType.objects.get_for_model(model, for_concrete_model=False), object_id__in=ids
        )
        entries.update(label=f"erased-{user.pk}")
