"""Loads the table of activity kinds that ships with the portal."""

import csv
from decimal import Decimal
from pathlib import Path

from cpd.models import ActivityKind

KINDS_CSV = Path(__file__).parent / "data" / "cpd_activity_kinds.csv"


def load_activity_kinds() -> str:
    """Add or refresh every kind of the table; a kind switched on or off by hand keeps its switch."""
    with KINDS_CSV.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        described = {
            "regime": row["regime"],
            "group": row["group"],
            "name_vi": row["name_vi"],
            "name_en": row["name_en"],
            "role_vi": row["role_vi"],
            "role_en": row["role"].replace("_", " ").capitalize(),
            "unit": row["unit"],
            "unit_vi": row["unit_vi"],
            "hours_per_unit": Decimal(row["hours_per_unit"]) if row["hours_per_unit"] else None,
            "legal_reference": row["legal_ref"],
            "confidence": row["confidence"],
        }
        ActivityKind.objects.update_or_create(
            code=row["code"],
            defaults=described,
            create_defaults=described | {"is_enabled": row["enabled_by_default"] == "yes"},
        )
    return f"{len(rows)} kinds of CPD activity"
