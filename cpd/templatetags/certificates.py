"""How Vietnamese papers write dates and hours, whatever the language of the page around them."""

from datetime import date

from django import template

register = template.Library()


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
    months = "January February March April May June July August September October November December".split()
    return f"{day.day} {months[day.month - 1]} {day.year}"


@register.filter
def hours_vi(hours: str) -> str:
    """0,5: a decimal comma."""
    return str(hours).replace(".", ",")
