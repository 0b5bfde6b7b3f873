"""What editors meet in the Wagtail admin."""

from decimal import Decimal
from functools import partial
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from wagtail.models import GroupApprovalTask, ModelLogEntry, Workflow, WorkflowTask
from wagtail.test.utils.form_data import nested_form_data, rich_text

from courses.actions import mark_lesson_read, settle_hours
from courses.blocks import MultipleChoiceBlock, SingleChoiceBlock
from courses.models import CoursePage, Enrolment, LessonPage, QuizPage
from cpd.models import Activity, CreditEntry
from tests.factories.accounts import UserFactory
from tests.factories.courses import (
    CoursePageFactory,
    ImageFactory,
    enrolled,
    make_course,
    question,
    quiz_of,
    take_quiz,
    watch_all,
)
from tests.factories.cpd import ActivityKindFactory, CpdAdminFactory, IssuingBodyFactory
from tests.factories.teleconsults import RecordingFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(client, settings):
    user = UserFactory(is_staff=True, is_superuser=True)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return user


def problem(block, *options, **kwargs) -> str:
    _kind, value = question("single", "Which?", *options, **kwargs)
    with pytest.raises(ValidationError) as refused:
        block.clean(block.normalize(value))
    return " ".join(text for error in vars(refused.value)["block_errors"].values() for text in error.messages)


def test_a_single_choice_has_exactly_one_right_answer():
    block = SingleChoiceBlock()
    assert "Mark the right answer" in problem(block, "A", "B")
    assert "Only one answer may be right" in problem(block, "+A", "+B")
    assert "at least two answers" in problem(block, "+A")
    assert "read the same" in problem(block, "+A", "a ")


def test_a_multiple_choice_has_at_least_one_right_answer():
    block = MultipleChoiceBlock()
    assert "at least one right answer" in problem(block, "A", "B")
    _kind, value = question("multiple", "Which?", "+A", "+B")
    assert block.clean(block.normalize(value))


def test_a_picture_needs_words():
    assert "in words" in problem(SingleChoiceBlock(), "+A", "B", image=ImageFactory())


def test_only_a_lesson_to_watch_has_a_recording():
    with pytest.raises(ValidationError, match="Choose the recording"):
        LessonPage(title="L", kind="recording").clean()
    with pytest.raises(ValidationError, match="Remove it here"):
        LessonPage(title="L", kind="reading", recording=RecordingFactory()).clean()


def test_hours_cannot_be_confirmed_without_a_body_and_a_number():
    with pytest.raises(ValidationError, match="Name the issuing body"):
        CoursePage(title="C", hours_confirmed=True).clean()


def course_form(course: CoursePage, **changes) -> dict:
    return nested_form_data(
        {
            "title": course.title,
            "slug": course.slug,
            "summary": course.summary,
            "specialty": course.specialty_id,
            "level": course.level,
            "minutes": course.minutes,
            "language": course.language,
            "goals": course.goals,
            "audience": "",
            "tags": "dengue, fluids",
            "cover": "",
            "sources": rich_text("<p>WHO</p>", features=["link"]),
            "issuing_body": "",
            "credit_hours": "",
            "seo_title": "",
            "search_description": "",
            "action-publish": "1",
        }
        | changes
    )


def test_publishing_brings_the_hours_to_the_ledger(client, editor):
    ActivityKindFactory()
    body, course = IssuingBodyFactory(), make_course()
    form = course_form(course, issuing_body=body.pk, credit_hours="2", hours_confirmed="on")
    response = client.post(reverse("wagtailadmin_pages:edit", args=[course.pk]), form, follow=True)
    course = CoursePage.objects.get(pk=course.pk)
    assert response.status_code == 200
    assert course.activity.hours == Decimal(2)
    assert {tag.name for tag in course.tags.all()} == {"dengue", "fluids"}


def test_hours_of_somebody_who_is_no_issuer_wait_for_one():
    course = make_course(hours="2", body=IssuingBodyFactory(admins=[CpdAdminFactory()]))
    course.credit_hours = Decimal(4)
    course.save()
    assert not settle_hours(course, by=UserFactory()).is_confirmed


@pytest.mark.parametrize("kind", ["course", "reading", "recording", "case", "quiz"])
def test_previews_work_for_editors(client, editor, kind, rf):
    course = make_course()
    page = {"course": course, "quiz": quiz_of(course)}.get(kind)
    page = page or LessonPage.objects.child_of(course).filter(kind=kind).first()
    response = page.make_preview_request(original_request=_request(rf, client), preview_mode="")
    assert response.status_code == 200
    assert page.title in response.content.decode()
    if kind == "quiz":
        assert "Because of Rash." in response.content.decode()


def _request(rf, client):
    request = rf.get("/admin/")
    request.COOKIES.update({name: morsel.value for name, morsel in client.cookies.items()})
    request.META["HTTP_COOKIE"] = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    return request


@pytest.mark.parametrize("model", [CoursePage, LessonPage, QuizPage])
def test_the_forms_open(client, editor, model):
    make_course()
    page = model.objects.first()
    assert client.get(reverse("wagtailadmin_pages:edit", args=[page.pk])).status_code == 200


def test_a_copied_course_is_another_course(client, editor):
    course = make_course(hours="2")
    copy = course.copy(recursive=True, update_attrs={"slug": "copy", "title": "Copy"})
    copy.get_latest_revision().publish()
    copy = CoursePage.objects.get(pk=copy.pk)
    assert copy.uid != course.uid
    assert (copy.version, copy.activity, copy.hours_confirmed) == (1, None, False)
    assert not {item.uid for item in copy.outline} & {item.uid for item in course.outline}


def test_an_older_revision_brings_back_neither_uid_nor_version(editor):
    course = make_course(hours="2")
    old = course.save_revision()
    CoursePage.objects.filter(pk=course.pk).update(version=3)
    CoursePage.objects.get(pk=course.pk).revisions.get(pk=old.pk).publish()
    assert CoursePage.objects.get(pk=course.pk).version == 3


def test_a_course_with_learners_is_not_deleted(client, editor):
    enrolled(course := make_course())
    client.post(reverse("wagtailadmin_pages:delete", args=[course.pk]))
    assert CoursePage.objects.filter(pk=course.pk).exists()


# --- lessons and quizzes that leave their course ---------------------------------------------------------------------
def unpublish(client, page, **data):
    return client.post(reverse("wagtailadmin_pages:unpublish", args=[page.pk]), data, follow=True)


def delete(client, page):
    return client.post(reverse("wagtailadmin_pages:delete", args=[page.pk]), follow=True)


def move(client, page, destination):
    return client.post(reverse("wagtailadmin_pages:move_confirm", args=[page.pk, destination.pk]), follow=True)


def in_bulk(client, act, *pages, **data):
    query = urlencode({"id": [page.pk for page in pages], "next": reverse("wagtailadmin_explore_root")}, doseq=True)
    address = reverse("wagtail_bulk_action", args=["wagtailcore", "page", act])
    return client.post(f"{address}?{query}", data, follow=True)


def leave(client, how, page):
    """Take `page` out of its course in one of Wagtail's ways."""
    other = CoursePageFactory(title="Elsewhere")
    return {
        "unpublish": lambda: unpublish(client, page),
        "delete": lambda: delete(client, page),
        "move": lambda: move(client, page, other),
        "bulk unpublish": lambda: in_bulk(client, "unpublish", page),
        "bulk delete": lambda: in_bulk(client, "delete", page),
        "bulk move": lambda: in_bulk(client, "move", page, chooser=other.pk),
    }[how]()


WAYS = ["unpublish", "delete", "move", "bulk unpublish", "bulk delete", "bulk move"]


def is_in_its_course(page, course) -> bool:
    return type(page).objects.child_of(course).live().filter(pk=page.pk).exists()


@pytest.mark.parametrize("how", WAYS)
def test_a_quiz_that_somebody_has_still_to_pass_stays(client, editor, how):
    enrolment = enrolled(course := make_course(hours="2"))
    for lesson in LessonPage.objects.child_of(course).exclude(kind="recording"):
        mark_lesson_read(lesson, enrolment, by=enrolment.practitioner.user)
    watch_all(course, enrolment.practitioner.user)
    page = leave(client, how, quiz_of(course)).content.decode()
    assert "1 person is taking the course and has not passed “Final quiz” yet" in page
    assert is_in_its_course(quiz_of(course), course)
    enrolment.refresh_from_db()
    assert (enrolment.required_total, enrolment.required_done, enrolment.is_completed) == (5, 4, False)
    assert not CreditEntry.objects.exists()


@pytest.mark.parametrize("how", WAYS)
def test_a_quiz_that_everybody_has_passed_may_go(client, editor, how):
    enrolment = enrolled(course := make_course())
    take_quiz(course, enrolment)
    leave(client, how, quiz := quiz_of(course))
    assert not is_in_its_course(quiz, course)


@pytest.mark.parametrize("how", WAYS)
def test_a_lesson_that_left_is_no_longer_required(client, editor, how):
    enrolment = enrolled(course := make_course())
    lesson = LessonPage.objects.child_of(course).last()
    leave(client, how, lesson)
    assert not is_in_its_course(lesson, course)
    enrolment.refresh_from_db()
    assert enrolment.required_total == 4
    assert str(lesson.uid) not in enrolment.required_items
    assert enrolment.released_items[str(lesson.uid)]["reason"].removeprefix("lesson_") in {
        "unpublished",
        "deleted",
        "moved",
    }
    assert ModelLogEntry.objects.get(action="courses.release").user == editor


def test_one_page_that_must_stay_keeps_all_that_were_chosen(client, editor):
    enrolment = enrolled(course := make_course())
    lesson, quiz = LessonPage.objects.child_of(course).first(), quiz_of(course)
    in_bulk(client, "delete", lesson, quiz)
    assert is_in_its_course(lesson, course)
    enrolment.refresh_from_db()
    assert enrolment.required_total == 5


@pytest.mark.parametrize("is_bulk", [True, False])
def test_a_course_under_way_is_unpublished_alone(client, editor, is_bulk):
    enrolment = enrolled(course := make_course())
    act = (
        (lambda **data: in_bulk(client, "unpublish", course, **data)) if is_bulk else partial(unpublish, client, course)
    )
    page = act(include_descendants="on").content.decode()
    assert "Unpublish the course alone" in page
    assert CoursePage.objects.get(pk=course.pk).live
    act()
    assert not CoursePage.objects.get(pk=course.pk).live
    assert is_in_its_course(quiz_of(course), course)
    enrolment.refresh_from_db()
    assert enrolment.required_total == 5


def test_a_lesson_that_comes_back_to_its_course_still_binds_its_learners(client, editor):
    enrolled(course := make_course())
    other = CoursePageFactory()
    lesson = LessonPage.objects.child_of(course).first()
    lesson.move(other, pos="last-child")
    move(client, lesson, course)
    assert Enrolment.objects.get().required_total == 5


def test_courses_with_learners_are_not_deleted_in_bulk(client, editor):
    enrolled(course := make_course())
    assert "People have enrolled here" in in_bulk(client, "delete", course).content.decode()
    assert CoursePage.objects.filter(pk=course.pk).exists()


@pytest.mark.parametrize("model", [CoursePage, LessonPage, QuizPage])
def test_nothing_is_published_or_expires_by_the_clock(client, editor, model):
    make_course()
    page = client.get(reverse("wagtailadmin_pages:edit", args=[model.objects.first().pk])).content.decode()
    assert "go_live_at" not in page
    assert "expire_at" not in page


# --- hours ------------------------------------------------------------------------------------------------------------
def publish_with_hours(client, course, body, hours) -> CoursePage:
    form = course_form(course, issuing_body=body.pk, credit_hours=hours, hours_confirmed="on")
    client.post(reverse("wagtailadmin_pages:edit", args=[course.pk]), form)
    return CoursePage.objects.get(pk=course.pk)


def confirm_at_the_desk(client, course, body, hours) -> CoursePage:
    issuer = CpdAdminFactory(bodies=[body])
    desk = Client()
    desk.force_login(issuer, backend="django.contrib.auth.backends.ModelBackend")
    kind = ActivityKindFactory(code="other_kind")
    form = {"kind": kind.code, "hours": hours, "responsible": ""}
    assert desk.post(reverse("cpd:activity_confirm", args=[course.activity_id]), form).status_code == 302
    return CoursePage.objects.get(pk=course.pk)


@pytest.fixture
def page_editor(client, editor):
    """Somebody who publishes pages, and issues for nobody."""
    editor.is_superuser = False
    editor.save()
    editor.groups.add(Group.objects.get_or_create(name="Moderators")[0])
    return editor


@pytest.fixture
def proposed(client, page_editor):
    """A course with four hours that wait for the issuer, and the issuing body."""
    ActivityKindFactory()
    body = IssuingBodyFactory()
    return publish_with_hours(client, make_course(), body, "4"), body


def test_hours_corrected_at_the_desk_are_what_the_course_says_from_then_on(client, proposed):
    course, body = proposed
    assert not course.activity.is_confirmed
    course = confirm_at_the_desk(client, course, body, "3")
    assert course.credit_hours == Decimal(3)
    form = client.get(reverse("wagtailadmin_pages:edit", args=[course.pk])).context["form"]
    assert Decimal(form["credit_hours"].value()) == Decimal(3)
    again = publish_with_hours(client, course, body, form["credit_hours"].value())
    assert (again.version, again.activity) == (1, course.activity)
    assert again.activity.hours == Decimal(3)
    assert again.activity.is_confirmed
    assert Activity.objects.count() == 1


def test_a_draft_with_the_proposed_hours_takes_the_confirmed_ones(client, proposed):
    course, body = proposed
    course.summary = "Not published yet."
    course.save_revision()
    course = confirm_at_the_desk(client, course, body, "3")
    draft = course.get_latest_revision_as_object()
    assert (draft.summary, draft.credit_hours) == ("Not published yet.", Decimal(3))
    assert Decimal(course.live_revision.content["credit_hours"]) == Decimal(3)


def test_a_draft_with_hours_of_its_own_keeps_them(client, proposed):
    course, body = proposed
    course.credit_hours = Decimal(6)
    course.save_revision()
    course = confirm_at_the_desk(client, course, body, "3")
    assert course.credit_hours == Decimal(3)
    assert course.get_latest_revision_as_object().credit_hours == Decimal(6)


@pytest.mark.parametrize("approver_is_issuer", [True, False])
def test_hours_come_to_the_ledger_when_a_workflow_is_approved(client, editor, approver_is_issuer):
    ActivityKindFactory()
    body, course = IssuingBodyFactory(), make_course()
    workflow = Workflow.objects.create(name="Two pairs of eyes")
    task = GroupApprovalTask.objects.create(name="Second look")
    task.groups.add(group := Group.objects.create(name="Second"))
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=0)
    course.issuing_body, course.credit_hours, course.hours_confirmed = body, Decimal(2), True
    course.save_revision(user=editor)
    state = workflow.start(course, editor)
    if not approver_is_issuer:  # a superuser administers every body
        editor.is_superuser = False
        editor.save()
        editor.groups.add(group, Group.objects.get_or_create(name="Moderators")[0])
    address = reverse("wagtailadmin_pages:workflow_action", args=[course.pk, "approve", state.current_task_state.pk])
    assert client.post(address).status_code in {200, 302}
    course = CoursePage.objects.get(pk=course.pk)
    assert course.activity.hours == Decimal(2)
    assert course.activity.is_confirmed is approver_is_issuer


def test_hours_come_to_the_ledger_when_published_in_bulk(client, editor):
    ActivityKindFactory()
    body, course = IssuingBodyFactory(), make_course()
    course.issuing_body, course.credit_hours, course.hours_confirmed = body, Decimal(2), True
    course.save_revision()
    in_bulk(client, "publish", course)
    assert CoursePage.objects.get(pk=course.pk).activity.hours == Decimal(2)


def test_hours_that_the_ledger_refuses_are_told_and_not_promised(client, editor):
    ActivityKindFactory()
    body, course = IssuingBodyFactory(), make_course()
    form = course_form(course, issuing_body=body.pk, credit_hours="2.10", hours_confirmed="on")
    page = client.post(reverse("wagtailadmin_pages:edit", args=[course.pk]), form, follow=True).content.decode()
    assert "Credit hours go in steps of 0.25" in page
    course = CoursePage.objects.get(pk=course.pk)
    assert course.live
    assert course.activity is None
