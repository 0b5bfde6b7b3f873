"""Telling one person something, and what they do with it."""

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.urls import reverse_lazy, translate_url
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from foundation.jobs.actions import enqueue
from foundation.notifications.models import Notification, Preference

if TYPE_CHECKING:
    from foundation.accounts.models import Practitioner, User


@transaction.atomic
def tell(
    user: "User",
    *,
    kind: str,
    text: str | Promise,
    url: str | Promise = "",
    email: bool = True,
    context: dict[str, Any] | None = None,
) -> Notification:
    """Put a line into the person's inbox and, unless they turned that off, into their e-mail.

    A lazy `text` or `url` is written in the person's language. `url` is a path of this portal; ValueError otherwise.
    A kind `cpd.certificate_issued` may have a mail of its own, `cpd/mail/certificate_issued.{html,txt}` and
    `…_subject.txt`, which gets `context` (JSON-ready) besides `text` and `link`; else the plain message is sent.
    """
    with translation.override(user.language):
        written, path = str(text)[:300], str(url)
        if path:
            if not path.startswith("/") or not url_has_allowed_host_and_scheme(path, allowed_hosts=None):
                raise ValueError(f"A notification leads to a path of this portal, not to {path!r}.")
            path = _in_language(path, user.language)
    notification = Notification.objects.create(user=user, kind=kind, text=written, url=path)
    if email and Preference.objects.of(user).by_email:
        enqueue("notifications.mail", args={"notification_id": notification.pk, "context": context or {}})
    return notification


def tell_verdict(practitioner: "Practitioner") -> None:
    """The coordinator's answer, in the inbox only: accounts sends a letter of its own."""
    text = (
        _("Your profile is confirmed: recordings and courses are open to you.")
        if practitioner.is_verified
        else _("Your profile came back from the coordinator. Read what to do.")
    )
    tell(practitioner.user, kind="accounts.verdict", text=text, url=reverse_lazy("accounts:standing"), email=False)


def _in_language(path: str, language: str) -> str:
    """The same page under the other prefix; an address is only understood in its own language."""
    with translation.override(translation.get_language_from_path(path) or language):
        return translate_url(path, language)


def mark_all_read(*, by: "User") -> int:
    """Returns how many were unread."""
    return Notification.objects.visible_to(by).unread().update(read_at=timezone.now())


def mark_read(notification: Notification) -> None:
    """Keeps the time of the first reading."""
    Notification.objects.filter(pk=notification.pk).unread().update(read_at=timezone.now())


def choose_mail(*, is_wanted: bool, by: "User") -> Preference:
    """Turn the e-mails on or off; those under way still come."""
    return Preference.objects.update_or_create(user=by, defaults={"by_email": is_wanted})[0]
