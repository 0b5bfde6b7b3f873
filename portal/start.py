"""Loads the settings before anything else: a wrong one stops every process with a sentence, not with a traceback."""

import sys
from importlib import import_module

from django.core.exceptions import ImproperlyConfigured

WRONG_SETTINGS_EXIT = 2


def require_settings() -> None:
    """Exit with 2, and the sentence on stderr, when portal.settings refuses the environment."""
    try:
        import_module("portal.settings")
    except ImproperlyConfigured as refusal:
        sys.stderr.write(f"The portal does not start: {refusal}\n")
        raise SystemExit(WRONG_SETTINGS_EXIT) from None
