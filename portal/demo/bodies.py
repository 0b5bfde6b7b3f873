"""Issuing bodies: the hubs whose certificates somebody of the demo network issues."""

from cpd.models import IssuingBody
from foundation.accounts.models import Facility, User
from portal.demo.content import read


def load_issuing_bodies(users: dict[str, User]) -> None:
    """One body a hub that somebody administers; the signatories are fictional."""
    slugs = sorted({slug for text in read("people")["people"] for slug in text.get("administers", [])})
    for number, slug in enumerate(slugs, start=1):
        hub = Facility.objects.select_related("province").get(slug=slug)
        body, _ = IssuingBody.objects.get_or_create(
            slug=slug,
            defaults={
                "name_vi": hub.name_vi,
                "name_en": hub.name_en,
                "governing_body_vi": "Bộ Y tế (ví dụ)",
                "governing_body_en": "Ministry of Health (example)",
                "place_vi": hub.province.name_vi,
                "place_en": hub.province.name_en,
                "signatory_title_vi": "Giám đốc",
                "signatory_title_en": "Director",
                "signatory_name": "Mẫu Văn Ký Tên",
                "serial_code": f"DEMO{number:02}",
                "facility": hub,
            },
        )
        body.admins.set(
            [users[text["key"]] for text in read("people")["people"] if slug in text.get("administers", [])]
        )
