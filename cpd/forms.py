"""What administrators, holders and visitors type."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from cpd.models import Activity, ActivityKind, Certificate, CreditEntry, CreditEntryQuerySet
from foundation.accounts.models import User
from foundation.kernel.vietnamese import folded


def day_input() -> forms.DateInput:
    """The browser's own date picker."""
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class DeskFilter(forms.Form):
    """Narrows and orders the desk's table; what is wrong or empty changes nothing."""

    q = forms.CharField(label=_("Name or serial"), required=False, max_length=80)
    activity = forms.ModelChoiceField(
        Activity.objects.none(), label=_("Activity"), required=False, empty_label=_("All activities")
    )
    certificate = forms.ChoiceField(
        label=_("Certificate"),
        required=False,
        choices=[("", _("All")), ("without", _("Without certificate")), ("with", _("With certificate"))],
    )
    since = forms.DateField(label=_("Completed from"), required=False, widget=day_input())
    until = forms.DateField(label=_("Completed until"), required=False, widget=day_input())
    sort = forms.ChoiceField(
        label=_("Order"),
        required=False,
        choices=[("", _("Newest first")), ("oldest", _("Oldest first")), ("name", _("By given name"))],
    )

    ORDERS: ClassVar[dict[str, tuple[str, ...]]] = {
        "": ("-on_date", "-pk"),
        "oldest": ("on_date", "pk"),
        "name": ("practitioner__user__name_sort", "pk"),
    }

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:  # Any: passed through to Django
        super().__init__(*args, **kwargs)
        field = self.fields["activity"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Activity.objects.administered_by(by).order_by("title", "pk")

    def narrow(self, entries: CreditEntryQuerySet) -> CreditEntryQuerySet:
        """The entries that the filter lets through."""
        self.is_valid()
        chosen = self.cleaned_data
        if chosen.get("q"):
            entries = entries.matching(chosen["q"])
        if chosen.get("activity"):
            entries = entries.filter(activity=chosen["activity"])
        if chosen.get("since"):
            entries = entries.filter(on_date__gte=chosen["since"])
        if chosen.get("until"):
            entries = entries.filter(on_date__lte=chosen["until"])
        if chosen.get("certificate") == "without":
            entries = entries.uncertified()
        if chosen.get("certificate") == "with":
            entries = entries.certified()
        return entries

    @property
    def is_narrowing(self) -> bool:
        """Whether rows are left out; the order leaves none out."""
        self.is_valid()
        return any(value for name, value in self.cleaned_data.items() if name != "sort")

    @property
    def is_narrowing_more(self) -> bool:
        """Whether something is chosen among what is folded away."""
        self.is_valid()
        return any(self.cleaned_data.get(name) for name in ("activity", "since", "until", "sort"))

    @property
    def certified(self) -> str:
        """The chosen state of the certificate; empty: any."""
        self.is_valid()
        return str(self.cleaned_data.get("certificate", ""))

    @property
    def sorted_by(self) -> str:
        """The chosen order's name; empty: newest first."""
        self.is_valid()
        return str(self.cleaned_data.get("sort", ""))

    @property
    def order(self) -> tuple[str, ...]:
        """Columns for paging, the last of them unique."""
        return self.ORDERS[self.sorted_by]


class ChosenEntries(forms.Form):
    """The rows ticked on the desk: boxes named `entry`, or one text of ids from the page that asks again."""

    MOST = 2000

    def __init__(self, data: Any, *, shown: CreditEntryQuerySet) -> None:  # Any: a QueryDict
        super().__init__(data)
        self.shown = shown

    def entries(self) -> CreditEntryQuerySet:
        """What was chosen among `shown`; with "all", every one without a certificate, at most `MOST`."""
        if "all" in self.data:
            return CreditEntry.objects.filter(
                pk__in=list(self.shown.uncertified().values_list("pk", flat=True)[: self.MOST])
            )
        typed = [*self.data.getlist("entry"), *self.data.get("entries", "").split(",")]  # type: ignore[attr-defined]  # QueryDict
        return self.shown.filter(pk__in=[int(text) for text in typed if text.isdecimal()][: self.MOST])


class ConfirmForm(forms.Form):
    """What the issuer stands for."""

    kind = forms.ModelChoiceField(
        ActivityKind.objects.filter(is_enabled=True), label=_("Form of activity"), to_field_name="code"
    )
    hours = forms.DecimalField(
        label=_("Credit hours"),
        max_digits=5,
        decimal_places=2,
        min_value=0,
        localize=True,
        help_text=_("In steps of 0.25. You stand for this number in the name of the issuing body."),
    )
    responsible = forms.CharField(
        label=_("Responsible unit or person"),
        required=False,
        max_length=255,
        help_text=_("Printed in the certificate's table. Empty: the issuing body."),
    )


class RevokeForm(forms.Form):
    """Why a certificate is void from now on."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Everyone who checks the certificate reads this. Name no illness and no third person."),
    )


class LookUpForm(forms.Form):
    """A certificate in the hand, but no camera: its serial and the name on it."""

    serial = forms.CharField(label=_("Serial"), max_length=60, help_text=_("For example HUB07/2026/000123."))
    name = forms.CharField(label=_("Full name on the certificate"), max_length=120)

    certificate: Certificate | None = None

    def clean(self) -> dict[str, Any]:
        """Finds the certificate only when both are right; marks and capitals may be left out."""
        typed = super().clean() or {}
        if "serial" in typed and "name" in typed:
            found = Certificate.objects.filter(serial=typed["serial"].strip().upper()).defer("pdf").first()
            if found is None or folded(found.holder_name) != folded(typed["name"]):
                raise forms.ValidationError(
                    _("No certificate has this serial and this name. Compare both with the paper.")
                )
            self.certificate = found
        return typed
