"""Letters: what a failure tells the logs."""

import smtplib
import traceback

import pytest
from django.core.mail import EmailMultiAlternatives

from foundation.accounts.models import User
from foundation.kernel.mail import MailNotSentError, send_mail_to

ADDRESS = "an@lientuyen.example"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (smtplib.SMTPRecipientsRefused({ADDRESS: (550, b"no such mailbox")}), "SMTPRecipientsRefused 550"),
        (smtplib.SMTPSenderRefused(451, b"later", ADDRESS), "SMTPSenderRefused 451"),
        (smtplib.SMTPServerDisconnected(f"while sending to {ADDRESS}"), "SMTPServerDisconnected"),
        (ConnectionRefusedError(111, "Connection refused"), "ConnectionRefusedError"),
    ],
)
def test_a_failure_names_its_kind_and_no_address(monkeypatch, error, told):
    def refuse(message):
        raise error

    monkeypatch.setattr(EmailMultiAlternatives, "send", refuse)
    context = {"text": "x", "link": "", "user": User(email=ADDRESS)}
    with pytest.raises(MailNotSentError) as raised:
        send_mail_to(ADDRESS, template="notifications/mail/message", context=context, language="en")
    assert str(raised.value) == told
    assert raised.value.__context__ is None
    assert ADDRESS not in "".join(traceback.format_exception(raised.value))
