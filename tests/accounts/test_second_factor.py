"""Staff roles set up a second factor before they act; Wagtail has no door of its own."""

from urllib.parse import unquote

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse

from foundation.accounts.models import SignIn
from foundation.accounts.reference import load_roles
from foundation.kernel.roles import Role
from portal.settings.production import NEEDED, refuse_unsafe
from tests.factories.accounts import PASSWORD, PractitionerFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def _required(settings):
    settings.REQUIRE_MFA = True


@pytest.fixture
def editor(client):
    load_roles()
    user = UserFactory(roles=[Role.EDITOR])
    client.force_login(user)
    return user


def give_factor(user) -> str:
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(user, secret)
    return secret


@pytest.mark.usefixtures("_required")
@pytest.mark.parametrize("path", ["/admin/", "/admin/pages/", "/en/desk/people/", "/en/home/"])
def test_staff_without_a_factor_are_sent_to_set_it_up(client, editor, path):
    assert client.get(path).url == reverse("mfa_index")


@pytest.mark.usefixtures("_required")
def test_they_can_reach_all_they_need_for_it(client, editor):
    for name in ("mfa_index", "accounts:overview", "account_logout", "mfa_list_webauthn"):
        assert client.get(reverse(name)).status_code == 200


@pytest.mark.usefixtures("_required")
def test_a_superuser_needs_one_too(client):
    client.force_login(UserFactory(is_superuser=True))
    assert client.get("/admin/").url == reverse("mfa_index")


@pytest.mark.usefixtures("_required")
def test_with_a_factor_the_admin_opens(client, editor):
    give_factor(editor)
    assert client.get("/admin/").status_code == 200


@pytest.mark.usefixtures("_required")
def test_members_need_none(client):
    client.force_login(PractitionerFactory(verified=True).user)
    assert client.get(reverse("accounts:standing")).status_code == 200
    assert client.get(reverse("home:dashboard")).status_code == 200


def test_a_factor_once_set_up_is_asked_for(client):
    user = PractitionerFactory(verified=True).user
    secret = give_factor(user)
    RecoveryCodes.activate(user)
    response = client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    assert response.url == reverse("mfa_authenticate")
    assert client.get(reverse("accounts:standing")).status_code == 302
    assert client.post(response.url, {"code": "000000"}).status_code == 200
    code = totp.format_hotp_value(totp.hotp_value(secret, next(totp.yield_hotp_counters_from_time())))
    assert client.post(response.url, {"code": code}).url == reverse("home:dashboard")
    assert SignIn.objects.get(user=user).has_second_factor
    assert Authenticator.objects.filter(user=user).count() == 2


@pytest.mark.parametrize("path", ["/admin/login/", "/en/_util/login/"])
def test_wagtails_own_sign_in_leads_to_ours(client, path):
    response = client.get(path, {"next": "/admin/pages/"})
    assert response.url.startswith(reverse("account_login"))
    assert "next=/admin/pages/" in unquote(response.url)
    assert client.post(path, {"username": "a", "password": "b"}).status_code in {302, 405}


def test_the_door_does_not_send_people_to_other_sites(client):
    assert "evil" not in client.get("/admin/login/", {"next": "https://evil.example/"}).url


def test_signed_in_without_rights_meets_a_refusal_not_a_circle(client):
    client.force_login(UserFactory())
    response = client.get("/admin/", follow=True)
    assert response.status_code == 403


def test_production_refuses_to_go_without():
    fine = {"secret_key": "x" * 50, "debug": False, "is_sqlite": False, "web_nodes": 1, "is_https": True}
    with pytest.raises(ImproperlyConfigured, match="PORTAL_REQUIRE_MFA"):
        refuse_unsafe(**fine, given=set(NEEDED), requires_mfa=False)
