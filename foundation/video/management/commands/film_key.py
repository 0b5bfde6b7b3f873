"""Prints the line by which nginx learns the key of signed addresses: `manage.py film_key >deploy/secrets/film_key`."""

from typing import Any

from django.core.management.base import BaseCommand

from foundation.video.playback import server_key


class Command(BaseCommand):
    help = "Print the key of signed film addresses as nginx includes it (deploy/nginx/pages.conf)."

    def handle(self, *_args: Any, **_options: Any) -> None:
        self.stdout.write(f'set $film_key "{server_key()}";')
