"""Signing up, confirming, signing in, forgetting: by allauth, with our name, consent and limits."""

import re
import unicodedata
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import timezone

from foundation.accounts.jobs import forget_expired_sessions, forget_old_sign_ins, forget_unconfirmed_accounts
from foundation.accounts.models import ConsentGiven, ConsentText, SignIn, User
from foundation.accounts.rules import device_named
from foundation.kernel.roles import Role
from tests.factories.accounts import PASSWORD, ConsentTextFactory, PractitionerFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def text() -> ConsentText:
    return ConsentTextFactory()


def typed(**changes: str) -> dict[str, str]:
    return {
        "full_name": "Nguyễn Văn An",
        "email": "an@lientuyen.example",
        "password1": PASSWORD,
        "password2": PASSWORD,
        "consent_version": "1",
        "consent": "on",
    } | changes


def sign_up(client, **changes):
    return client.post(reverse("account_signup"), typed(**changes))


def link_in(message: EmailMessage) -> str:
    found = re.search(r"http://[^/\s]+(/\S*(?:confirm-email|password/reset/key)/\S+)", str(message.body))
    assert found
    return found[1]


def test_signing_up_keeps_name_language_and_consent(client, text):
    response = sign_up(client)
    assert response.url == reverse("account_email_verification_sent")
    user = User.objects.get(email="an@lientuyen.example")
    assert (user.full_name, user.language) == ("Nguyễn Văn An", "en")
    given = ConsentGiven.objects.get(user=user)
    assert (given.text, given.channel, given.language) == (text, ConsentGiven.Channel.SIGN_UP, "en")


def test_the_consent_is_shown_and_not_ticked(client, text):
    page = client.get(reverse("account_signup")).content.decode()
    assert text.text_en in page
    assert "checked" not in re.search(r'<input[^>]*name="consent"[^>]*>', page)[0]


def test_no_account_without_consent(client, text):
    response = sign_up(client, consent="")
    assert "Without your consent" in response.content.decode()
    assert not User.objects.exists()


def test_a_text_that_changed_meanwhile_is_shown_again(client, text):
    ConsentTextFactory(version="2", text_en="Something else.", published_at=timezone.now())
    response = sign_up(client)
    assert "has changed" in response.content.decode()
    assert not User.objects.exists()
    assert 'value="2"' in response.content.decode()


def test_sign_up_is_closed_before_there_is_a_text(client):
    assert "consent" not in client.get(reverse("account_signup")).content.decode()
    sign_up(client)
    assert not User.objects.exists()


def test_typed_text_is_composed(client, text):
    sign_up(client, full_name=unicodedata.normalize("NFD", "Nguyễn  Văn Ẩn"))
    assert User.objects.get().full_name == "Nguyễn Văn Ẩn"


def test_a_second_sign_up_with_the_same_mail_looks_the_same_and_tells_the_owner(client, text):
    owner = UserFactory(email="an@lientuyen.example")
    response = sign_up(client, email="AN@lientuyen.example")
    assert response.url == reverse("account_email_verification_sent")
    assert User.objects.count() == 1
    assert mail.outbox[0].to == [owner.email]
    assert ConsentGiven.objects.count() == 0


def test_nobody_signs_in_before_the_address_is_confirmed(client, text):
    sign_up(client)
    client.logout()
    client.post(reverse("account_login"), {"login": "an@lientuyen.example", "password": PASSWORD})
    assert "_auth_user_id" not in client.session


def test_the_link_confirms_and_leads_on(client, text):
    sign_up(client)
    link = link_in(mail.outbox[0])
    assert "Yes, confirm it" in client.get(link).content.decode()
    response = client.post(link)
    assert EmailAddress.objects.get().verified
    assert response.url == reverse("accounts:standing")


def test_an_expired_link_offers_a_new_one(client, text, settings):
    sign_up(client)
    link = link_in(mail.outbox[0])
    settings.ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS = timedelta(0).days
    page = client.get(link)
    assert page.status_code == 200
    assert reverse("accounts:new_confirmation") in page.content.decode()
    settings.ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS = 3
    client.logout()
    response = client.post(reverse("accounts:new_confirmation"), {"email": "an@lientuyen.example"})
    assert response.url == reverse("account_email_verification_sent")
    assert len(mail.outbox) == 2
    client.post(link_in(mail.outbox[1]))
    assert EmailAddress.objects.get().verified


def test_asking_for_a_new_link_does_not_tell_who_has_an_account(client):
    known = UserFactory()
    answers = [
        client.post(reverse("accounts:new_confirmation"), {"email": email})
        for email in (known.email, "nobody@lientuyen.example")
    ]
    assert {answer.url for answer in answers} == {reverse("account_email_verification_sent")}
    assert not mail.outbox


def test_asking_for_links_again_and_again_has_to_wait(client):
    UserFactory(email="late@lientuyen.example", address=False)
    answers = [
        client.post(reverse("accounts:new_confirmation"), {"email": written}).status_code
        for written in (
            "late@lientuyen.example",
            "Late@lientuyen.example",
            "late@LienTuyen.example ",
            "LATE@lientuyen.example",
        )
    ]
    assert answers == [302, 302, 302, 429]


def test_signing_in_is_recorded(client):
    member = PractitionerFactory(verified=True).user
    response = client.post(reverse("account_login"), {"login": member.email, "password": PASSWORD})
    assert response.url == reverse("home:dashboard")
    record = SignIn.objects.get(user=member)
    assert (record.address, record.has_second_factor) == ("127.0.0.1", False)


def test_somebody_without_a_profile_is_led_to_their_standing(client):
    response = client.post(reverse("account_login"), {"login": UserFactory().email, "password": PASSWORD})
    assert response.url == reverse("accounts:standing")


def test_a_wrong_password_says_so_and_leaves_no_address_in_the_log(client, caplog):
    user = UserFactory()
    response = client.post(reverse("account_login"), {"login": user.email, "password": "wrong wrong wrong"})
    assert response.status_code == 200
    assert "_auth_user_id" not in client.session
    assert "Sign-in failed" in caplog.text
    assert user.email not in caplog.text
    assert "wrong wrong" not in caplog.text


def test_too_many_wrong_passwords_have_to_wait(client):
    user = UserFactory()
    for _ in range(5):
        client.post(reverse("account_login"), {"login": user.email, "password": "wrong wrong wrong"})
    response = client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    assert "Too many failed login attempts" in response.content.decode()
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(("name", "field", "times"), [("account_login", "login", 60), ("account_signup", "email", 20)])
def test_floods_get_the_page_that_asks_to_wait(client, text, name, field, times):
    for number in range(times):
        client.post(reverse(name), {field: f"no-{number}"})
    assert client.post(reverse(name), {field: "no"}).status_code == 429


def test_a_forgotten_password_is_replaced_by_mail(client):
    user = UserFactory()
    assert client.post(reverse("account_reset_password"), {"email": user.email}).status_code == 302
    page = client.get(link_in(mail.outbox[0]), follow=True)
    chosen = {"password1": "another battery staple", "password2": "another battery staple"}
    client.post(page.redirect_chain[-1][0], chosen)
    user.refresh_from_db()
    assert user.check_password("another battery staple")


def test_a_reset_for_an_unknown_address_looks_the_same(client):
    response = client.post(reverse("account_reset_password"), {"email": "nobody@lientuyen.example"})
    assert response.url == reverse("account_reset_password_done")


def test_a_mail_server_that_is_away_loses_nothing(client, text, monkeypatch, caplog):
    def refuse(self, *args, **kwargs):
        raise ConnectionRefusedError("an@lientuyen.example")

    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)
    response = sign_up(client)
    assert response.status_code == 302
    assert User.objects.count() == 1
    assert "could not be sent" in client.get(response.url).content.decode()
    assert "an@lientuyen.example" not in caplog.text


def test_old_sign_ins_are_forgotten():
    user = UserFactory()
    SignIn.objects.create(user=user, at=timezone.now() - timedelta(days=181))
    SignIn.objects.create(user=user)
    assert forget_old_sign_ins() == 1
    assert user.sign_ins.count() == 1


def test_an_address_that_nobody_confirms_is_forgotten_after_a_month(client, text):
    sign_up(client)
    assert forget_unconfirmed_accounts() == 0
    long_ago = timezone.now() - timedelta(days=31)
    User.objects.update(date_joined=long_ago)
    kept = [UserFactory(), UserFactory(roles=[Role.EDITOR]), PractitionerFactory(pending=True).user, UserFactory()]
    EmailAddress.objects.filter(user__in=kept[1:]).update(verified=False)
    EmailAddress.objects.filter(user=kept[3]).delete()  # made in the admin, not by signing up
    User.objects.update(date_joined=long_ago)
    assert forget_unconfirmed_accounts() == 1
    assert set(User.objects.all()) == set(kept)


def test_sessions_that_ran_out_are_forgotten(client):
    client.force_login(UserFactory())
    Session.objects.create(session_key="old", session_data="", expire_date=timezone.now() - timedelta(days=1))
    assert forget_expired_sessions() == 1
    assert client.get(reverse("home:dashboard")).status_code == 200


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 Chrome/119.0 Mobile Safari/537.36", "Chrome, Android"),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 coc_coc_browser/120 Chrome/114 Safari/537",
            "Cốc Cốc, Windows",
        ),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17 like Mac OS X) Version/17 Safari/604", "Safari, iPhone"),
        ("curl", ""),
    ],
)
def test_devices_have_names_that_people_know(said, name):
    assert device_named(said) == name
