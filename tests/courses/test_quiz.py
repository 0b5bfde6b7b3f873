"""Attempts: answers saved at once, graded once, answers covered until passed."""

import uuid

import pytest
from django.urls import reverse

from courses.actions import (
    AlreadyPassedError,
    AlreadySubmittedError,
    NoAttemptsLeftError,
    OneAnswerError,
    UnknownAnswerError,
    save_response,
    start_attempt,
    submit_attempt,
)
from courses.models import GradeEvent, QuizPage
from courses.rules import grade, is_right, shuffled
from tests.factories.courses import answer, enrolled, make_course, quiz_of, take_quiz

pytestmark = pytest.mark.django_db


@pytest.fixture
def course():
    return make_course()


@pytest.fixture
def enrolment(course):
    return enrolled(course)


@pytest.fixture
def user(enrolment, client):
    client.force_login(enrolment.practitioner.user)
    return enrolment.practitioner.user


@pytest.fixture
def attempt(course, enrolment, user):
    return start_attempt(quiz_of(course), enrolment, by=user)


def url(attempt, name, *args):
    return reverse(f"courses:{name}", args=[attempt.pk, *args])


@pytest.mark.parametrize(("chosen", "right"), [("ab", True), ("a", False), ("abc", False), ("", False), ("c", False)])
def test_several_right_answers_are_all_or_nothing(chosen, right):
    assert is_right(frozenset("ab"), frozenset(chosen)) is right


def test_the_pass_mark_is_reached_exactly():
    correct = {str(n): frozenset("a") for n in range(5)}
    four = {str(n): frozenset("a") for n in range(4)}
    assert grade(correct, four, pass_mark_percent=80).is_passed
    assert not grade(correct, four, pass_mark_percent=81).is_passed


def test_a_shuffle_depends_on_its_seed_only():
    items = list(range(20))
    assert shuffled(items, seed="1") == shuffled(items, seed="1") != shuffled(items, seed="2")


def test_starting_twice_goes_on_with_the_open_attempt(course, enrolment, user, attempt):
    assert start_attempt(quiz_of(course), enrolment, by=user) == attempt


def test_an_edited_question_leaves_a_running_attempt_alone(course, user, attempt):
    quiz = quiz_of(course)
    quiz.questions = []
    quiz.save()
    attempt.refresh_from_db()
    assert len(attempt.questions) == 2


def test_a_new_attempt_shuffles_anew_and_keeps_the_questions(course, enrolment, user, attempt):
    submit_attempt(attempt, by=user)
    second = start_attempt(quiz_of(course), enrolment, by=user)
    assert second.number == 2
    assert [q["uid"] for q in second.questions] == [q["uid"] for q in attempt.questions]


def test_the_last_saved_answer_counts_and_earlier_ones_are_kept(attempt, user):
    question = attempt.questions[0]
    first, second, *_ = (option["uid"] for option in question["options"])
    for chosen in (first, second, second):
        save_response(attempt, question["uid"], [chosen], by=user)
    assert attempt.responses.count() == 2
    assert attempt.answers[question["uid"]] == {second}


def test_answers_that_are_not_offered_are_refused(attempt, user):
    single = attempt.questions[0]
    with pytest.raises(UnknownAnswerError):
        save_response(attempt, single["uid"], [str(uuid.uuid4())], by=user)
    with pytest.raises(UnknownAnswerError):
        save_response(attempt, "elsewhere", [], by=user)
    with pytest.raises(OneAnswerError):
        save_response(attempt, single["uid"], [option["uid"] for option in single["options"]][:2], by=user)


def test_submitting_twice_gives_one_grade(attempt, user):
    assert submit_attempt(attempt, by=user) == submit_attempt(attempt, by=user)
    assert GradeEvent.objects.count() == 1


def test_nothing_changes_after_submitting(attempt, user):
    submit_attempt(attempt, by=user)
    with pytest.raises(AlreadySubmittedError):
        save_response(attempt, attempt.questions[0]["uid"], [], by=user)


def test_passing_counts_the_quiz_once_and_closes_it(course, enrolment, user):
    assert not take_quiz(course, enrolment, rightly=False).is_passed
    assert take_quiz(course, enrolment).is_passed
    assert enrolment.items.get().kind == "quiz"
    with pytest.raises(AlreadyPassedError):
        start_attempt(quiz_of(course), enrolment, by=user)


def test_attempts_may_be_limited(course, enrolment, user):
    QuizPage.objects.update(max_attempts=1)
    take_quiz(course, enrolment, rightly=False)
    with pytest.raises(NoAttemptsLeftError):
        start_attempt(quiz_of(course), enrolment, by=user)


def test_right_answers_never_reach_the_page_before_submission(client, attempt, user):
    pages = [client.get(url(attempt, "question", number)).content.decode() for number in (1, 2)]
    pages.append(client.get(url(attempt, "review")).content.decode())
    for page in pages:
        assert "Because of" not in page
        assert "Remember" not in page
        assert "is_correct" not in page


def test_looking_at_a_quiz_writes_nothing(client, course, enrolment, user, django_assert_num_queries):
    client.get(quiz_of(course).address)
    assert not enrolment.attempts.exists()


def test_the_quiz_works_with_plain_forms(client, course, enrolment, user):
    page = client.post(reverse("courses:start", args=[quiz_of(course).uid]), follow=True)
    attempt = page.context["attempt"]
    for number, asked in enumerate(attempt.questions, start=1):
        right = [option["uid"] for option in asked["options"] if option["is_correct"]]
        go = "review" if number == len(attempt.questions) else str(number + 1)
        page = client.post(url(attempt, "question", number), {"option": right, "go": go}, follow=True)
    assert "2 of 2 answered" in page.content.decode()
    page = client.post(url(attempt, "submit"), follow=True)
    assert "Passed" in page.content.decode()
    assert "Right, and you did not choose it" not in page.content.decode()


def test_a_failed_attempt_shows_reasons_of_what_was_chosen_and_covers_the_rest(client, course, attempt, user):
    answer(attempt, rightly=False, by=user)
    submit_attempt(attempt, by=user)
    page = client.get(url(attempt, "result")).content.decode()
    assert "Not passed yet" in page
    assert "Because of Rash." in page
    assert "Because of Ringer lactate." not in page
    assert "Read again: Reading 1" in page.replace("</a>", "")


def test_a_passed_attempt_shows_every_reason(client, attempt, user):
    answer(attempt, rightly=True, by=user)
    submit_attempt(attempt, by=user)
    page = client.get(url(attempt, "result")).content.decode()
    assert "Because of Rash." in page


def test_the_back_button_after_submitting_leads_to_the_result(client, attempt, user):
    submit_attempt(attempt, by=user)
    for name, args in (("question", [1]), ("review", []), ("attempt", []), ("submit", [])):
        assert client.get(url(attempt, name, *args), follow=True).redirect_chain[-1][0] == url(attempt, "result")
    page = client.post(url(attempt, "question", 1), {"go": "2"}, follow=True)
    assert "submitted already" in page.content.decode()


def test_the_script_is_told_when_an_answer_is_kept_or_not(client, attempt, user):
    asked = attempt.questions[0]
    chosen = {"option": asked["options"][0]["uid"], "go": "stay"}
    assert client.post(url(attempt, "question", 1), chosen).status_code == 204
    assert client.post(url(attempt, "question", 1), {"option": "x", "go": "stay"}).status_code == 409


def test_another_person_s_attempt_is_not_found(client, course, attempt):
    client.force_login(enrolled(course).practitioner.user)
    for name, args in (("question", [1]), ("review", []), ("attempt", []), ("result", [])):
        assert client.get(url(attempt, name, *args)).status_code == 404
    assert client.post(url(attempt, "submit")).status_code == 404


def test_an_expired_session_comes_back_to_the_question(client, attempt, user):
    client.logout()
    page = client.post(url(attempt, "question", 1), {"go": "2"})
    assert page.status_code == 302
    assert url(attempt, "question", 1) in page["Location"]
