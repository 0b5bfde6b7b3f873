"""E-mail to one address, as HTML with a text twin, in the reader's language."""

from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation


def send_mail_to(address: str, *, template: str, context: dict[str, Any], language: str) -> None:
    """Render `<template>_subject.txt`, `<template>.txt` and `<template>.html` and send them to `address`.

    Raises OSError or SMTPException when the mail server cannot be reached: call it from a job.
    """
    with translation.override(language):
        full = {"site_name": settings.WAGTAIL_SITE_NAME, "base_url": settings.BASE_URL, "language": language} | context
        subject = " ".join(render_to_string(f"{template}_subject.txt", full).split())
        message = EmailMultiAlternatives(subject, render_to_string(f"{template}.txt", full), to=[address])
        message.attach_alternative(render_to_string(f"{template}.html", full), "text/html")
    message.send()
