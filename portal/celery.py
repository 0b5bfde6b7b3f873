"""The Celery application: worker and beat load it by `celery -A portal`."""

import os

from celery import Celery

from portal.start import require_settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
require_settings()
app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
