"""allauth's pages and mails, in our look and our words."""

import pytest
from django.core import mail
from django.urls import reverse

from tests.factories.accounts import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["account_login", "account_signup", "account_reset_password"])
def test_the_doors_stand_in_the_frame_of_the_house(client, name):
    html = client.get(reverse(name)).content.decode()
    assert 'class="topbar"' in html
    assert 'class="skip-link"' in html
    assert html.count("<h1") == 1


@pytest.mark.parametrize("name", ["mfa_index", "account_email", "account_change_password"])
def test_pages_of_one_s_account_lead_back(client, name):
    client.force_login(UserFactory())
    html = client.get(reverse(name)).content.decode()
    assert 'class="breadcrumbs"' in html
    assert html.count("<h1") == 1


def test_a_wrong_password_is_told_without_saying_which_part_was_wrong(client):
    user = UserFactory()
    html = client.post(reverse("account_login"), {"login": user.email, "password": "wrong"}).content.decode()
    assert "The e-mail address or the password is not right." in html
    assert f'value="{user.email}"' in html


def test_a_refused_passkey_has_words_ready(client):
    assert "data-passkey-error" in client.get(reverse("account_login")).content.decode()


def test_a_new_password_comes_as_html_with_a_text_twin(client):
    user = UserFactory(password=PASSWORD)
    client.post(reverse("account_reset_password"), {"email": user.email})
    (message,) = mail.outbox
    html = message.alternatives[0].content
    assert message.subject == "Liên Tuyến: Choose a new password"
    assert "Choose a new password" in message.body
    link = next(line for line in message.body.splitlines() if line.startswith("http"))
    assert link in html


def test_nobody_learns_whether_an_address_has_an_account(client):
    known = client.post(reverse("account_reset_password"), {"email": UserFactory().email}, follow=True)
    unknown = client.post(reverse("account_reset_password"), {"email": "nobody@lientuyen.example"}, follow=True)
    assert known.redirect_chain == unknown.redirect_chain
    assert mail.outbox[1].subject == "Liên Tuyến: No account with this address"
