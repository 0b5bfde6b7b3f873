"""Tags and filters that every template may use."""

from decimal import Decimal
from typing import Any

from django import template
from django.conf import settings
from django.template import Context
from django.templatetags.static import static
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

register = template.Library()

type Number = Decimal | float | int


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """An outline icon of 20 px from the sprite; always beside a word, hence hidden from screen readers."""
    return format_html(
        '<svg class="{}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        f"icon {css}".strip(),
        static("icons.svg"),
        name,
    )


@register.simple_tag(takes_context=True)
def language_url(context: Context, language: str) -> str:
    """The address of this very page in `language`; the front page where the page has no language in its address."""
    request = context.get("request")
    if request is None:
        return f"/{language}/"
    _empty, prefix, rest = (request.get_full_path() + "//").split("/", 2)
    if prefix not in dict(settings.LANGUAGES):
        return f"/{language}/"
    return f"/{language}/{rest.removesuffix('//')}"


@register.filter
def hours_number(value: Number | None) -> str:
    """Credit hours without the word and without empty decimals: 2, 0.5 (in Vietnamese 0,5)."""
    plain = format(Decimal(str(value or 0)).normalize(), "f")
    places = len(plain.partition(".")[2])
    return str(number_format(Decimal(plain), decimal_pos=places, use_l10n=True, force_grouping=True))


@register.filter
def hours(value: Number | None) -> str:
    """Credit hours with the word: 0.5 hours, 0,5 giờ."""
    return ngettext("%(hours)s hour", "%(hours)s hours", 1 if value == 1 else 2) % {"hours": hours_number(value)}


@register.filter
def duration(seconds: float | None) -> str:
    """A length of time in words, to the minute; under a minute in seconds."""
    whole = round(seconds or 0)
    if whole < 60:
        return _("%(seconds)d s") % {"seconds": whole}
    minutes = round(whole / 60)
    if minutes < 60:
        return _("%(minutes)d min") % {"minutes": minutes}
    if minutes % 60 == 0:
        return _("%(hours)d h") % {"hours": minutes // 60}
    return _("%(hours)d h %(minutes)d min") % {"hours": minutes // 60, "minutes": minutes % 60}


@register.filter
def clock(seconds: float | None) -> str:
    """A place in a recording as a player shows it: 4:07, 1:04:07."""
    minutes, second = divmod(int(seconds or 0), 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02}:{second:02}" if hour else f"{minute}:{second:02}"


@register.filter
def file_size(size: int | None) -> str:
    """Bytes in decimal units, as a phone plan counts them: 640 kB, 14 MB, 1.4 GB."""
    amount = float(size or 0)
    for unit in ("kB", "MB"):
        amount /= 1000
        if amount < 999.5:
            return f"{number_format(max(amount, 1) if amount else 0, decimal_pos=0)} {unit}"
    return f"{number_format(amount / 1000, decimal_pos=1)} GB"


@register.filter
def svg_number(value: Number | None, at_most: Any = None) -> str:
    """A number as SVG and HTML attributes want it, with a point in every language, and no more than `at_most`."""
    number = Decimal(str(value or 0))
    if at_most is not None:
        number = min(number, Decimal(str(at_most)))
    return format(number.normalize(), "f")
