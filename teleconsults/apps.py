"""Declares the room to Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TeleconsultsConfig(AppConfig):
    name = "teleconsults"
    label = "teleconsults"
    verbose_name = _("Teleconsults")
