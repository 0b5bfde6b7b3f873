"""Fictional facilities and people of all roles."""

import datetime
import secrets
from pathlib import Path
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.utils import timezone

from foundation.accounts.actions import give_consent
from foundation.accounts.models import (
    ConsentGiven,
    ConsentText,
    Facility,
    Practitioner,
    Profession,
    Province,
    Specialty,
    User,
)
from portal.demo.content import read

# Who does what in the product's main job.
STORY = {
    "specialist": "uploads and publishes a teleconsult",
    "editor": "composes courses in the admin",
    "doctor": "learns, on a phone",
    "coordinator": "confirms the people of a facility",
    "cpd": "confirms hours, issues and revokes certificates",
    "ministry": "sees numbers only",
    "admin": "may do everything",
}


def at_noon(day: datetime.date) -> datetime.datetime:
    """Noon of `day` in the portal's time zone."""
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time(12)))


def load_facilities() -> None:
    """Fictional facilities below the hubs that the reference data brought."""
    provinces = {province.code: province for province in Province.objects.all()}
    for text in read("facilities")["facilities"]:
        fields = {key: value for key, value in text.items() if key not in {"slug", "province", "parent_hubs"}}
        facility, _ = Facility.objects.update_or_create(
            slug=text["slug"], defaults=fields | {"province": provinces[text["province"]]}
        )
        facility.parent_hubs.set(Facility.objects.filter(slug__in=text["parent_hubs"]))


def load_people() -> dict[str, User]:
    """All people by key, with one password for all that only this installation knows."""
    texts = read("people")["people"]
    password = make_password(demo_password())
    users = {text["key"]: _load_user(text, password) for text in texts}
    facilities = {facility.slug: facility for facility in Facility.objects.all()}
    professions = {profession.code: profession for profession in Profession.objects.all()}
    specialties = {specialty.slug: specialty for specialty in Specialty.objects.all()}
    if wording := ConsentText.current():
        for user in users.values():
            give_consent(user, text=wording, channel=ConsentGiven.Channel.SIGN_UP)
    for text in (text for text in texts if "verification" in text):
        practitioner, _ = Practitioner.objects.update_or_create(
            user=users[text["key"]],
            defaults=_practitioner_fields(text, users)
            | {"facility": facilities[text["facility"]], "profession": professions[text["profession"]]},
        )
        practitioner.specialties.set([specialties[slug] for slug in text["specialties"]])
    for text in texts:
        for slug in text.get("coordinates", []):
            facilities[slug].coordinators.add(users[text["key"]])
    return users


def demo_password() -> str:
    """The password of the demo accounts: made on the first load, then kept with the accounts that bin/start prints."""
    path: Path = settings.VAR_DIR / "demo-accounts.txt"
    if path.exists():
        return path.read_text(encoding="utf-8").splitlines()[0].rsplit(" ", 1)[-1]
    password = "-".join(secrets.token_hex(2) for _ in range(3))
    lines = [f"  {key + '@lientuyen.example':<32}{does}" for key, does in STORY.items()]
    path.touch(mode=0o600)
    path.write_text("\n".join([f"Demo accounts, password of all: {password}", *lines, ""]), encoding="utf-8")
    return password


def _load_user(text: dict[str, Any], password: str) -> User:
    user, is_new = User.objects.get_or_create(
        email=text["email"],
        defaults={
            "full_name": text["full_name"],
            "language": text["language"],
            "password": password,
            "is_superuser": text.get("is_superuser", False),
            "is_staff": text.get("is_superuser", False),
        },
    )
    if is_new:
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    user.groups.set(Group.objects.filter(name__in=text["roles"]))
    return user


def _practitioner_fields(text: dict[str, Any], users: dict[str, User]) -> dict[str, Any]:
    verified_on, submitted_on = text.get("verified_on"), text.get("submitted_on")
    return {
        "title": text["title"],
        "date_of_birth": text["date_of_birth"],
        "licence_type": text["licence_type"],
        "licence_number": text["licence_number"],
        "licence_issuer": text["licence_issuer"],
        "licence_date": text.get("licence_date"),
        "verification": text["verification"],
        "verified_by": users[text["verified_by"]] if verified_on else None,
        "verified_at": at_noon(verified_on) if verified_on else None,
        "submitted_at": at_noon(submitted_on) if submitted_on else None,
        "refusal_reason": text.get("refusal_reason", ""),
    }
