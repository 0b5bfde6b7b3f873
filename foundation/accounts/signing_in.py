"""How allauth behaves here: addresses behind proxies, a record of sign-ins, mail that may fail."""

import logging
from smtplib import SMTPException
from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core import context as current
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from foundation.accounts.models import ConsentText, SignIn, User
from foundation.kernel.http import client_address

logger = logging.getLogger(__name__)


class MfaAdapter(DefaultMFAAdapter):
    """Tells what to do about a wrong code."""

    error_messages: ClassVar[dict[str, Any]] = DefaultMFAAdapter.error_messages | {
        "incorrect_code": gettext_lazy(
            "This code is not right. The app shows a new one every half minute: type the newest."
        )
    }


class AccountAdapter(DefaultAccountAdapter):
    """Never writes an address or a password into the log."""

    error_messages: ClassVar[dict[str, Any]] = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": gettext_lazy(
            "The e-mail address or the password is not right. Look at both, then try again."
        )
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  # allauth's signature
        """Closed until there is a text to agree to (`manage.py load_reference`)."""
        return ConsentText.current() is not None

    def get_client_ip(self, request: HttpRequest) -> str:
        address = client_address(request)
        if not address:
            raise PermissionDenied
        return address

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        user = request.user
        if isinstance(user, User) and not user.is_verified_member and not user.holds_staff_role:
            return reverse("accounts:standing")
        return reverse("home:dashboard")

    def get_signup_redirect_url(self, request: HttpRequest) -> str:  # noqa: ARG002  # allauth's signature
        return reverse("accounts:standing")

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **kwargs)
        methods = {record.get("method") for record in get_authentication_records(request, user)}
        SignIn.objects.create(
            user=user,
            address=client_address(request) or None,
            browser=request.headers.get("User-Agent", "")[:200],
            has_second_factor="mfa" in methods,
        )
        return response

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:  # noqa: ARG002  # allauth's signature
        logger.warning("Sign-in failed, from %s", client_address(request))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """A mail server that is away must not lose what was typed: say so, the person can ask again."""
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, SMTPException) as error:
            logger.error("Mail %s could not be sent: %s", template_prefix, type(error).__name__)  # noqa: TRY400  # the trace would hold the address
            if request := current.request:
                messages.error(request, _("The e-mail could not be sent just now. Please ask for it again in a while."))
