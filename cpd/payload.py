"""What a certificate prints, as plain JSON values frozen at issue.

The form is Appendix II of Circular 32/2023/TT-BYT. Everything here is printed, and everything printed is here (the
fixed words of the form belong to the template version). No e-mail, no identity number.
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from cpd.models import CreditEntry
from cpd.rules import plain_hours
from foundation.kernel.vietnamese import nfc

TEMPLATE_VERSION = "TT32-2023-PL2/1"
LEGAL_BASIS = {
    "vi": "Thông tư số 32/2023/TT-BYT ngày 31 tháng 12 năm 2023, Phụ lục II",
    "en": "Circular No. 32/2023/TT-BYT of 31 December 2023, Appendix II",
}

type Payload = dict[str, Any]  # Any: JSON


def build_payload(entry: CreditEntry, *, serial: str, public_id: str, issued_on: date, check_url: str) -> Payload:
    """Every field of the certificate for `entry`, in Unicode NFC; dates as ISO, hours as plain decimals.

    Reads the holder, workplace, activity, kind and body of `entry`: select them beforehand.
    """
    holder, activity = entry.practitioner, entry.activity
    body, kind = activity.issuing_body, activity.kind
    hours = plain_hours(entry.hours)
    payload: Payload = {
        "template": TEMPLATE_VERSION,
        "serial": serial,
        "public_id": public_id,
        "check_url": check_url,
        "governing_body": _both(body.governing_body_vi, body.governing_body_en),
        "issuing_body": _both(body.name_vi, body.name_en),
        "holder": {
            "name": " ".join(holder.full_name.split()),
            "date_of_birth": holder.date_of_birth.isoformat() if holder.date_of_birth else "",
            "workplace": _both(holder.facility.name_vi, holder.facility.name_en),
        },
        "activities": [
            {
                "form": _both(kind.name_vi, kind.name_en),
                "title": " ".join(entry.title.split()),
                "responsible": activity.responsible or body.name_vi,
                "from": entry.began_on.isoformat(),
                "to": entry.on_date.isoformat(),
                "hours": hours,
            }
        ],
        "total_hours": hours,
        "place": _both(body.place_vi, body.place_en),
        "issued_on": issued_on.isoformat(),
        "signatory": {"title": _both(body.signatory_title_vi, body.signatory_title_en), "name": body.signatory_name},
        "legal_basis": LEGAL_BASIS,
        "digital_signature": "",
    }
    composed: Payload = _composed(payload)
    return composed


def missing_fields(payload: Payload) -> list[str]:
    """Names of the fields without which the form is not complete."""
    holder = payload["holder"]
    needed = {
        "name": holder["name"],
        "date_of_birth": holder["date_of_birth"],
        "workplace": holder["workplace"]["vi"],
        "signatory": payload["signatory"]["name"],
        "place": payload["place"]["vi"],
    }
    return [name for name, value in needed.items() if not value]


def texts_of(value: Any) -> Iterator[str]:  # Any: JSON
    """Every text in the payload."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from texts_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_of(inner)
    elif isinstance(value, str):
        yield value


def printed_dates(payload: Payload) -> dict[str, date | None]:
    """The certificate's own dates: `born`, `issued`."""
    born = payload["holder"]["date_of_birth"]
    return {
        "born": date.fromisoformat(born) if born else None,
        "issued": datetime.fromisoformat(payload["issued_on"]).date(),
    }


def printed_activities(payload: Payload) -> list[dict[str, Any]]:
    """The rows of the table, their dates as dates."""
    return [
        row | {"from": date.fromisoformat(row["from"]), "to": date.fromisoformat(row["to"])}
        for row in payload["activities"]
    ]


def _both(vi: str, en: str) -> dict[str, str]:
    return {"vi": vi.strip(), "en": en.strip()}


def _composed(value: Any) -> Any:  # Any: JSON
    if isinstance(value, dict):
        return {name: _composed(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_composed(inner) for inner in value]
    return nfc(value) if isinstance(value, str) else value
