"""Refusals: a rule that says no raises one of these; its text may be shown to the person."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class RefusedError(Exception):
    """Base of every refusal. `message` is translated and says what to do; `code` is stable, for logs and tests."""

    message: str | Promise = _("That cannot be done.")
    code = "refused"

    def __init__(self, message: str | Promise | None = None) -> None:
        if message is not None:
            self.message = message
        super().__init__(self.message)

    def __str__(self) -> str:
        return str(self.message)
