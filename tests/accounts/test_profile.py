"""The professional profile: written, warned about, changed, confirmed again."""

import unicodedata
from datetime import date

import pytest
from django.core import mail
from django.urls import reverse
from wagtail.models import ModelLogEntry

from foundation.accounts.models import Facility, Practitioner
from foundation.accounts.rules import LicenceOddity, licence_oddities
from tests.factories.accounts import (
    CoordinatorFactory,
    FacilityFactory,
    PractitionerFactory,
    ProfessionFactory,
    ProvinceFactory,
    SpecialtyFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
ADDRESS = "/en/account/profile/"


@pytest.fixture
def facility():
    return FacilityFactory(name_vi="Trung tâm Y tế huyện Điện Biên Đông", former_district="Điện Biên Đông")


def typed(facility, **changes):
    return {
        "full_name": "Nguyễn Văn An",
        "title": "BS",
        "date_of_birth": "1994-05-06",
        "profession": ProfessionFactory().pk,
        "licence_type": "cchn",
        "licence_number": "003474/HNO-CCHN",
        "licence_issuer": "Sở Y tế Hà Nội",
        "licence_date": "2019-03-01",
        "facility": facility.pk,
        "language": "en",
    } | changes


@pytest.fixture
def newcomer(client):
    user = UserFactory()
    client.force_login(user)
    return user


@pytest.fixture
def member(client, facility):
    practitioner = PractitionerFactory(
        verified=True, facility=facility, user__full_name="Nguyễn Văn An", licence_number="003474/HNO-CCHN"
    )
    client.force_login(practitioner.user)
    return practitioner


def test_sending_a_profile_asks_the_coordinator(
    client, newcomer, facility, settings, django_capture_on_commit_callbacks
):
    settings.JOBS_EAGER = True
    coordinator = CoordinatorFactory(facilities=[facility])
    specialty = SpecialtyFactory()
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(ADDRESS, typed(facility, specialties=[specialty.pk]))
    assert response.url == reverse("accounts:standing")
    practitioner = Practitioner.objects.get(user=newcomer)
    assert practitioner.is_waiting
    assert practitioner.full_name == "Nguyễn Văn An"
    assert list(practitioner.specialties.all()) == [specialty]
    assert [letter.to for letter in mail.outbox] == [[coordinator.email]]


def test_dates_may_be_typed_as_people_write_them(client, newcomer, facility):
    client.post(ADDRESS, typed(facility, date_of_birth="06/05/1994"))
    assert Practitioner.objects.get().date_of_birth == date(1994, 5, 6)


def test_an_odd_licence_is_warned_about_and_never_refused(client, newcomer, facility):
    client.post(ADDRESS, typed(facility, licence_number="số 12 / SYT", licence_issuer=""))
    practitioner = Practitioner.objects.get()
    assert practitioner.is_waiting
    page = client.get(reverse("accounts:standing")).content.decode()
    assert "unusual shape" in page
    assert "Who issued the licence is missing" in page


@pytest.mark.parametrize("born", ["2025-01-01", "1800-01-01", "", "yesterday"])
def test_an_impossible_birth_date_is_refused_and_all_else_is_kept(client, newcomer, facility, born):
    page = client.post(ADDRESS, typed(facility, date_of_birth=born)).content.decode()
    assert not Practitioner.objects.exists()
    assert "003474/HNO-CCHN" in page
    assert f'value="{facility.pk}" selected' in page


def test_a_facility_is_found_without_script_and_nothing_typed_is_lost(client, newcomer, facility):
    FacilityFactory(name_vi="Bệnh viện Mường Lay")
    data = typed(facility, facility_words="dien bien", find="1", full_name="", licence_number="77") | {"facility": ""}
    page = client.post(ADDRESS, data).content.decode()
    assert facility.name_en in page
    assert "Mường Lay" not in page
    assert 'value="77"' in page
    assert "error-summary" not in page
    assert not Practitioner.objects.exists()


def test_the_list_of_facilities_while_typing(client, newcomer, facility):
    other = FacilityFactory(province=ProvinceFactory(code="79", slug="hcm", name_vi="TP. Hồ Chí Minh"))
    address = reverse("accounts:facilities")
    found = client.get(address, {"facility_words": unicodedata.normalize("NFD", "Điện Biên")}).content.decode()
    assert f'value="{facility.pk}"' in found
    assert f'value="{other.pk}"' not in found
    found = client.get(address, {"province": other.province_id}).content.decode()
    assert f'value="{facility.pk}"' not in found
    assert client.get(address, {"province": "x", "facility_words": "zzz"}).status_code == 200


def test_a_thousand_facilities_stay_a_short_list(client, newcomer, facility):
    Facility.objects.bulk_create(
        Facility(slug=f"f{n}", name_vi=f"Trạm y tế {n}", province=facility.province, tier="commune", search_text="tram")
        for n in range(1200)
    )
    page = client.get(ADDRESS)
    assert page.content.decode().count("<option") < 150
    assert "first sixty" in page.content.decode()


def test_a_facility_out_of_use_cannot_be_chosen(client, newcomer, facility):
    closed = FacilityFactory(is_active=False)
    assert "not in the list any more" in client.post(ADDRESS, typed(closed)).content.decode()


def test_moving_asks_first(client, member):
    new = FacilityFactory()
    page = client.post(ADDRESS, typed(new)).content.decode()
    assert "You will have to be verified again" in page
    member.refresh_from_db()
    assert member.is_verified


def test_moving_ends_the_verification_and_the_old_coordinators_sight(client, member, facility):
    old, new = CoordinatorFactory(facilities=[facility]), FacilityFactory()
    client.post(ADDRESS, typed(new, confirmed="1"))
    member.refresh_from_db()
    assert member.is_waiting
    assert member.verified_by is None
    assert member.facility == new
    assert not Practitioner.objects.of_facilities_coordinated_by(old).exists()
    assert ModelLogEntry.objects.filter(action="accounts.change_facility", user=member.user).count() == 1


@pytest.mark.parametrize("change", [{"licence_number": "9/BYT-CCHN"}, {"full_name": "Trần Văn B"}])
def test_a_new_name_or_licence_has_to_be_confirmed_again(client, member, facility, change):
    client.post(ADDRESS, typed(facility, confirmed="1", **change))
    member.refresh_from_db()
    assert member.is_waiting


def test_other_changes_need_nobody(client, member, facility):
    response = client.post(ADDRESS, typed(facility, title="ThS", language="vi"))
    assert response.url == reverse("accounts:overview")
    member.refresh_from_db()
    assert member.is_verified
    assert (member.title, member.user.language) == ("ThS", "vi")


def test_going_back_from_the_question_keeps_what_was_typed(client, member):
    new = FacilityFactory()
    page = client.post(ADDRESS, typed(new, title="BSCKI", find="1")).content.decode()
    assert 'value="BSCKI"' in page
    assert f'value="{new.pk}" selected' in page


def test_correcting_a_refused_profile_asks_again(client, facility):
    refused = PractitionerFactory(
        facility=facility, verification=Practitioner.Verification.REFUSED, refusal_reason="Wrong number."
    )
    client.force_login(refused.user)
    client.post(ADDRESS, typed(facility))
    refused.refresh_from_db()
    assert refused.is_waiting
    assert refused.refusal_reason == ""


def test_coordinators_are_told_once_while_nothing_they_vouch_for_changes(
    client, newcomer, facility, settings, django_capture_on_commit_callbacks
):
    settings.JOBS_EAGER = True
    CoordinatorFactory(facilities=[facility])
    letters = []
    for changes in ({}, {}, {"title": "ThS"}, {"licence_number": "9/BYT-CCHN"}):
        with django_capture_on_commit_callbacks(execute=True):
            client.post(ADDRESS, typed(facility, **changes))
        letters.append(len(mail.outbox))
    assert letters == [1, 1, 1, 2]
    practitioner = Practitioner.objects.get(user=newcomer)
    assert practitioner.is_waiting
    assert practitioner.licence_number == "9/BYT-CCHN"


def test_only_coordinators_with_the_role_are_told(
    client, newcomer, facility, settings, django_capture_on_commit_callbacks
):
    settings.JOBS_EAGER = True
    acting, former = CoordinatorFactory(facilities=[facility]), UserFactory()
    facility.coordinators.add(former)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(ADDRESS, typed(facility))
    assert [letter.to for letter in mail.outbox] == [[acting.email]]


def test_saving_again_and_again_has_to_wait(client, newcomer, facility):
    answers = [client.post(ADDRESS, typed(facility, licence_number=f"{number}/BYT-CCHN")) for number in range(11)]
    assert [answer.status_code for answer in answers] == [302] * 10 + [429]
    page = answers[-1].content.decode()
    assert "wait an hour" in page
    assert 'value="10/BYT-CCHN"' in page
    assert Practitioner.objects.get(user=newcomer).licence_number == "9/BYT-CCHN"


TODAY = date(2026, 11, 21)
FINE = {
    "kind": "cchn",
    "number": "003474/HNO-CCHN",
    "issuer": "Sở Y tế Hà Nội",
    "issued_on": date(2019, 3, 1),
    "is_licensed_title": True,
    "today": TODAY,
}


@pytest.mark.parametrize(
    ("change", "oddities"),
    [
        ({}, []),
        ({"number": "1163/HD-CCHN"}, []),
        ({"number": "  000119 / hno-cchn "}, []),
        ({"kind": "gphn", "number": "000123/HNO-GPHN", "issued_on": date(2025, 1, 2)}, []),
        ({"number": ""}, [LicenceOddity.NO_NUMBER]),
        ({"number": "abc"}, [LicenceOddity.SHAPE]),
        ({"number": "000123/HNO-GPHN"}, [LicenceOddity.OTHER_KIND]),
        ({"issuer": " "}, [LicenceOddity.NO_ISSUER]),
        ({"issued_on": None}, [LicenceOddity.NO_DATE]),
        ({"issued_on": date(2027, 1, 1)}, [LicenceOddity.FUTURE]),
        ({"issued_on": date(2001, 1, 1)}, [LicenceOddity.BEFORE_THE_LAW]),
        ({"kind": "none", "number": ""}, [LicenceOddity.NO_LICENCE]),
        ({"kind": "none", "number": "", "is_licensed_title": False}, []),
    ],
)
def test_what_is_odd_about_a_licence(change, oddities):
    assert licence_oddities(**FINE | change) == oddities
