"""The roof: settings, addresses and the rooms that see every other room."""

from portal.celery import app as celery_app

__all__ = ["celery_app"]
