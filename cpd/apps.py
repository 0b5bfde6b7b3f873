"""Declares the room to Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CpdConfig(AppConfig):
    name = "cpd"
    label = "cpd"
    verbose_name = _("Credit hours and certificates")
