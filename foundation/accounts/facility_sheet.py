"""A table of facilities as people send it → rows with a verdict each. Plain Python; knows no database."""

import csv
import io
from dataclasses import dataclass, field

from foundation.kernel.vietnamese import folded, nfc

COLUMNS = (
    "name_vi",
    "name_en",
    "province",
    "former_district",
    "tier",
    "hospital_class",
    "technical_level",
    "insurance_code",
    "national_code",
    "is_hub",
    "parent_hubs",
)
REQUIRED = ("name_vi", "province", "tier")
# What headings are called in the wild, folded.
_HEADINGS = {
    "ten": "name_vi",
    "ten co so": "name_vi",
    "ten tieng viet": "name_vi",
    "ten tieng anh": "name_en",
    "tinh": "province",
    "tinh/thanh pho": "province",
    "tinh thanh pho": "province",
    "huyen cu": "former_district",
    "quan huyen cu": "former_district",
    "tuyen": "tier",
    "hang": "hospital_class",
    "cap chuyen mon": "technical_level",
    "cap chuyen mon ky thuat": "technical_level",
    "ma bhyt": "insurance_code",
    "ma kcb": "insurance_code",
    "ma quoc gia": "national_code",
    "tuyen tren": "parent_hubs",
    "benh vien hat nhan": "is_hub",
    "truc thuoc": "parent_hubs",
}
_TIERS = {
    "central": "central", "trung uong": "central", "tw": "central",
    "province": "province", "tinh": "province",
    "district": "district", "huyen": "district",
    "commune": "commune", "xa": "commune",
}  # fmt: skip
_CLASSES = {
    "": "", "special": "special", "dac biet": "special", "hang dac biet": "special",
    **{spelling: digit for digit, roman in zip("1234", ("i", "ii", "iii", "iv"), strict=True)
       for spelling in (digit, roman, f"hang {digit}", f"hang {roman}")},
}  # fmt: skip
_LEVELS = {
    "": "", "primary": "primary", "ban dau": "primary", "basic": "basic", "co ban": "basic",
    "specialised": "specialised", "specialized": "specialised", "chuyen sau": "specialised",
}  # fmt: skip
_YES = {"yes", "true", "1", "x", "co"}
_NO = {"", "no", "false", "0", "khong"}


class SheetError(Exception):
    """The table as a whole cannot be read; `code` is `encoding`, `empty` or `columns`, `names` the missing columns."""

    def __init__(self, code: str, names: tuple[str, ...] = ()) -> None:
        super().__init__(code)
        self.code, self.names = code, names


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row; `values` are cleaned, `faults` are (column, what is wrong) with codes `missing`, `unknown`, `digits`."""

    line: int
    values: dict[str, str]
    parent_hubs: tuple[str, ...] = ()
    is_hub: bool = False
    faults: tuple[tuple[str, str], ...] = field(default=())


def read_sheet(data: bytes) -> list[SheetRow]:
    """The rows of a CSV file in UTF-8, separated by comma, semicolon or tab; empty rows are skipped.

    Raises SheetError when the file is not text in UTF-8, has no rows, or lacks a required column.
    """
    try:
        text = nfc(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise SheetError("encoding") from error
    lines = text.splitlines()
    if len(lines) < 2:
        raise SheetError("empty")
    separator = max(",;\t", key=lines[0].count)
    table = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    names = [_column(heading) for heading in next(table)]
    if missing := tuple(name for name in REQUIRED if name not in names):
        raise SheetError("columns", missing)
    rows = []
    for cells in table:
        if any(cell.strip() for cell in cells):
            raw = {name: " ".join(cell.split()) for name, cell in zip(names, cells, strict=False) if name}
            rows.append(_row(table.line_num, raw))
    if not rows:
        raise SheetError("empty")
    return rows


def _column(heading: str) -> str:
    key = folded(heading).replace("_", " ")
    name = key.replace(" ", "_")
    return name if name in COLUMNS else _HEADINGS.get(key, "")


def _row(line: int, raw: dict[str, str]) -> SheetRow:
    values = {name: raw.get(name, "") for name in COLUMNS if name not in {"is_hub", "parent_hubs"}}
    faults = [(name, "missing") for name in REQUIRED if not values[name]]
    for name, known in (("tier", _TIERS), ("hospital_class", _CLASSES), ("technical_level", _LEVELS)):
        key = folded(values[name])
        if key in known:
            values[name] = known[key]
        elif values[name]:
            faults.append((name, "unknown"))
    for name, length in (("insurance_code", 5), ("national_code", 13)):
        value = values[name]
        is_right = value.isalnum() if name == "insurance_code" else value.isdecimal()
        if value and not (len(value) == length and is_right):
            faults.append((name, "digits"))
    hub = folded(raw.get("is_hub", ""))
    if hub not in _YES | _NO:
        faults.append(("is_hub", "unknown"))
    parents = tuple(part.strip() for part in raw.get("parent_hubs", "").replace("|", ";").split(";") if part.strip())
    return SheetRow(line, values, parents, hub in _YES, tuple(faults))
