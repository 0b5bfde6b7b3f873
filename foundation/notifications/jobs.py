"""What the worker does for this room."""

from typing import Any

from django.conf import settings
from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from foundation.jobs.registry import JobHandle, job
from foundation.kernel.mail import send_mail_to
from foundation.notifications.models import Notification

PLAIN_MESSAGE = "notifications/mail/message"


@job("notifications.mail", queue="mail", max_attempts=7, label=_("Sending an e-mail"))
def mail(handle: JobHandle, *, notification_id: int, context: dict[str, Any]) -> None:
    """Send one notification, once; a mail server that is away is tried again for about a quarter of an hour."""
    notification = Notification.objects.select_related("user").filter(pk=notification_id, mailed_at=None).first()
    if notification is None or not notification.user.is_active:
        return
    link = f"{settings.BASE_URL}{notification.get_absolute_url()}" if notification.url else ""
    send_mail_to(
        notification.user.email,
        template=template_for(notification.kind),
        context=context | {"text": notification.text, "link": link, "user": notification.user},
        language=notification.user.language,
    )
    Notification.objects.filter(pk=notification_id).update(mailed_at=timezone.now())


def forget_old_notifications() -> int:
    """Lines that were read long ago; unread ones wait for their reader."""
    return Notification.objects.read_long_ago().delete()[0]


def template_for(kind: str) -> str:
    """`cpd/mail/certificate_issued` for the kind `cpd.certificate_issued` where a room has it, else the plain one."""
    own = kind.replace(".", "/mail/", 1)
    try:
        get_template(f"{own}.html")
    except TemplateDoesNotExist:
        return PLAIN_MESSAGE
    return own
