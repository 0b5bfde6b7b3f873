"""What was typed about a person → values to trust."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.forms.utils import ErrorDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import Facility, Practitioner, Profession, ProfileFacts, Province, Specialty, User

FACILITIES_SHOWN = 60
_YOUNGEST, _OLDEST = 17, 100
_SPECIALTY_GROUPS = {
    "medical": _("Internal medicine"),
    "surgery": _("Surgery"),
    "acute": _("Emergency and intensive care"),
    "obgyn": _("Obstetrics and gynaecology"),
    "paediatrics": _("Paediatrics"),
    "oncology": _("Oncology"),
    "head-neck": _("Head and neck"),
    "diagnostics": _("Diagnostics"),
    "non-clinical": _("Not clinical"),
}


def facility_choices(matching: Iterable[Facility], chosen: Facility | None = None) -> list[tuple[str, Any]]:
    """Options of the facility field: the chosen one first, then those that match."""
    shown = [chosen] if chosen else []
    shown += [facility for facility in matching if facility != chosen]
    return [
        ("", _("Choose from the list")),
        *((str(facility.pk), f"{facility.name} ({facility.place})") for facility in shown),
    ]


def specialty_choices() -> list[tuple[str, list[tuple[int, str]]]]:
    """Check boxes by group, in the order of the reference table."""
    groups: dict[str, list[tuple[int, str]]] = {group: [] for group in _SPECIALTY_GROUPS}
    for one in Specialty.objects.order_by("sort", "slug"):
        groups.setdefault(one.group if one.group in groups else "", []).append((one.pk, one.name))
    return [(str(_SPECIALTY_GROUPS.get(group, _("Other"))), members) for group, members in groups.items() if members]


class DateInput(forms.DateInput):
    """The browser's own date field; without one, 31/12/1990 may be typed."""

    input_type = "date"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%Y-%m-%d", **kwargs)


def date_field(**kwargs: Any) -> forms.DateField:
    return forms.DateField(widget=DateInput(), input_formats=["%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y"], **kwargs)


class ProfileForm(forms.Form):
    """A practitioner's profile. The facility is found by province and words; `find` only narrows the list."""

    full_name = forms.CharField(
        label=_("Full name"),
        max_length=120,
        help_text=_("Family name first, as on your licence. It is printed on your certificates."),
        widget=forms.TextInput(attrs={"autocomplete": "name", "spellcheck": "false"}),
    )
    title = forms.CharField(
        label=_("Title before the name"), max_length=20, required=False, help_text=_("For example BS, BSCKI, ThS, ĐD.")
    )
    date_of_birth = date_field(
        label=_("Date of birth"), help_text=_("It is printed on your certificates, as the official form asks.")
    )
    profession = forms.ModelChoiceField(label=_("Profession"), queryset=Profession.objects.all(), empty_label="—")
    licence_type = forms.ChoiceField(label=_("Kind of licence"), choices=Practitioner.LicenceType)
    licence_number = forms.CharField(
        label=_("Licence number"),
        max_length=60,
        required=False,
        help_text=_("As it is printed, for example 003474/HNO-CCHN. Other shapes are accepted."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    licence_issuer = forms.CharField(
        label=_("Issued by"), max_length=120, required=False, help_text=_("For example Sở Y tế Hà Nội, Bộ Y tế.")
    )
    licence_date = date_field(label=_("Date of the licence"), required=False)
    province = forms.ModelChoiceField(
        label=_("Province or city"), queryset=Province.objects.all(), required=False, empty_label=_("All provinces")
    )
    facility_words = forms.CharField(
        label=_("Search by name"),
        max_length=80,
        required=False,
        help_text=_("Part of the name or the former district; marks are not needed."),
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    facility = forms.ModelChoiceField(
        label=_("Facility"),
        queryset=Facility.objects.in_use(),
        error_messages={
            "required": _("Choose the place where you practise: a province or a word of its name narrows the list."),
            "invalid_choice": _("This place is not in the list any more. Please choose again."),
        },
    )
    specialties = forms.MultipleChoiceField(
        label=_("Specialties"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("What you would like to see first. You can change them at any time."),
    )
    language = forms.ChoiceField(label=_("Language of e-mails"), choices=User.LANGUAGES)

    def __init__(self, data: Any = None, *, user: User) -> None:
        self.practitioner = user.practitioner_or_none
        super().__init__(data, initial=_typed_before(user, self.practitioner))
        self.is_search = data is not None and "find" in data
        self.fields["specialties"].choices = specialty_choices()  # type: ignore[attr-defined]  # a ChoiceField
        self._narrow_facilities()

    def _narrow_facilities(self) -> None:
        province = Province.objects.filter(pk=_number(self["province"].value())).first()
        words = str(self["facility_words"].value() or "")
        chosen = Facility.objects.select_related("province").filter(pk=_number(self["facility"].value())).first()
        found = list(Facility.objects.matching(words, province=province)[: FACILITIES_SHOWN + 1])
        self.has_more_facilities = len(found) > FACILITIES_SHOWN
        self.has_no_facilities = not found
        self.fields["facility"].widget.choices = facility_choices(found[:FACILITIES_SHOWN], chosen)

    def full_clean(self) -> None:
        """Narrowing the list of facilities is no reason to scold about the other fields."""
        if self.is_search:
            self._errors, self.cleaned_data = ErrorDict(), {}
            return
        super().full_clean()

    def clean_full_name(self) -> str:
        return " ".join(self.cleaned_data["full_name"].split())

    def clean_date_of_birth(self) -> date:
        born: date = self.cleaned_data["date_of_birth"]
        age = (timezone.localdate() - born).days // 365
        if age < 0:
            raise forms.ValidationError(_("This day has not come yet. Please check the year."))
        if not _YOUNGEST <= age <= _OLDEST:
            raise forms.ValidationError(
                _("Please check the year: this would make you %(age)s years old."), params={"age": age}
            )
        return born

    def facts(self) -> ProfileFacts:
        """What the action takes; only after `is_valid()`."""
        typed = {name: self.cleaned_data[name] for name in ProfileFacts.__dataclass_fields__ if name != "specialties"}
        return ProfileFacts(
            **typed, specialties=list(Specialty.objects.filter(pk__in=self.cleaned_data["specialties"]))
        )

    def hidden_values(self) -> list[tuple[str, str]]:
        """Every typed value again, for the page that asks to confirm."""
        return [(name, value) for name, values in self.data.lists() if name in self.fields for value in values]  # type: ignore[attr-defined]  # a QueryDict


def _number(value: Any) -> int:
    """A key from a form, whatever was sent; 0 is nobody's."""
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and value.isdecimal() and len(value) < 18 else 0


def _typed_before(user: User, practitioner: Practitioner | None) -> dict[str, Any]:
    known: dict[str, Any] = {"full_name": user.full_name, "language": user.language}
    if practitioner is None:
        return known
    names = ("title", "date_of_birth", "licence_type", "licence_number", "licence_issuer", "licence_date")
    return (
        known
        | {name: getattr(practitioner, name) for name in names}
        | {
            "profession": practitioner.profession_id,
            "facility": practitioner.facility_id,
            "province": practitioner.facility.province_id,
            "specialties": [one.pk for one in practitioner.specialties.all()],
        }
    )


class ReasonForm(forms.Form):
    """Why a profile is sent back; the person reads it."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The person reads this. Say what to correct."),
    )


class EraseForm(forms.Form):
    """The last question before an account is closed for good."""

    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    is_sure = forms.BooleanField(label=_("Yes, close my account for good. I know that this cannot be undone."))


class AddressForm(forms.Form):
    """Where to send a new confirmation link."""

    email = forms.EmailField(label=_("E-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "email"}))


class PeopleFilterForm(forms.Form):
    """Whom a coordinator looks for; kept in the address."""

    q = forms.CharField(
        label=_("Name, e-mail or licence number"),
        max_length=80,
        required=False,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
