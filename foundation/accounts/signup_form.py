"""What signing up asks besides e-mail and password; allauth builds its own form on this one."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from foundation.accounts.actions import give_consent
from foundation.accounts.models import ConsentGiven, ConsentText, User


class SignupForm(forms.Form):
    """Name and consent. The box is never ticked beforehand; the version that was shown travels with the form."""

    field_order = ["full_name", "email", "password1", "password2", "consent_version", "consent"]

    full_name = forms.CharField(
        label=_("Full name"),
        max_length=120,
        help_text=_("Family name first, as on your licence."),
        widget=forms.TextInput(attrs={"autocomplete": "name", "autocapitalize": "words", "spellcheck": "false"}),
    )
    consent_version = forms.CharField(widget=forms.HiddenInput, required=False)
    consent = forms.BooleanField(
        label=_("I have read how the network uses my data, and I agree."),
        error_messages={"required": _("Without your consent we cannot keep an account for you.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.consent_text = ConsentText.current()
        if self.consent_text:
            self.fields["consent_version"].initial = self.consent_text.version

    def clean_full_name(self) -> str:
        return " ".join(self.cleaned_data["full_name"].split())

    def clean_consent(self) -> bool:
        """Refuses a tick under a text that is no longer in force, and shows the new one."""
        shown = self.data.get(self.add_prefix("consent_version"))
        if self.consent_text and shown != self.consent_text.version:
            self.data = {**self.data.dict(), self.add_prefix("consent_version"): self.consent_text.version}  # type: ignore[attr-defined]  # a QueryDict
            raise forms.ValidationError(_("The text on the use of data has changed. Please read it and agree again."))
        return bool(self.cleaned_data["consent"])

    def signup(self, request: HttpRequest, user: User) -> None:  # noqa: ARG002  # allauth's signature
        user.full_name = self.cleaned_data["full_name"]
        user.language = "en" if get_language() == "en" else "vi"
        user.save(update_fields=["full_name", "name_sort", "search_text", "language"])
        if self.consent_text:
            give_consent(user, text=self.consent_text, channel=ConsentGiven.Channel.SIGN_UP)
