"""Loads reference data, roles and permissions; may run at every start."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from foundation.accounts.reference import UnknownPermissionError, load_people_reference, load_roles
from foundation.kernel.reference import reference_loaders


class Command(BaseCommand):
    help = "Load provinces, specialties, professions, hubs, consent texts, the rooms' tables, roles and permissions."

    def handle(self, *_arguments: Any, **options: Any) -> None:
        try:
            with transaction.atomic():
                told = [load_people_reference(), *(load() for load in reference_loaders), load_roles()]
        except UnknownPermissionError as error:
            raise CommandError(f"No such permission, granted to {error}. Has migrate run?") from error
        if options["verbosity"]:
            self.stdout.write("Reference data: " + "; ".join(told) + ".")
