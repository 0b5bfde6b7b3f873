"""Reference data of this room, groups and permissions: loaded again and again, without doubles."""

import csv
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from django.contrib.auth.models import Group, Permission
from django.db import models
from wagtail.models import Collection, GroupCollectionPermission, GroupPagePermission, Page, Site

from foundation.accounts.models import ConsentText, Facility, Profession, Province, Specialty
from foundation.kernel.roles import Role, permissions_of
from foundation.kernel.vietnamese import folded, nfc

DATA = Path(__file__).with_name("data")
# What editors do with pages, and with pictures and documents.
_PAGE_RIGHTS = ("add_page", "change_page", "publish_page", "lock_page", "unlock_page", "bulk_delete_page")
_LIBRARY_RIGHTS = (
    *(f"wagtailimages.{verb}_image" for verb in ("add", "change", "choose")),
    *(f"wagtaildocs.{verb}_document" for verb in ("add", "change", "choose")),
)
# (version, published) → files data/consent/<version>.<language>.txt. Add a line for a new wording; never change one.
_CONSENT_VERSIONS = {"2026-11": datetime(2026, 11, 1, tzinfo=UTC)}


class UnknownPermissionError(Exception):
    """A room grants a permission that does not exist."""


def rows_of(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a UTF-8 table with a header, in NFC."""
    with path.open(encoding="utf-8-sig", newline="") as table:
        for row in csv.DictReader(table):
            yield {name: nfc((value or "").strip()) for name, value in row.items()}


def load_people_reference() -> str:
    """Provinces, specialties, professions, hubs and consent texts."""
    provinces = [
        Province(
            code=row["code"], slug=row["slug"], name_vi=row["name_vi"], name_en=row["name_en"], kind=row["kind"],
            area=row["area"], former_vi=row["former_provinces_vi"],
        )
        for row in rows_of(DATA / "provinces.csv")
    ]  # fmt: skip
    # `kind` is left alone: it changes by law, and an administrator may have been quicker.
    _upsert(Province, provinces, "code", ["slug", "name_vi", "name_en", "area", "former_vi"])
    specialties = [
        Specialty(
            slug=row["slug"], name_vi=row["name_vi"], name_en=row["name_en"], group=row["group"], sort=int(row["sort"])
        )
        for row in rows_of(DATA / "specialties.csv")
    ]
    _upsert(Specialty, specialties, "slug", ["name_vi", "name_en", "group", "sort"])
    professions = [
        Profession(
            code=row["code"], name_vi=row["name_vi"], name_en=row["name_en"], abbreviation=row["abbrev"],
            is_licensed=row["licensed_title"] == "yes", is_cpd_required=row["cpd_required"] == "yes",
            sort=int(row["sort"]),
        )
        for row in rows_of(DATA / "professions.csv")
    ]  # fmt: skip
    _upsert(
        Profession,
        professions,
        "code",
        ["name_vi", "name_en", "abbreviation", "is_licensed", "is_cpd_required", "sort"],
    )
    hubs = _load_hubs()
    _load_consent_texts()
    return f"{len(provinces)} provinces, {len(specialties)} specialties, {len(professions)} professions, {hubs} hubs"


def _upsert(model: type[models.Model], rows: Sequence[models.Model], key: str, fields: list[str]) -> None:
    model._default_manager.bulk_create(rows, update_conflicts=True, unique_fields=[key], update_fields=fields)


def _load_hubs() -> int:
    """Hub hospitals that are missing; those that are there belong to the administrators."""
    provinces = {province.code: province for province in Province.objects.all()}
    hubs = [
        Facility(
            slug=row["slug"],
            name_vi=row["name_vi"],
            name_en=row["name_en"],
            province=provinces[row["province_code"]],
            tier=Facility.Tier.PROVINCE if "DOH" in row["owner"] else Facility.Tier.CENTRAL,
            is_hub=True,
            search_text=folded(f"{row['name_vi']} {row['name_en']}"),
        )
        for row in rows_of(DATA / "hub_hospitals.csv")
    ]
    Facility.objects.bulk_create(hubs, ignore_conflicts=True)
    return len(hubs)


def _load_consent_texts() -> None:
    for version, published_at in _CONSENT_VERSIONS.items():
        texts = {
            f"text_{language}": nfc((DATA / "consent" / f"{version}.{language}.txt").read_text(encoding="utf-8"))
            for language in ("vi", "en")
        }
        ConsentText.objects.get_or_create(
            purpose=ConsentText.Purpose.DATA_USE, version=version, defaults={"published_at": published_at, **texts}
        )


def load_roles() -> str:
    """A group for each role with exactly the permissions that rooms grant; editors' rights on pages and files."""
    known = {
        f"{app}.{codename}": pk
        for pk, app, codename in Permission.objects.values_list("pk", "content_type__app_label", "codename")
    }
    groups = {}
    for role in Role:
        wanted = permissions_of(role)
        if unknown := wanted - known.keys():
            raise UnknownPermissionError(f"{role.value}: {', '.join(sorted(unknown))}")
        groups[role], _created = Group.objects.get_or_create(name=role.value)
        groups[role].permissions.set([known[name] for name in wanted])
    # Wagtail's own examples, while nobody is in them: two names for one thing confuse.
    Group.objects.filter(name__in=["Editors", "Moderators"], user=None).delete()
    _let_edit(groups[Role.EDITOR], known)
    return f"{len(groups)} roles"


def _let_edit(editors: Group, known: dict[str, int]) -> None:
    site = Site.objects.filter(is_default_site=True).first()
    pages = [site.root_page_id] if site else list(Page.objects.filter(depth=1).values_list("pk", flat=True))
    GroupPagePermission.objects.filter(group=editors).exclude(page_id__in=pages).delete()
    for page_id in pages:
        for codename in _PAGE_RIGHTS:
            GroupPagePermission.objects.get_or_create(
                group=editors, page_id=page_id, permission_id=known[f"wagtailcore.{codename}"]
            )
    root = Collection.get_first_root_node()
    for name in _LIBRARY_RIGHTS:
        GroupCollectionPermission.objects.get_or_create(group=editors, collection=root, permission_id=known[name])
