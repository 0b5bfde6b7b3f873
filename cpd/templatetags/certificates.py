"""How Vietnamese papers write dates and hours, whatever language surrounds them; and small words of the desk."""

from datetime import date
from decimal import Decimal

from django import template
from django.utils.functional import Promise
from django.utils.translation import get_language

from cpd.issuing import REFUSALS
from foundation.kernel.errors import RefusedError

register = template.Library()
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@register.filter
def short_date_vi(day: date) -> str:
    """05/09/2026."""
    return f"{day:%d/%m/%Y}"


@register.filter
def long_date_vi(day: date) -> str:
    """Ngày 05 tháng 9 năm 2026: official papers write a zero before days under 10 and before January and February."""
    month = f"{day.month:02}" if day.month < 3 else str(day.month)
    return f"ngày {day.day:02} tháng {month} năm {day.year}"


@register.filter
def long_date_en(day: date) -> str:
    """5 September 2026, whatever the process's locale."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


@register.filter
def hours_vi(hours: str) -> str:
    """0,5: a decimal comma."""
    return str(hours).replace(".", ",")


@register.filter
def decimal(hours: str) -> Decimal:
    """Hours as the payload keeps them, for the filters that write numbers in the reader's language."""
    return Decimal(hours)


@register.filter
def percent(share: str) -> int:
    """0.90, as kept in JSON: 90."""
    return int(Decimal(share) * 100)


@register.filter
def in_my_language(both: dict[str, str]) -> str:
    """The reader's language of a text that a certificate prints in both, Vietnamese where there is only that."""
    return (both["en"] if get_language() == "en" else "") or both["vi"]


@register.filter
def refusal_text(code: str) -> str | Promise:
    """Why a row of a batch got no certificate, in words."""
    return REFUSALS.get(code, RefusedError.message)
