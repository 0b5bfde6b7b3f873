"""A coordinator confirms the people of their own facility, and nobody else."""

from datetime import date, timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry

from foundation.accounts.actions import (
    ChangedMeanwhileError,
    NotVerifiedError,
    NotWaitingError,
    NotYourFacilityError,
    ReasonMissingError,
    YourselfError,
    end_verification,
    refuse_practitioner,
    verify_practitioner,
)
from foundation.accounts.models import Practitioner
from foundation.kernel.roles import Role
from tests.factories.accounts import (
    CoordinatorFactory,
    FacilityFactory,
    PractitionerFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
Verification = Practitioner.Verification


@pytest.fixture
def facility():
    return FacilityFactory()


@pytest.fixture
def coordinator(facility):
    return CoordinatorFactory(facilities=[facility])


@pytest.fixture
def waiting(facility):
    return PractitionerFactory(facility=facility, pending=True)


@pytest.fixture
def desk(client, coordinator):
    client.force_login(coordinator)
    return client


def test_verifying_opens_the_network_for_two_years(waiting, coordinator):
    verified = verify_practitioner(waiting, by=coordinator)
    assert verified.is_verified
    assert verified.verified_by == coordinator
    assert verified.verified_until == timezone.localdate() + timedelta(days=730)
    entry = ModelLogEntry.objects.get(action="accounts.verify")
    assert (entry.user, entry.object_id) == (coordinator, str(waiting.pk))


def test_the_verification_ends_by_itself(facility):
    past = PractitionerFactory(
        facility=facility, verified=True, verified_until=timezone.localdate() - timedelta(days=1)
    )
    assert past.has_expired
    assert not past.is_verified
    assert not past.user.is_verified_member
    assert past not in Practitioner.objects.verified()


def test_a_coordinator_of_another_facility_may_not(waiting):
    other = CoordinatorFactory(facilities=[FacilityFactory()])
    with pytest.raises(NotYourFacilityError):
        verify_practitioner(waiting, by=other)


def test_nobody_verifies_themselves(facility, coordinator):
    own = PractitionerFactory(user=coordinator, facility=facility, pending=True)
    with pytest.raises(YourselfError):
        verify_practitioner(own, by=coordinator)


def test_verifying_twice_is_refused(waiting, coordinator):
    verify_practitioner(waiting, by=coordinator)
    with pytest.raises(NotWaitingError):
        verify_practitioner(waiting, by=coordinator)
    assert ModelLogEntry.objects.filter(action="accounts.verify").count() == 1


def test_facts_that_changed_under_the_coordinators_eyes_are_not_confirmed(waiting, coordinator):
    with pytest.raises(ChangedMeanwhileError):
        verify_practitioner(waiting, by=coordinator, seen_at=waiting.submitted_at - timedelta(minutes=1))


def test_sending_back_needs_a_reason_that_the_person_reads(client, waiting, coordinator):
    with pytest.raises(ReasonMissingError):
        refuse_practitioner(waiting, reason="  ", by=coordinator)
    refuse_practitioner(waiting, reason="The number belongs to somebody else.", by=coordinator)
    client.force_login(waiting.user)
    page = client.get(reverse("accounts:standing")).content.decode()
    assert "The number belongs to somebody else." in page
    assert reverse("accounts:profile") in page


def test_a_verification_can_be_ended(facility, coordinator):
    member = PractitionerFactory(facility=facility, verified=True)
    assert not end_verification(member, reason="Left us.", by=coordinator).is_verified
    with pytest.raises(NotVerifiedError):
        end_verification(member, reason="Left us.", by=coordinator)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_person_gets_a_letter_in_their_language(
    waiting, coordinator, settings, django_capture_on_commit_callbacks, language
):
    settings.JOBS_EAGER = True
    waiting.user.language = language
    waiting.user.save()
    with django_capture_on_commit_callbacks(execute=True):
        verify_practitioner(waiting, by=coordinator)
    letter = mail.outbox[0]
    assert letter.to == [waiting.user.email]
    assert f"/{language}/home/" in letter.body
    assert waiting.facility.name_vi in letter.body or waiting.facility.name_en in letter.body


def test_a_refusal_is_written_to_the_person_too(waiting, coordinator, settings, django_capture_on_commit_callbacks):
    settings.JOBS_EAGER = True
    with django_capture_on_commit_callbacks(execute=True):
        refuse_practitioner(waiting, reason="Please add the issuer.", by=coordinator)
    assert "Please add the issuer." in mail.outbox[0].body
    assert "Please add the issuer." in mail.outbox[0].alternatives[0][0]


def test_the_desk_shows_who_waits_with_what_is_odd(desk, facility):
    PractitionerFactory(facility=facility, pending=True, licence_number="12")
    page = desk.get(reverse("accounts:people")).content.decode()
    assert "Licence: look twice" in page


def test_the_desk_shows_nobody_of_other_facilities(desk, waiting):
    stranger = PractitionerFactory(pending=True)
    page = desk.get(reverse("accounts:people")).content.decode()
    assert waiting.titled_name in page
    assert stranger.user.full_name not in page
    assert desk.get(reverse("accounts:person", args=[stranger.pk])).status_code == 404
    assert desk.post(reverse("accounts:verify", args=[stranger.pk])).status_code == 404


def test_a_name_as_coordinator_without_the_role_opens_nothing(client, facility):
    facility.coordinators.add(user := UserFactory())
    client.force_login(user)
    assert client.get(reverse("accounts:people")).status_code == 403


def test_verifying_at_the_desk(desk, waiting):
    page = desk.get(reverse("accounts:person", args=[waiting.pk])).content.decode()
    seen = page.split('name="seen_at" value="')[1].split('"')[0].replace("&#x2B;", "+")
    response = desk.post(reverse("accounts:verify", args=[waiting.pk]), {"seen_at": seen}, follow=True)
    waiting.refresh_from_db()
    assert waiting.is_verified
    assert "is verified" in response.content.decode()


def test_a_double_click_tells_that_it_is_done(desk, waiting):
    address = reverse("accounts:verify", args=[waiting.pk])
    desk.post(address)
    assert "not waiting" in desk.post(address, follow=True).content.decode()


def test_refusing_at_the_desk_without_a_reason_asks_for_it(desk, waiting):
    response = desk.post(reverse("accounts:refuse", args=[waiting.pk]), {"reason": ""})
    assert response.status_code == 422
    waiting.refresh_from_db()
    assert waiting.is_waiting


def test_ending_a_verification_at_the_desk(desk, facility):
    member = PractitionerFactory(facility=facility, verified=True)
    desk.post(reverse("accounts:end_verification", args=[member.pk]), {"reason": "Left."})
    member.refresh_from_db()
    assert member.is_refused


def test_one_cannot_confirm_oneself_at_the_desk(desk, facility, coordinator):
    own = PractitionerFactory(user=coordinator, facility=facility, pending=True)
    assert "This is you" in desk.get(reverse("accounts:person", args=[own.pk])).content.decode()
    desk.post(reverse("accounts:verify", args=[own.pk]))
    own.refresh_from_db()
    assert own.is_waiting


def test_verified_people_stand_in_the_order_of_given_names(desk, facility):
    for name in ("Trần Thị Bình", "Nguyễn Văn Ân", "Lê Văn An"):
        PractitionerFactory(facility=facility, verified=True, user__full_name=name, title="")
    page = desk.get(reverse("accounts:people"), {"state": "verified"}).content.decode()
    places = [page.index(name) for name in ("Lê Văn An", "Nguyễn Văn Ân", "Trần Thị Bình")]
    assert places == sorted(places)


def test_the_filters_stay_in_the_address(desk, facility):
    PractitionerFactory.create_batch(27, facility=facility, verified=True)
    page = desk.get(reverse("accounts:people"), {"state": "verified", "q": "Mẫu"}).content.decode()
    assert "q=M%E1%BA%ABu" in page
    assert "state=verified" in page
    assert desk.get(reverse("accounts:people"), {"state": "nonsense"}).status_code == 404


@pytest.mark.parametrize("words", ["tuyết", "TUYET", "hoang tuyet", "555/ABC", "tuyet@"])
def test_people_are_found_without_marks(desk, facility, words):
    PractitionerFactory(
        facility=facility,
        pending=True,
        licence_number="555/ABC",
        user__full_name="Hoàng Thị Tuyết",
        user__email="tuyet@lientuyen.example",
    )
    PractitionerFactory(facility=facility, pending=True, user__full_name="Trần Văn Khác")
    page = desk.get(reverse("accounts:people"), {"q": words}).content.decode()
    assert "Hoàng Thị Tuyết" in page
    assert "Trần Văn Khác" not in page


def test_more_people_cost_no_more_queries(desk, facility, count_queries):
    address = reverse("accounts:people")
    PractitionerFactory(facility=facility, pending=True)
    count_queries(address)  # fills the caches of the process
    one = count_queries(address)
    PractitionerFactory.create_batch(9, facility=facility, pending=True)
    assert count_queries(address) == one


def test_a_superuser_sees_everybody(client, waiting):
    client.force_login(UserFactory(is_superuser=True))
    assert waiting.titled_name in client.get(reverse("accounts:people")).content.decode()


def test_what_each_kind_of_person_sees_of_a_practitioner(facility, waiting, coordinator):
    def seen(user):
        return list(Practitioner.objects.of_facilities_coordinated_by(user))

    assert seen(coordinator) == [waiting]
    assert seen(waiting.user) == []
    assert seen(UserFactory(roles=[Role.MINISTRY])) == []


def test_the_standing_page_has_words_for_every_state(client, facility):
    user = UserFactory()
    client.force_login(user)
    address = reverse("accounts:standing")
    assert "One step is missing" in client.get(address).content.decode()
    practitioner = PractitionerFactory(user=user, facility=facility, pending=True)
    page = client.get(address).content.decode()
    assert "Waiting for your coordinator" in page
    assert "has no coordinator yet" in page
    Practitioner.objects.filter(pk=practitioner.pk).update(
        verification=Verification.VERIFIED, verified_at=timezone.now(), verified_until=date(2099, 1, 2)
    )
    assert "until 02/01/2099" in client.get(address).content.decode()
    Practitioner.objects.filter(pk=practitioner.pk).update(verified_until=date(2020, 1, 2))
    assert "ended on 02/01/2020" in client.get(address).content.decode()
