"""Facilities from a table: what each row would do, then doing it. Sending the same table twice changes nothing."""

from dataclasses import dataclass, field
from enum import StrEnum, auto
from functools import cached_property
from typing import Any

from django.db import transaction
from django.utils.functional import Promise
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from foundation.accounts.facility_sheet import SheetError, SheetRow, read_sheet
from foundation.accounts.models import Facility, Province, User
from foundation.kernel.audit import log
from foundation.kernel.errors import RefusedError
from foundation.kernel.vietnamese import folded

type Text = str | Promise

_SHEET_PROBLEMS: dict[str, Text] = {
    "encoding": _("The file is not UTF-8 text. In Excel choose “Save as”, then “CSV UTF-8”."),
    "empty": _("The file holds no rows below the headings."),
    "columns": _("The headings lack: %(names)s."),
}
_FAULTS: dict[str, Text] = {
    "missing": _("%(column)s is missing."),
    "unknown": _("%(column)s: this word is not known."),
    "digits": _("%(column)s has the wrong length or letters."),
    "province": _("%(column)s: no such province or city."),
    "parent": _("%(column)s: no such hub."),
    "twice": _("%(column)s: another row, or another facility, has the same code."),
}


class UnreadableSheetError(RefusedError):
    code = "unreadable_sheet"


class FaultyRowsError(RefusedError):
    message = _("Some rows have mistakes. Nothing was imported; please correct the file and send it again.")
    code = "faulty_rows"


class Verdict(StrEnum):
    """What becomes of a row."""

    NEW = auto()
    CHANGED = auto()
    SAME = auto()
    FAULTY = auto()

    @property
    def label(self) -> Text:
        return {
            Verdict.NEW: _("New"),
            Verdict.CHANGED: _("Changed"),
            Verdict.SAME: _("Unchanged"),
            Verdict.FAULTY: _("Mistake"),
        }[self]


@dataclass(slots=True)
class RowPlan:
    """One row: the facility it makes or changes, which columns, or what is wrong with it."""

    row: SheetRow
    facility: Facility | None
    verdict: Verdict
    changed: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    parents: list[Facility] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """All rows of one table."""

    rows: list[RowPlan]

    def count(self, verdict: Verdict) -> int:
        return sum(plan.verdict is verdict for plan in self.rows)

    @property
    def is_clean(self) -> bool:
        return not self.count(Verdict.FAULTY)

    @property
    def counts(self) -> list[tuple[Text, int]]:
        return [(verdict.label, self.count(verdict)) for verdict in Verdict]


def plan_import(data: bytes) -> ImportPlan:
    """Read a table and say what each row would do; writes nothing. Raises UnreadableSheetError."""
    try:
        rows = read_sheet(data)
    except SheetError as error:
        text = str(_SHEET_PROBLEMS[error.code])
        raise UnreadableSheetError(text % {"names": ", ".join(error.names)} if error.names else text) from error
    index = _Index()
    return ImportPlan([index.plan(row) for row in rows])


@transaction.atomic
def import_facilities(data: bytes, *, by: User | None) -> ImportPlan:
    """Make and change facilities as the table says: all rows or none.

    Raises UnreadableSheetError, and FaultyRowsError when any row has a mistake.
    """
    plan = plan_import(data)
    if not plan.is_clean:
        raise FaultyRowsError
    for row in plan.rows:
        if row.facility is None or row.verdict is Verdict.SAME:
            continue
        row.facility.save()
        if row.verdict is Verdict.NEW or "parent_hubs" in row.changed:
            row.facility.parent_hubs.set(row.parents)
        log(row.facility, "accounts.import_facility", user=by, data={"changed": row.changed})
    return plan


class _Index:
    """What is in the database, by all that a row may be recognised by; one query a table, however long."""

    def __init__(self) -> None:
        self.facilities = list(Facility.objects.prefetch_related("parent_hubs"))
        self.by_code: dict[str, Facility] = {}
        self.by_name: dict[tuple[str, int], Facility] = {}
        self.slugs = {facility.slug for facility in self.facilities}
        self.seen_codes: set[str] = set()
        for facility in self.facilities:
            self._remember(facility)

    def _remember(self, facility: Facility) -> None:
        for code in (facility.insurance_code, facility.national_code):
            if code:
                self.by_code[code] = facility
        self.by_name[_name_key(facility.name_vi, facility.former_district), facility.province_id] = facility

    @cached_property
    def provinces(self) -> dict[str, Province]:
        known: dict[str, Province] = {}
        for province in Province.objects.all():
            former = province.former_vi.replace(",", ";").replace("|", ";").split(";")
            names = [province.code, province.slug, province.name_vi, province.name_en, *former]
            known |= {folded(name): province for name in names if name.strip() and folded(name) not in known}
        return known

    @cached_property
    def hubs(self) -> dict[str, Facility]:
        return {
            key: hub
            for hub in self.facilities
            if hub.is_hub
            for key in (hub.slug, folded(hub.name_vi), hub.insurance_code, hub.national_code)
            if key
        }

    def plan(self, row: SheetRow) -> RowPlan:
        faults = [*row.faults]
        province = self.provinces.get(folded(row.values["province"]))
        if row.values["province"] and province is None:
            faults.append(("province", "province"))
        found = [self.hubs.get(name) or self.hubs.get(folded(name)) for name in row.parent_hubs]
        if None in found:
            faults.append(("parent_hubs", "parent"))
        faults += self._repeated_codes(row)
        facility = self._known(row, province)
        if faults or province is None:
            return RowPlan(row, facility, Verdict.FAULTY, problems=[_fault_text(*fault) for fault in faults])
        return self._compare(row, facility, province, [hub for hub in found if hub])

    def _repeated_codes(self, row: SheetRow) -> list[tuple[str, str]]:
        codes = {name: row.values[name] for name in ("insurance_code", "national_code") if row.values[name]}
        owners = {id(self.by_code[code]) for code in codes.values() if code in self.by_code}
        repeated = [(name, "twice") for name, code in codes.items() if code in self.seen_codes or len(owners) > 1]
        self.seen_codes |= set(codes.values())
        return repeated

    def _known(self, row: SheetRow, province: Province | None) -> Facility | None:
        for code in (row.values["national_code"], row.values["insurance_code"]):
            if code and code in self.by_code:
                return self.by_code[code]
        if province is None:
            return None
        return self.by_name.get((_name_key(row.values["name_vi"], row.values["former_district"]), province.pk))

    def _compare(
        self, row: SheetRow, facility: Facility | None, province: Province, parents: list[Facility]
    ) -> RowPlan:
        is_new = facility is None
        facility = facility or Facility(slug=self._free_slug(row.values["name_vi"], province))
        wanted: dict[str, Any] = {name: value for name, value in row.values.items() if name != "province"}
        # An empty cell means "not known here", never "delete what is there".
        wanted = {name: value for name, value in wanted.items() if value or is_new} | {"province_id": province.pk}
        if row.is_hub:
            wanted["is_hub"] = True
        changed = [name for name, value in wanted.items() if getattr(facility, name) != value]
        for name in changed:
            setattr(facility, name, wanted[name])
        if parents and not is_new and {hub.pk for hub in facility.parent_hubs.all()} != {hub.pk for hub in parents}:
            changed.append("parent_hubs")
        if is_new:
            self._remember(facility)
        verdict = Verdict.NEW if is_new else Verdict.CHANGED if changed else Verdict.SAME
        return RowPlan(row, facility, verdict, changed=changed, parents=parents)

    def _free_slug(self, name: str, province: Province) -> str:
        stem = slugify(folded(name))[:60] or "facility"
        candidates = [stem, f"{stem}-{province.slug}"[:80], *(f"{stem[:70]}-{number}" for number in range(2, 2000))]
        slug = next(candidate for candidate in candidates if candidate not in self.slugs)
        self.slugs.add(slug)
        return slug


def _name_key(name: str, former_district: str) -> str:
    return f"{folded(name)}|{folded(former_district)}"


def _fault_text(column: str, code: str) -> str:
    return str(_FAULTS[code]) % {"column": column}
