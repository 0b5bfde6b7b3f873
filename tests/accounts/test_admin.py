"""The Wagtail admin knows our users, facilities and practitioners."""

import pytest
from django.urls import reverse

from foundation.accounts.models import User
from foundation.accounts.reference import load_roles
from foundation.kernel.roles import Role
from tests.factories.accounts import FacilityFactory, PractitionerFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client):
    load_roles()
    client.force_login(user := UserFactory(is_superuser=True, full_name="Quản Trị Viên", admin_language="en"))
    return user


@pytest.mark.parametrize(
    "name",
    [
        "wagtailadmin_home",
        "wagtailusers_users:index",
        "wagtailusers_users:add",
        "wagtailusers_groups:index",
        "wagtailsnippets_accounts_facility:list",
        "wagtailsnippets_accounts_facility:add",
        "wagtailsnippets_accounts_practitioner:list",
        "wagtailsnippets_accounts_consenttext:list",
        "wagtailadmin_reports:site_history",
        "wagtailadmin_account",
    ],
)
def test_every_screen_opens(client, admin, name):
    PractitionerFactory(verified=True)
    assert client.get(reverse(name)).status_code == 200


def test_a_user_is_made_with_one_name_and_no_password(client, admin):
    data = {"email": "moi@lientuyen.example", "full_name": "Lê Thị Mới", "language": "vi"}
    client.post(reverse("wagtailusers_users:add"), data)
    user = User.objects.get(email="moi@lientuyen.example")
    assert user.full_name == "Lê Thị Mới"
    assert not user.check_password("")


def test_a_user_is_given_a_role(client, admin):
    user = UserFactory()
    address = reverse("wagtailusers_users:edit", args=[user.pk])
    assert "Full name" in client.get(address).content.decode()
    group = user.groups.model.objects.get(name=Role.CPD_ADMIN.value)
    data = {"email": user.email, "full_name": user.full_name, "language": "en", "is_active": "on", "groups": group.pk}
    client.post(address, data)
    assert User.objects.get(pk=user.pk).has_role(Role.CPD_ADMIN)


def test_users_are_found_by_name(client, admin):
    UserFactory(full_name="Phan Thị Tìm")
    page = client.get(reverse("wagtailusers_users:index"), {"q": "Tìm"}).content.decode()
    assert "Phan Thị Tìm" in page


def test_a_facility_is_found_without_marks_and_can_be_changed(client, admin):
    facility = FacilityFactory(name_vi="Bệnh viện Điện Biên")
    page = client.get(reverse("wagtailsnippets_accounts_facility:list"), {"q": "dien bien"}).content.decode()
    assert "Bệnh viện Điện Biên" in page
    assert reverse("accounts_facility_import") in page
    assert client.get(reverse("wagtailsnippets_accounts_facility:edit", args=[facility.pk])).status_code == 200


def test_practitioners_can_be_looked_at_only(client, admin):
    practitioner = PractitionerFactory(verified=True)
    listed = client.get(reverse("wagtailsnippets_accounts_practitioner:list")).content.decode()
    for shown in (practitioner.titled_name, "Verification", "Verified", "Valid until"):
        assert shown in listed
    inspect = reverse("wagtailsnippets_accounts_practitioner:inspect", args=[practitioner.pk])
    assert practitioner.licence_number in client.get(inspect).content.decode()
    for name in ("edit", "delete"):
        address = reverse(f"wagtailsnippets_accounts_practitioner:{name}", args=[practitioner.pk])
        assert client.get(address).status_code == 302


def test_editors_see_pages_and_neither_people_nor_facilities(client):
    load_roles()
    client.force_login(UserFactory(roles=[Role.EDITOR]))
    home = client.get(reverse("wagtailadmin_home")).content.decode()
    assert reverse("wagtailadmin_explore_root").rstrip("/") in home
    assert reverse("home:dashboard") in home  # the way back
    assert reverse("wagtailusers_users:index") not in home
    assert client.get(reverse("wagtailsnippets_accounts_facility:list")).status_code == 302
