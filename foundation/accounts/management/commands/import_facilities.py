"""Imports facilities from a CSV file, or says what it would do."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from foundation.accounts.facility_import import ImportPlan, Verdict, import_facilities, plan_import
from foundation.kernel.errors import RefusedError


class Command(BaseCommand):
    help = "Import facilities from a CSV file (UTF-8). With --dry-run only the verdict on each row is printed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="print the verdicts, change nothing")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        try:
            data = options["file"].read_bytes()
            self._tell(plan_import(data))
            if not options["dry_run"]:
                import_facilities(data, by=None)
        except (OSError, RefusedError) as error:
            raise CommandError(str(error)) from error

    def _tell(self, plan: ImportPlan) -> None:
        for row in plan.rows:
            if row.verdict is not Verdict.SAME:
                said = " ".join(row.problems) or ", ".join(row.changed)
                self.stdout.write(f"line {row.row.line}: {row.verdict} {row.row.values['name_vi']} {said}".rstrip())
        self.stdout.write(", ".join(f"{verdict}: {plan.count(verdict)}" for verdict in Verdict))
