"""E-mail to one address, as HTML with a text twin, in the reader's language."""

from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation


class MailNotSentError(Exception):
    """A letter could not be handed over. Names the kind of failure only: a server's answers repeat addresses."""


def send_mail_to(address: str, *, template: str, context: dict[str, Any], language: str) -> None:
    """Render `<template>_subject.txt`, `<template>.txt` and `<template>.html` and send them to `address`.

    Raises MailNotSentError when the mail server cannot be reached or refuses: call it from a job.
    """
    with translation.override(language):
        full = {"site_name": settings.WAGTAIL_SITE_NAME, "base_url": settings.BASE_URL, "language": language} | context
        subject = " ".join(render_to_string(f"{template}_subject.txt", full).split())
        message = EmailMultiAlternatives(subject, render_to_string(f"{template}.txt", full), to=[address])
        message.attach_alternative(render_to_string(f"{template}.html", full), "text/html")
    try:
        message.send()
    except (SMTPException, OSError) as error:
        failure = _without_addresses(error)
    else:
        return
    # Outside the handler and from nothing: the log of a job keeps the whole chain of errors.
    raise MailNotSentError(failure) from None


def _without_addresses(error: Exception) -> str:
    """`SMTPRecipientsRefused 550`."""
    code: object = ""
    if isinstance(error, SMTPResponseException):
        code = error.smtp_code
    elif isinstance(error, SMTPRecipientsRefused):
        code = next((answer[0] for answer in error.recipients.values()), "")
    return f"{type(error).__name__} {code}".strip()
