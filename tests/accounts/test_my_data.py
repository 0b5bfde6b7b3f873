"""A copy of one's own data, and closing the account."""

import io
import json
import zipfile

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.urls import reverse
from wagtail.models import ModelLogEntry

from foundation.accounts.actions import WrongPasswordError, erase_person, give_consent, verify_practitioner
from foundation.accounts.models import ConsentGiven, Practitioner, SignIn, User
from foundation.kernel.erasure import erasers, exporters
from tests.factories.accounts import (
    PASSWORD,
    ConsentTextFactory,
    CoordinatorFactory,
    PractitionerFactory,
    SpecialtyFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def member(client):
    practitioner = PractitionerFactory(verified=True)
    client.force_login(practitioner.user)
    return practitioner


def test_the_copy_holds_what_is_kept_and_no_secrets(client, member):
    member.specialties.add(SpecialtyFactory())
    give_consent(member.user, text=ConsentTextFactory(), channel=ConsentGiven.Channel.SIGN_UP)
    response = client.post(reverse("accounts:export"))
    assert response.headers["Content-Disposition"].startswith("attachment")
    archive = zipfile.ZipFile(io.BytesIO(response.content))
    raw = archive.read("data.json").decode()
    kept = json.loads(raw)["account"]
    assert kept["email"] == member.user.email
    assert kept["practitioner"]["licence_number"] == member.licence_number
    assert kept["consents"][0]["text__version"] == "1"
    assert member.user.password not in raw
    assert ModelLogEntry.objects.filter(action="accounts.export", user=member.user).exists()


def test_rooms_join_in_with_sections_and_files(client, member, monkeypatch):
    def export(user):
        return "lessons", {"read": 3, "files": {"notes.txt": b"three"}}

    monkeypatch.setattr(exporters, "_items", [*exporters, export])
    archive = zipfile.ZipFile(io.BytesIO(client.post(reverse("accounts:export")).content))
    assert archive.read("lessons/notes.txt") == b"three"
    assert json.loads(archive.read("data.json"))["lessons"] == {"read": 3}


def test_copies_are_limited(client, member):
    answers = [client.post(reverse("accounts:export")).status_code for _ in range(6)]
    assert answers == [200] * 5 + [429]


def test_closing_needs_the_password(client, member):
    with pytest.raises(WrongPasswordError):
        erase_person(member.user, by=member.user, password="wrong")
    page = client.post(reverse("accounts:erase"), {"password": "wrong", "is_sure": "on"}).content.decode()
    assert "That is not your password." in page
    page = client.post(reverse("accounts:erase"), {"password": PASSWORD}).content.decode()
    assert "This field is required" in page
    member.user.refresh_from_db()
    assert member.user.is_active


def test_guessing_the_password_there_is_limited(client, member):
    answers = [client.post(reverse("accounts:erase"), {"password": "wrong"}).status_code for _ in range(6)]
    assert answers[-1] == 429


def test_a_closed_account_is_nameless_and_useless(client, member):
    email, pk = member.user.email, member.user.pk
    coordinator = CoordinatorFactory(facilities=[member.facility])
    Practitioner.objects.filter(pk=member.pk).update(verification="pending")
    verify_practitioner(member, by=coordinator)
    SignIn.objects.create(user=member.user, address="192.0.2.1")
    response = client.post(reverse("accounts:erase"), {"password": PASSWORD, "is_sure": "on"})
    assert response.url == reverse("account_login")
    user = User.objects.get(pk=pk)
    member.refresh_from_db()
    assert (user.full_name, user.is_active, user.has_usable_password()) == ("", False, False)
    assert email not in user.email
    assert (member.licence_number, member.date_of_birth, member.title) == ("", None, "")
    assert not member.is_verified
    assert not EmailAddress.objects.filter(user=user).exists()
    assert not user.sign_ins.exists()
    assert str(user) == f"Erased account {pk}"
    assert not ModelLogEntry.objects.filter(label__contains="Mẫu Văn").filter(object_id=str(member.pk)).exists()
    assert "_auth_user_id" not in client.session
    client.post(reverse("account_login"), {"login": email, "password": PASSWORD})
    assert "_auth_user_id" not in client.session


def test_the_proof_of_consent_stays(client, member):
    give_consent(member.user, text=ConsentTextFactory(), channel=ConsentGiven.Channel.SIGN_UP)
    erase_person(member.user, by=member.user, password=PASSWORD)
    assert ConsentGiven.objects.filter(user_id=member.user.pk).count() == 1


def test_the_coordinator_no_longer_sees_the_person(member):
    coordinator = CoordinatorFactory(facilities=[member.facility])
    erase_person(member.user, by=member.user, password=PASSWORD)
    assert not Practitioner.objects.of_facilities_coordinated_by(coordinator).exists()


def test_the_address_is_free_again(client, member):
    email = member.user.email
    erase_person(member.user, by=member.user, password=PASSWORD)
    UserFactory(email=email).full_clean(exclude=["password"])


def test_one_room_that_fails_stops_the_whole_erasure(member, monkeypatch):
    def refuse(user):
        raise ValidationError("no")

    monkeypatch.setattr(erasers, "_items", [*erasers, refuse])
    with pytest.raises(ValidationError):
        erase_person(member.user, by=member.user, password=PASSWORD)
    member.user.refresh_from_db()
    assert member.user.is_active


def test_people_read_what_they_agreed_to_and_agree_to_a_new_version(client, member):
    address = reverse("accounts:consent")
    first = ConsentTextFactory(version="1")
    assert first.text_en in client.get(address).content.decode()
    client.post(address, {"version": "1"})
    assert not member.user.consents.exists()
    client.post(address, {"version": "1", "agree": "on"})
    assert member.user.consents.get().channel == ConsentGiven.Channel.ACCOUNT
    ConsentTextFactory(version="2", text_en="The second wording.")
    assert "new version" in client.get(reverse("accounts:overview")).content.decode()
    assert "The second wording." in client.get(address).content.decode()


def test_anyone_can_read_the_text(client):
    text = ConsentTextFactory()
    assert text.text_en in client.get(reverse("accounts:data_use")).content.decode()
