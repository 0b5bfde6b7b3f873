"""`manage.py probe_video FILE`: would the portal take this file?"""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from foundation.video.probe import accepted, examined, streams_of
from foundation.video.refusals import VideoRefusedError
from foundation.video.sandbox import is_isolated


class Command(BaseCommand):
    help = "Examines a file as the worker would and prints the verdict as JSON; ends with 1 when it is refused."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: object, file: Path, **options: object) -> None:  # noqa: ARG002  # the signature is Django's
        if not file.is_file():
            raise CommandError(f"There is no file {file}.")
        verdict: dict[str, object] = {"code": "ok", "sentence": "", "streams": [], "is_isolated": is_isolated()}
        try:
            facts = examined(file.resolve())
            verdict["streams"] = streams_of(facts)
            verdict |= accepted(facts, file.resolve()).as_json()
        except VideoRefusedError as refusal:
            verdict |= {"code": refusal.code, "sentence": str(refusal)}
        self.stdout.write(json.dumps(verdict, ensure_ascii=False, indent=2))
        if verdict["code"] != "ok":
            sys.exit(1)
