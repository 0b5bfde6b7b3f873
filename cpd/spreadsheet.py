"""The desk's list as a spreadsheet, one row a credit entry: what an inspector asks for."""

from collections.abc import Iterable
from datetime import date
from io import BytesIO
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from cpd.models import CreditEntry

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DAY_FORMAT = "dd/mm/yyyy"


def spreadsheet_of(entries: Iterable[CreditEntry]) -> bytes:
    """An XLSX file in the reader's language, of entries that come from `for_desk`; days and hours are values."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_("Certificates"))
    sheet.freeze_panes = "A2"
    for column, width in zip("ABCDEFGHIJ", (28, 14, 34, 44, 30, 30, 14, 12, 24, 14), strict=True):
        sheet.column_dimensions[column].width = width
    head = [_cell(sheet, name) for name in _heads()]
    for cell in head:
        cell.font = Font(bold=True)
    sheet.append(head)
    for entry in entries:
        sheet.append([_cell(sheet, value) for value in _row(entry)])
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def _heads() -> list[str]:
    return [
        _("Full name"),
        _("Date of birth"),
        _("Workplace"),
        _("Activity"),
        _("Form"),
        _("Issuing body"),
        _("Completed"),
        _("Credit hours"),
        _("Certificate"),
        pgettext("certificate", "Issued"),
    ]


def _row(entry: CreditEntry) -> list[Any]:  # Any: a text, a day or a number
    holder, certificate = entry.practitioner, entry.shown_certificate
    return [
        holder.full_name,
        holder.date_of_birth,
        str(holder.facility),
        entry.activity.title,
        str(entry.activity.kind),
        str(entry.activity.issuing_body),
        entry.on_date,
        entry.hours,
        f"{certificate.serial} ({_('Revoked')})" if certificate and certificate.is_revoked else str(certificate or ""),
        timezone.localdate(certificate.issued_at) if certificate else None,
    ]


def _cell(sheet: Any, value: Any) -> Any:  # Any: openpyxl is without types
    cell = WriteOnlyCell(sheet, value=value)
    if isinstance(value, str):
        cell.data_type = "s"  # a name that begins with «=» is no formula
    elif isinstance(value, date):
        cell.number_format = DAY_FORMAT
    return cell
