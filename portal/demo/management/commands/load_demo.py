"""Loads the demo network; a second run changes nothing and makes no doubles."""

import logging
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal.demo.bodies import load_issuing_bodies
from portal.demo.courses import load_courses
from portal.demo.pages import load_pages
from portal.demo.people import load_facilities, load_people
from portal.demo.progress import load_progress
from portal.demo.recordings import load_recordings


class Command(BaseCommand):
    """Needs the reference data (`load_reference`). Long work runs in this process; nobody gets mail."""

    help = "Load a believable small network of fictional people; safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002  # Django's signature
        if settings.MODE == "production":
            raise CommandError("The demo network has accounts that anybody may use: it is not for production.")
        settings.JOBS_EAGER = True
        settings.VIDEO_PRESET = "ultrafast"  # somebody waits for the films, and they are short
        settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.dummy.EmailBackend"}}
        # A line for every page that is made tells a newcomer nothing.
        logging.getLogger("wagtail").setLevel(logging.WARNING)
        began = time.monotonic()
        load_pages()
        load_facilities()
        users = load_people()
        load_issuing_bodies(users)
        recordings = load_recordings(users)
        self.stdout.write(f"{len(users)} people, {len(recordings)} recordings, {time.monotonic() - began:.0f} s")
        courses = load_courses(users, recordings)
        load_progress(users, courses)
        self.stdout.write(f"{len(courses)} courses and everybody's progress, {time.monotonic() - began:.0f} s in all")
