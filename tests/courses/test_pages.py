"""The catalogue, courses and lessons as each kind of visitor gets them."""

import pytest
from django.urls import reverse

from courses.actions import mark_lesson_read
from courses.models import CoursePage, Enrolment, LessonPage
from foundation.kernel.roles import Role
from tests.factories.accounts import PractitionerFactory, SpecialtyFactory, UserFactory
from tests.factories.courses import (
    CatalogueFactory,
    CoursePageFactory,
    LessonPageFactory,
    enrolled,
    finish,
    make_course,
    member,
    quiz_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def course():
    return make_course(hours="2")


@pytest.fixture
def learner(course, client):
    user = enrolled(course).practitioner.user
    client.force_login(user)
    return user


def text(response) -> str:
    assert response.status_code == 200
    return response.content.decode()


def test_the_fixed_addresses_are_those_that_wagtail_gives(course, rf):
    lesson = LessonPage.objects.child_of(course).first()
    assert CatalogueFactory().get_url() == reverse("courses:catalogue")
    assert course.get_url() == course.address
    assert lesson.get_url() == lesson.address


def test_strangers_see_the_catalogue_and_what_a_course_offers(client, course):
    page = text(client.get(reverse("courses:catalogue")))
    assert course.title in page
    assert "2 hours" in page
    page = text(client.get(course.address))
    assert "Sign in to enrol" in page
    assert "Reading 1" in page
    assert course.outline[0].address not in page


def test_unconfirmed_hours_are_not_promised(client):
    course = make_course()
    assert "No credit hours yet" in text(client.get(course.address))


def test_the_catalogue_filters_by_specialty(client, course):
    other = CoursePageFactory(specialty=SpecialtyFactory(slug="paediatrics", name_en="Paediatrics"))
    page = text(client.get(reverse("courses:catalogue"), {"specialty": "paediatrics"}))
    assert other.title in page
    assert course.title not in page


def test_the_catalogue_pages(client, course, monkeypatch):
    monkeypatch.setattr("courses.models.CatalogueIndexPage.page_size", 1)
    newest = CoursePageFactory()
    assert course.title not in text(client.get(reverse("courses:catalogue")))
    page = text(client.get(reverse("courses:catalogue"), {"page": 2}))
    assert course.title in page
    assert newest.title not in page
    assert text(client.get(reverse("courses:catalogue"), {"page": "x"}))
    assert newest.title in text(client.get(reverse("courses:catalogue"), {"page": "9" * 20}))


def test_lessons_and_quizzes_send_each_visitor_where_they_can_become_a_reader(client, course):
    for item in course.outline:
        response = client.get(item.address)
        assert response.status_code == 302
        assert reverse("account_login") in response["Location"]
    client.force_login(PractitionerFactory(pending=True).user)
    assert client.get(course.outline[0].address)["Location"] == reverse("accounts:standing")
    client.force_login(member())
    response = client.get(course.outline[0].address, follow=True)
    assert response.redirect_chain[-1][0] == course.address
    assert "Enrol in the course first" in response.content.decode()


def test_editors_read_without_enrolling(client, course):
    client.force_login(UserFactory(roles=[Role.EDITOR]))
    assert "looking as an editor" in text(client.get(course.outline[0].address))


def test_the_unverified_learn_what_is_missing(client, course):
    client.force_login(PractitionerFactory(pending=True).user)
    page = text(client.get(course.address))
    assert "See what is missing" in page
    assert "Enrol and begin" not in page


def test_enrolling_leads_to_the_first_lesson(client, course):
    client.force_login(member())
    assert "Enrol and begin" in text(client.get(course.address))
    response = client.post(reverse("courses:enrol", args=[course.uid]))
    assert response["Location"] == course.outline[0].address


def test_a_get_of_what_only_a_post_may_do_changes_nothing(client, course):
    client.force_login(member())
    assert client.get(reverse("courses:enrol", args=[course.uid]))["Location"] == course.address
    assert not Enrolment.objects.exists()


def test_done_next_leads_through_the_course(client, course, learner):
    first, second, *_ = course.outline
    response = client.post(reverse("courses:lesson_done", args=[first.uid]))
    assert response["Location"] == second.address
    page = text(client.get(course.address))
    assert "1 of 5 done" in page
    assert f'href="{second.address}"' in page


def test_a_lesson_has_one_clear_next(client, course, learner):
    page = text(client.get(course.outline[0].address))
    assert page.count("button--large") == 1
    assert "Done, next" in page


def test_a_recording_says_how_much_must_be_watched(client, course, learner):
    page = text(client.get(course.outline[2].address))
    assert "90 %" in page
    assert "lessons/" not in page


def test_a_withdrawn_recording_is_explained(client, course, learner):
    recording = LessonPage.objects.get(kind="recording").recording
    recording.live = False
    recording.save()
    assert "cannot be watched at the moment" in text(client.get(course.outline[2].address))


def test_a_completed_course_says_so(client, course, learner):
    finish(course, Enrolment.objects.get())
    page = text(client.get(course.address))
    assert "You have completed this course." in page
    assert "Completed" in text(client.get(reverse("courses:catalogue")))
    assert course.title in text(client.get(reverse("courses:mine")))


def test_an_unpublished_course_closes_its_lessons(client, course, learner):
    course.unpublish()
    assert client.get(course.address).status_code == 404
    assert client.get(course.outline[0].address).status_code == 404


def test_the_pages_speak_vietnamese(client, course, learner):
    for address in (course.address, course.outline[0].address, reverse("courses:catalogue")):
        assert client.get(address.replace("/en/", "/vi/")).status_code == 200


class TestQueries:
    """The budgets, and that ten times the data costs no more."""

    def test_catalogue(self, client, course, learner, count_queries):
        address = reverse("courses:catalogue")
        client.get(address)
        one = count_queries(address)
        for number in range(9):
            extra = CoursePageFactory(cover=course.cover)
            if number % 2:
                LessonPageFactory(parent=extra)
                enrolled(extra, learner)
        assert count_queries(address) == one <= 10

    def test_course_and_lesson(self, client, course, learner, count_queries):
        reading, watching = course.outline[0].address, course.outline[2].address
        addresses = [course.address, reading, watching, quiz_of(course).address, course.outline[3].address]
        for address in addresses:
            client.get(address)
        few = [count_queries(address) for address in addresses]
        enrolment = Enrolment.objects.get()
        for _ in range(20):
            lesson = LessonPageFactory(parent=CoursePage.objects.get(pk=course.pk))
            mark_lesson_read(lesson, enrolment, by=learner)
        assert [count_queries(address) for address in addresses] == few
        assert max(few) <= 12


@pytest.mark.parametrize("slug", ["ba-giai-doan", "ba-giai-đoạn"])
def test_whatever_address_an_editor_types_opens(slug, course, client, learner):
    lesson = LessonPageFactory(parent=course, title="Ba giai đoạn của bệnh", slug=slug)
    assert "Ba giai đoạn của bệnh" in text(client.get(lesson.address))
    assert lesson.address in text(client.get(course.address))
