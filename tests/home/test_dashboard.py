"""The dashboard: what a member begun, earned, and what waits for each role."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from foundation.accounts.models import Practitioner
from foundation.kernel.roles import Role
from foundation.video.models import WatchRecord
from tests.factories.accounts import FacilityFactory, PractitionerFactory, SpecialtyFactory, UserFactory
from tests.factories.courses import CoursePageFactory, enrolled, make_course
from tests.factories.teleconsults import RecordingFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def member():
    return PractitionerFactory(verified=True, user__full_name="Mẫu Văn Trúc", title="BS")


@pytest.fixture
def members_client(member):
    client = Client()
    client.force_login(member.user)
    return client


def page(client) -> str:
    return client.get(reverse("home:dashboard")).content.decode()


def test_it_greets_by_title_and_given_name(members_client):
    assert "Hello, BS. Trúc" in page(members_client)


def test_a_newcomer_is_led_to_the_courses(members_client):
    text = page(members_client)
    assert "Nothing begun yet" in text
    assert reverse("courses:catalogue") in text


def test_a_course_under_way_is_the_first_thing_to_go_on_with(members_client, member):
    enrolment = enrolled(make_course(), member.user)
    text = page(members_client)
    assert enrolment.title in text
    assert enrolment.course.address in text


def test_a_recording_watched_in_part_stands_there_and_one_watched_to_the_end_does_not(members_client, member):
    half, whole = RecordingFactory(published=True), RecordingFactory(published=True)
    for recording, share in ((half, 0.5), (whole, 1)):
        seconds = int(recording.video.duration_s * share)
        WatchRecord.objects.create(user=member.user, video=recording.video, seconds_watched=seconds)
    continued = page(members_client).split("Continue where you left off")[1].split("</section>")[0]
    assert half.title in continued
    assert whole.title not in continued


def test_the_ring_shows_the_hours_that_are_missing(members_client):
    assert "120 hours still to earn" in page(members_client).replace("\n", " ")


def test_somebody_unverified_is_told_where_they_stand():
    client = Client()
    client.force_login(PractitionerFactory(pending=True).user)
    text = page(client)
    assert "You are not confirmed yet" in text
    assert reverse("accounts:standing") in text


def test_a_coordinator_sees_how_many_people_wait_at_their_own_facility_only():
    coordinator = UserFactory(roles=[Role.COORDINATOR])
    facility = FacilityFactory()
    facility.coordinators.add(coordinator)
    PractitionerFactory.create_batch(2, pending=True, facility=facility)
    PractitionerFactory(pending=True)
    client = Client()
    client.force_login(coordinator)
    waiting = page(client).split("What waits for you")[1]
    assert "2 people wait for your confirmation" in waiting


def test_staff_without_a_profile_find_their_desks_and_are_not_told_to_be_confirmed():
    client = Client()
    client.force_login(UserFactory(roles=[Role.CPD_ADMIN]))
    text = page(client)
    assert "You are not confirmed yet" not in text
    assert "Nothing begun yet" not in text
    assert f'href="{reverse("cpd:desk")}"' in text.split("Your desks")[1]


def test_new_courses_of_ones_specialty_come_first_and_others_only_where_it_has_none(members_client, member):
    other, mine = make_course(title="Snake bite"), make_course(title="Stroke")
    assert other.title in page(members_client)
    mine.specialty = SpecialtyFactory(slug="stroke")
    mine.save()
    member.specialties.add(mine.specialty)
    text = page(members_client)
    assert mine.title in text
    assert other.title not in text


def test_the_network_in_numbers_counts_and_names_nobody(member):
    enrolled(make_course(), member.user)
    RecordingFactory.create_batch(2, published=True)
    client = Client()
    client.force_login(UserFactory(roles=[Role.MINISTRY]))
    text = client.get(reverse("home:numbers")).content.decode()
    assert member.user.full_name not in text
    counts = dict(
        zip(
            re.findall(r'<p class="secondary">([^<]+)</p>', text),
            re.findall(r"figure-tile__number[^>]*>([^<]+)<", text),
            strict=True,
        )
    )
    assert counts["recordings published"] == "3"  # one is a lesson of the course
    assert counts["enrolments on courses"] == "1"
    assert counts["verified practitioners"] == str(Practitioner.objects.verified().count())
    assert str(member.facility.province) in text


def test_ten_times_the_data_cost_no_more_queries_and_at_most_fifteen(count_queries, members_client, member):
    def fill(times: int) -> None:
        for _ in range(times):
            enrolled(make_course(), member.user)
            CoursePageFactory()
            begun, _untouched = RecordingFactory.create_batch(2, published=True)
            WatchRecord.objects.create(user=member.user, video=begun.video, seconds_watched=5)

    fill(2)
    page(members_client)
    few = count_queries(reverse("home:dashboard"), by=members_client)
    fill(18)
    assert count_queries(reverse("home:dashboard"), by=members_client) == few
    assert few <= 15
