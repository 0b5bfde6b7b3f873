"""The network in numbers, for those who may see numbers only: nothing here tells on a person."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, Sum
from django.db.models.functions import TruncMonth
from django.utils import timezone

from courses.models import Enrolment
from cpd.models import Certificate, CreditEntry
from foundation.accounts.models import Practitioner, Province
from foundation.video.models import WatchRecord
from teleconsults.models import Recording

MONTHS = 12


@dataclass(frozen=True, slots=True)
class Month:
    """What was earned in one month; `first_day` is its first."""

    first_day: date
    credits: int
    hours: Decimal
    certificates: int


@dataclass(frozen=True, slots=True)
class ProvinceRow:
    """Verified people of one province, and the facilities they work in."""

    name: str
    facilities: int
    people: int


@dataclass(frozen=True, slots=True)
class Numbers:
    """Totals of the whole network, its last twelve months (newest first), its provinces (by name)."""

    practitioners: int
    facilities: int
    recordings: int
    hours_watched: int
    enrolments: int
    completions: int
    credit_hours: Decimal
    certificates_valid: int
    certificates_revoked: int
    months: list[Month]
    provinces: list[ProvinceRow]

    @classmethod
    def of_network(cls) -> "Numbers":
        verified = Practitioner.objects.verified()
        people = verified.aggregate(people=Count("pk"), facilities=Count("facility", distinct=True))
        issued, valid = Certificate.objects.count(), Certificate.objects.valid().count()
        return cls(
            practitioners=people["people"],
            facilities=people["facilities"],
            recordings=Recording.objects.published().count(),
            hours_watched=(WatchRecord.objects.aggregate(total=Sum("seconds_watched"))["total"] or 0) // 3600,
            enrolments=Enrolment.objects.count(),
            completions=Enrolment.objects.completed().count(),
            credit_hours=CreditEntry.objects.aggregate(total=Sum("hours"))["total"] or Decimal(0),
            certificates_valid=valid,
            certificates_revoked=issued - valid,
            months=latest_months(),
            provinces=by_province(),
        )


def latest_months() -> list[Month]:
    """The last twelve months, the running one first; months without anything are told, too."""
    today = timezone.localdate()
    firsts = [_months_before(today, count) for count in range(MONTHS)]
    earned = {
        row["month"]: row
        for row in CreditEntry.objects.filter(on_date__gte=firsts[-1])
        .annotate(month=TruncMonth("on_date"))
        .values("month")
        .annotate(credits=Count("pk"), total=Sum("hours"))
    }
    issued = {
        row["month"].date(): row["certificates"]
        for row in Certificate.objects.annotate(month=TruncMonth("issued_at"))
        .values("month")
        .annotate(certificates=Count("pk"))
        .order_by("-month")[:MONTHS]
    }
    return [
        Month(
            first,
            credits=earned[first]["credits"] if first in earned else 0,
            hours=earned[first]["total"] if first in earned else Decimal(0),
            certificates=issued.get(first, 0),
        )
        for first in firsts
    ]


def by_province() -> list[ProvinceRow]:
    """Provinces with verified people, in the order of their codes."""
    counts = {
        row["facility__province"]: row
        for row in Practitioner.objects.verified()
        .values("facility__province")
        .annotate(people=Count("pk"), facilities=Count("facility", distinct=True))
        .order_by()
    }
    return [
        ProvinceRow(str(province), counts[province.pk]["facilities"], counts[province.pk]["people"])
        for province in Province.objects.filter(pk__in=counts)
    ]


def _months_before(day: date, count: int) -> date:
    """The first of the month that lies `count` months before `day`'s."""
    months = day.year * 12 + day.month - 1 - count
    return date(months // 12, months % 12 + 1, 1)
