"""What looks odd about a licence, which facts a coordinator vouches for, what a browser is called. No Django."""

import re
from datetime import date
from enum import StrEnum, auto

# «003474/HNO-CCHN», «1163/HD-CCHN», «012345/BYT-CCHN»; letters of the issuer follow the old 63 provinces.
_SHAPE = re.compile(r"\d{3,7}/[A-ZĐ0-9]{2,8}-(CCHN|GPHN|GCN|CCHND)")
# Licences exist since the Law of 2009 came into force; the new kind since that of 2023.
_FIRST_DAY = {"cchn": date(2011, 1, 1), "gphn": date(2024, 1, 1)}

# What browsers call themselves, the more special ones first: most also claim to be Chrome and Safari.
_BROWSERS = {
    "coc_coc": "Cốc Cốc",
    "Edg": "Edge",
    "OPR": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Zalo": "Zalo",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "Chrome": "Chrome",
    "CriOS": "Chrome",
    "Safari": "Safari",
}
_SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS": "Mac",
    "Linux": "Linux",
}

# A change of one of these undoes the verification: they are what the coordinator confirmed.
VOUCHED_FOR = ("full_name", "date_of_birth", "profession", "licence_type", "licence_number", "facility")


class LicenceOddity(StrEnum):
    """A reason to look twice; never a reason to refuse."""

    NO_NUMBER = auto()
    NO_LICENCE = auto()
    SHAPE = auto()
    OTHER_KIND = auto()
    NO_ISSUER = auto()
    NO_DATE = auto()
    FUTURE = auto()
    BEFORE_THE_LAW = auto()


def licence_oddities(
    *, kind: str, number: str, issuer: str, issued_on: date | None, is_licensed_title: bool, today: date
) -> list[LicenceOddity]:
    """What is unusual, in the order of the form's fields; `kind` is `cchn`, `gphn` or `none`."""
    if kind == "none":
        return [LicenceOddity.NO_LICENCE] if is_licensed_title else []
    return [*_number_oddities(kind, number), *_paper_oddities(kind, issuer, issued_on, today)]


def _number_oddities(kind: str, number: str) -> list[LicenceOddity]:
    number = "".join(number.split()).upper()
    if not number:
        return [LicenceOddity.NO_NUMBER]
    match = _SHAPE.fullmatch(number)
    if match is None:
        return [LicenceOddity.SHAPE]
    is_new_kind = match[1] == "GPHN"
    return [LicenceOddity.OTHER_KIND] if is_new_kind != (kind == "gphn") else []


def _paper_oddities(kind: str, issuer: str, issued_on: date | None, today: date) -> list[LicenceOddity]:
    found = [] if issuer.strip() else [LicenceOddity.NO_ISSUER]
    if issued_on is None:
        found.append(LicenceOddity.NO_DATE)
    elif issued_on > today:
        found.append(LicenceOddity.FUTURE)
    elif issued_on < _FIRST_DAY.get(kind, date.min):
        found.append(LicenceOddity.BEFORE_THE_LAW)
    return found


def device_named(user_agent: str) -> str:
    """Browser and system in two words, from what the browser says of itself; empty when neither is known."""
    names = [next((name for mark, name in known.items() if mark in user_agent), "") for known in (_BROWSERS, _SYSTEMS)]
    return ", ".join(name for name in names if name)
