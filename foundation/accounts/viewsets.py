"""Screens of the Wagtail admin: facilities, practitioners, consent texts, users."""

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.admin.ui.tables import BooleanColumn, Column
from wagtail.admin.widgets.button import Button
from wagtail.snippets.views.snippets import IndexView, SnippetViewSet, SnippetViewSetGroup
from wagtail.users.forms import UserCreationForm, UserEditForm
from wagtail.users.views.users import IndexView as WagtailUserIndexView
from wagtail.users.views.users import UserViewSet

from foundation.accounts.models import ConsentText, Facility, Practitioner, User


class PortalUserCreationForm(UserCreationForm):
    """People are known by e-mail and one name; without a password they choose one by «forgotten password»."""

    first_name = last_name = None

    class Meta(UserCreationForm.Meta):
        fields = ("email", "full_name", "language", "is_superuser", "groups")
        widgets = {"groups": forms.CheckboxSelectMultiple}


class PortalUserEditForm(UserEditForm):
    first_name = last_name = None

    class Meta(UserEditForm.Meta):
        fields = ("email", "full_name", "language", "is_active", "is_superuser", "groups")
        widgets = {"groups": forms.CheckboxSelectMultiple}


class UserIndexView(WagtailUserIndexView):
    def get_base_queryset(self) -> Any:
        return User.objects.filter(erased_at=None).by_given_name()  # type: ignore[attr-defined]  # our queryset

    @property
    def search_fields(self) -> set[str]:
        return {"email", "full_name"}

    @search_fields.setter
    def search_fields(self, value: object) -> None:
        """Wagtail's view declares a class attribute; ours is fixed."""


class PortalUserViewSet(UserViewSet):
    index_view_class = UserIndexView

    def get_form_class(self, for_update: bool = False) -> type[forms.ModelForm[User]]:
        return PortalUserEditForm if for_update else PortalUserCreationForm


class FacilityIndexView(IndexView):
    """With the way to the import."""

    @cached_property
    def header_more_buttons(self) -> list[Button]:
        buttons: list[Button] = super().header_more_buttons
        address = reverse("accounts_facility_import")
        return [*buttons, Button(_("Import from a table"), url=address, icon_name="upload", priority=90)]


class FacilityViewSet(SnippetViewSet):
    model = Facility
    icon = "home"
    menu_label = _("Facilities")
    list_display = ["name_vi", "province", "tier", BooleanColumn("is_hub", label=_("Hub")), "insurance_code"]
    list_filter = ["province", "tier", "is_hub", "is_active"]
    list_per_page = 50
    search_fields = ["search_text", "name_vi", "name_en"]
    search_backend_name = None
    index_view_class = FacilityIndexView
    ordering = ["name_vi"]
    panels = [
        MultiFieldPanel([FieldPanel("name_vi"), FieldPanel("name_en"), FieldPanel("slug")], heading=_("Name")),
        FieldRowPanel([FieldPanel("province"), FieldPanel("former_district")]),
        FieldRowPanel([FieldPanel("tier"), FieldPanel("hospital_class"), FieldPanel("technical_level")]),
        FieldRowPanel([FieldPanel("insurance_code"), FieldPanel("national_code")]),
        FieldPanel("is_hub"),
        FieldPanel("parent_hubs"),
        FieldPanel("coordinators"),
        FieldPanel("is_active"),
    ]


def _short_end(practitioner: Practitioner) -> str:
    return date_format(practitioner.verified_until, "SHORT_DATE_FORMAT") if practitioner.verified_until else ""


class PractitionerViewSet(SnippetViewSet):
    """Read only: people change their own profile, coordinators decide."""

    model = Practitioner
    icon = "user"
    menu_label = _("Practitioners")
    list_display = [
        "__str__",
        "profession",
        "facility",
        Column("verification", label=_("Verification"), accessor="get_verification_display", sort_key="verification"),
        Column("verified_until", label=_("Valid until"), accessor=_short_end, sort_key="verified_until"),
    ]
    list_filter = ["verification", "profession"]
    list_per_page = 50
    search_fields = ["user__full_name", "user__email", "licence_number"]
    search_backend_name = None
    ordering = ["user__name_sort"]
    inspect_view_enabled = True
    inspect_view_fields = [
        "full_name", "title", "profession", "facility", "licence_type", "licence_number", "licence_issuer",
        "licence_date", "verification", "verified_by", "verified_at", "verified_until", "refusal_reason",
    ]  # fmt: skip
    panels = [FieldPanel("title", read_only=True)]


class ConsentTextViewSet(SnippetViewSet):
    """Read only: a new wording comes with a release, as a new version."""

    model = ConsentText
    icon = "doc-full"
    menu_label = _("Consent texts")
    list_display = ["purpose", "version", "published_at"]
    inspect_view_enabled = True
    panels = [FieldPanel("version", read_only=True)]


class PeopleGroup(SnippetViewSetGroup):
    menu_label = _("People")
    menu_icon = "group"
    menu_order = 500
    items = (FacilityViewSet, PractitionerViewSet, ConsentTextViewSet)
