"""Decision points: set by authors, read by officers, answered once, and counted where they are required."""

import datetime

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction
from django.urls import reverse

from foundation.accounts.reference import load_roles
from foundation.kernel.roles import Role
from foundation.notifications.models import Notification
from foundation.video.models import Video, WatchRecord
from foundation.video.rules import Demand
from foundation.video.watching import is_watched, watched_listeners
from teleconsults.actions import (
    AnsweredError,
    MomentTakenError,
    NotAskedError,
    NothingChosenError,
    NotToCheckError,
    OutsideFilmError,
    QuestionChangedError,
    ReasonMissingError,
    ask_at,
    change_point,
    check_point,
    decide,
    move_points,
    question_of,
    take_away_point,
    withdraw_recording,
)
from teleconsults.decisions import points_for, results_of
from teleconsults.erasure import erase, export
from teleconsults.models import DecisionAnswer, DecisionPoint, Recording
from teleconsults.refusals import WithdrawnError
from teleconsults.rules import Question, percents_of
from tests.factories.accounts import FacilityFactory, PractitionerFactory, UserFactory
from tests.factories.teleconsults import FLUIDS, RecordingFactory, make_point

pytestmark = pytest.mark.django_db


def member(**facts):
    return PractitionerFactory(verified=True, **facts).user


def author_at_hub():
    return member(facility=FacilityFactory(hub=True), user=UserFactory(roles=[Role.AUTHOR]))


def officer():
    user = UserFactory(roles=[Role.DEID_OFFICER])
    load_roles()
    return member(user=user)


def option_of(point, order=0):
    return point.options.get(order=order).pk


@pytest.fixture
def recording(db):
    return RecordingFactory(published=True, author=author_at_hub())


@pytest.fixture
def point(recording):
    return make_point(recording, is_required=True)


@pytest.fixture
def author_client(client, recording):
    client.force_login(recording.author)
    return client


def typed(**changes):
    fields = {
        "at": "4:07.5",
        "question": "Platelets?",
        "option_1": "Yes",
        "option_2": "",
        "option_3": "No",
        "preferred": "3",
        "reasoning": "She does not bleed.",
    }
    return fields | {"option_2": "Only if she bleeds"} | changes


# --- who sees what --------------------------------------------------------------------------------------------------
def test_what_no_officer_has_read_only_its_author_and_reviewers_see(recording):
    unread, asked = make_point(recording, is_read=False), make_point(recording, at_s=90)
    reader, reviewer = member(), officer()
    assert set(DecisionPoint.objects.visible_to(reader)) == {asked}
    for person in (recording.author, reviewer):
        assert set(DecisionPoint.objects.visible_to(person)) == {unread, asked}
    for stranger in (AnonymousUser(), UserFactory()):
        assert not DecisionPoint.objects.visible_to(stranger)


def test_where_patients_agreed_no_officer_has_to_read(recording):
    point = make_point(recording, is_read=False)
    Recording.objects.filter(pk=recording.pk).update(consent=Recording.Consent.PATIENT_AGREED)
    assert point in DecisionPoint.objects.visible_to(member())
    assert not DecisionPoint.objects.awaiting_check()


def test_before_the_answer_the_page_holds_neither_numbers_nor_reasoning(client, recording, point):
    decide(point, option_id=option_of(point, 1), by=member())
    client.force_login(reader := member())
    page = client.get(recording.get_absolute_url()).content.decode()
    assert FLUIDS.text in page
    assert FLUIDS.reasoning not in page
    assert "%" not in page.partition("data-decisions")[2].partition("</ol>")[0]
    client.post(
        reverse("teleconsults:answer_decision", args=[recording.public_id, point.pk]), {"option": option_of(point)}
    )
    page = client.get(recording.get_absolute_url()).content.decode()
    assert FLUIDS.reasoning in page
    assert page.count("50 %") == 2
    assert DecisionAnswer.objects.get(user=reader).option.text == "Ringer lactate"


def test_more_questions_cost_no_more_queries(client, recording, count_queries):
    client.force_login(reader := member())
    decide(make_point(recording), option_id=DecisionPoint.objects.get().options.first().pk, by=reader)
    client.get(recording.get_absolute_url())  # what is looked up once a process
    one = count_queries(recording.get_absolute_url())
    for number in range(5):
        make_point(recording, at_s=100 + number)
    assert count_queries(recording.get_absolute_url()) == one


def test_a_card_says_how_many_questions_there_are(client, recording):
    make_point(recording)
    make_point(recording, at_s=90)
    make_point(recording, at_s=120, is_read=False)
    client.force_login(member())
    page = client.get(reverse("teleconsults:library")).content.decode()
    assert "2 questions" in page


# --- answering ------------------------------------------------------------------------------------------------------
def test_the_first_answer_stays(point):
    reader = member()
    first = decide(point, option_id=option_of(point, 0), by=reader)
    assert decide(point, option_id=option_of(point, 1), by=reader) == first
    assert DecisionAnswer.objects.get().option.order == 0


def test_the_database_keeps_an_answer_as_it_was_given(point):
    answer = decide(point, option_id=option_of(point), by=member())
    with pytest.raises(IntegrityError), transaction.atomic():
        DecisionAnswer.objects.filter(pk=answer.pk).update(option=option_of(point, 1))
    with pytest.raises(IntegrityError), transaction.atomic():
        DecisionAnswer.objects.create(point=point, user=answer.user, option=answer.option)


def test_an_answer_is_one_of_those_offered(point):
    other = make_point(point.recording, at_s=90)
    for option_id in (option_of(other), None, 0):
        with pytest.raises(NothingChosenError):
            decide(point, option_id=option_id, by=member())


def test_what_is_taken_away_or_withdrawn_is_not_answered(recording, point):
    other = make_point(recording, at_s=90)
    take_away_point(other, by=recording.author)
    withdraw_recording(recording, reason="Mistake", by=recording.author)
    for gone in (other, point):
        with pytest.raises(NotAskedError):
            decide(gone, option_id=option_of(point), by=member())


@pytest.mark.parametrize("person", ["stranger", "unverified"])
def test_who_does_not_see_the_film_does_not_answer(client, recording, point, person):
    if person == "unverified":
        client.force_login(UserFactory())
    address = reverse("teleconsults:answer_decision", args=[recording.public_id, point.pk])
    assert client.post(address, {"option": option_of(point)}).status_code == (404 if person == "unverified" else 302)
    assert not DecisionAnswer.objects.exists()


def test_a_script_gets_what_colleagues_chose_and_a_refusal_in_words(client, recording, point):
    client.force_login(member())
    address = reverse("teleconsults:answer_decision", args=[recording.public_id, point.pk])
    refused = client.post(address, {"stay": "1", "option": "x"})
    assert (refused.status_code, refused.content.decode()) == (409, str(NothingChosenError.message))
    shown = client.post(address, {"stay": "1", "option": option_of(point)}).content.decode()
    assert FLUIDS.reasoning in shown
    assert "100 %" in shown
    assert "<html" not in shown


def test_without_a_script_one_comes_back_to_the_page_that_asked(client, recording, point):
    client.force_login(member())
    address = reverse("teleconsults:answer_decision", args=[recording.public_id, point.pk])
    for back, target in (("/en/courses/x/", "/en/courses/x/"), ("https://evil.example/", recording.get_absolute_url())):
        response = client.post(address, {"option": option_of(point), "next": back})
        assert response["Location"] == f"{target}#decision-{point.pk}"


def test_authors_do_not_count_among_their_colleagues(recording, point):
    decide(point, option_id=option_of(point, 0), by=recording.author)
    decide(point, option_id=option_of(point, 1), by=(reader := member()))
    for shown in (points_for(recording, reader), results_of(recording)):
        assert [choice.percent for choice in shown[0].choices] == [0, 100, 0]


@pytest.mark.parametrize(
    ("counts", "percents"), [([1, 1, 1], [34, 33, 33]), ([0, 0], [0, 0]), ([2, 1, 0], [67, 33, 0]), ([5], [100])]
)
def test_percents_make_a_hundred(counts, percents):
    assert percents_of(counts) == percents


# --- credit ---------------------------------------------------------------------------------------------------------
def watched(user, video: Video) -> WatchRecord:
    seconds = video.whole_seconds
    return WatchRecord.objects.create(user=user, video=video, seconds_watched=seconds, wall_s=seconds, length_s=seconds)


def test_a_film_counts_as_watched_once_what_is_required_is_answered(recording, point):
    make_point(recording, at_s=90)  # not required
    make_point(recording, at_s=120, is_required=True, is_read=False)  # nobody can answer it yet
    record = watched(reader := member(), recording.video)
    assert not is_watched(record, Demand())
    decide(point, option_id=option_of(point), by=member())
    assert not is_watched(record, Demand())
    decide(point, option_id=option_of(point), by=reader)
    assert is_watched(record, Demand())


def test_who_watches_first_and_answers_then_is_heard_of_once(recording, point):
    watched(reader := member(), recording.video)
    heard = []
    watched_listeners.register(hear := lambda user, video, record: heard.append((user, is_watched(record, Demand()))))
    try:
        decide(point, option_id=option_of(point), by=reader)
        decide(point, option_id=option_of(point), by=reader)
    finally:
        watched_listeners._items.remove(hear)
    assert heard == [(reader, True)]


@pytest.mark.parametrize("way", ["taken away", "no longer required"])
def test_nobody_waits_for_a_question_that_is_no_longer_asked(recording, point, way):
    watched(reader := member(), recording.video)
    heard = []
    watched_listeners.register(hear := lambda user, video, record: heard.append((user, is_watched(record, Demand()))))
    try:
        if way == "taken away":
            take_away_point(point, by=recording.author)
        else:
            change_point(point, FLUIDS, at_s=point.at_s, is_required=False, by=recording.author)
    finally:
        watched_listeners._items.remove(hear)
    assert heard == [(reader, True)]


# --- authors --------------------------------------------------------------------------------------------------------
def test_an_author_sets_a_question_beside_the_film(author_client, recording):
    address = reverse("teleconsults:decisions", args=[recording.public_id])
    assert author_client.get(address).status_code == 200
    response = author_client.post(address, typed())
    assert response["Location"] == address
    point = DecisionPoint.objects.get()
    assert (point.at_s, point.is_required) == (247.5, False)
    options = ("Yes", "Only if she bleeds", "No")
    assert question_of(point) == Question("Platelets?", options, "She does not bleed.", preferred=2)
    assert "Platelets?" in author_client.get(address).content.decode()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"at": "soon"}, "minutes and seconds"),
        ({"at": "1:75"}, "minutes and seconds"),
        ({"at": "61:00"}, OutsideFilmError.message),
        ({"at": "1:00"}, MomentTakenError.message),
        ({"option_2": ""}, "This field is required"),
        ({"option_3": "Yes"}, "stands above already"),
        ({"preferred": "4"}, "This answer is empty"),
    ],
)
def test_what_cannot_be_asked_is_said_beside_the_field(author_client, recording, changes, words):
    make_point(recording)
    response = author_client.post(reverse("teleconsults:decisions", args=[recording.public_id]), typed(**changes))
    assert response.status_code == 422
    assert str(words) in response.content.decode()
    assert DecisionPoint.objects.count() == 1


def test_what_was_typed_about_another_film_is_not_kept_but_shown(author_client, recording, point):
    new = reverse("teleconsults:decisions", args=[recording.public_id])
    change = reverse("teleconsults:decision", args=[recording.public_id, point.pk])
    seen = {page: {"seen": author_client.get(page).context["seen"]} for page in (new, change)}
    change_point(point, FLUIDS, at_s=61, is_required=False, by=recording.author)
    late = author_client.post(change, typed() | seen[change])
    assert (late.status_code, "changed elsewhere" in late.content.decode()) == (422, True)
    Video.objects.update(content_sha256="another film")
    for page in (new, change):
        late = author_client.post(page, typed() | seen[page])
        assert (late.status_code, "made anew" in late.content.decode()) == (422, True)
        assert "Platelets?" in late.content.decode()
    assert author_client.post(change, typed() | {"seen": late.context["seen"]}).status_code == 302


def test_an_answered_question_keeps_its_words(author_client, recording, point):
    decide(point, option_id=option_of(point), by=member())
    address = reverse("teleconsults:decision", args=[recording.public_id, point.pk])
    assert "Colleagues have answered" in author_client.get(address).content.decode()
    author_client.post(address, typed(at="1:01", reasoning="Because of the leak."))
    point = DecisionPoint.objects.get()
    assert (point.at_s, point.question, point.reasoning) == (61, FLUIDS.text, "Because of the leak.")
    assert DecisionAnswer.objects.get().option in point.options.all()
    with pytest.raises(AnsweredError):
        change_point(point, Question("Other?", FLUIDS.options, ""), at_s=61, is_required=False, by=recording.author)


def test_an_answered_question_that_is_taken_away_stays_as_an_answer(author_client, recording, point):
    other = make_point(recording, at_s=90)
    decide(point, option_id=option_of(point), by=member())
    for gone in (point, other):
        author_client.post(reverse("teleconsults:remove_decision", args=[recording.public_id, gone.pk]))
    assert not DecisionPoint.objects.in_force()
    assert list(DecisionPoint.objects.all()) == [point]
    assert DecisionAnswer.objects.count() == 1
    make_point(recording)  # the moment is free again


def test_a_withdrawn_recording_asks_nothing_more(author_client, recording, point):
    withdraw_recording(recording, reason="Mistake", by=recording.author)
    with pytest.raises(WithdrawnError):
        ask_at(recording, FLUIDS, at_s=90, by=recording.author)
    for name, args in (("decisions", []), ("decision", [point.pk])):
        response = author_client.get(reverse(f"teleconsults:{name}", args=[recording.public_id, *args]))
        assert response["Location"] == reverse("teleconsults:prepare", args=[recording.public_id])


def test_a_draft_with_questions_can_be_deleted():
    draft = RecordingFactory()
    decide(make_point(draft, is_read=False), option_id=DecisionPoint.objects.get().options.first().pk, by=draft.author)
    draft.delete()
    assert not DecisionAnswer.objects.exists()


def test_questions_follow_a_film_that_was_cut(recording):
    for at_s in (10, 110, 120, 3599):
        make_point(recording, at_s=at_s)
    recording.video.duration_s -= 30
    move_points(recording.video, [(100.0, 130.0)])
    moved = [point.at_s for point in DecisionPoint.objects.order_by("pk")]
    assert moved == [10, 100, 100.1, 3569]


# --- officers -------------------------------------------------------------------------------------------------------
def test_an_officer_reads_new_words_and_changed_ones(client, recording):
    client.force_login(reader := officer())
    point = make_point(recording, is_read=False)
    assert Notification.objects.filter(user=reader, kind="teleconsults.question").count() == 1
    make_point(recording, at_s=90, is_read=False)
    assert Notification.objects.filter(user=reader, kind="teleconsults.question").count() == 1
    assert recording.title in client.get(reverse("teleconsults:checks")).content.decode()
    address = reverse("teleconsults:check_decisions", args=[recording.public_id])
    assert FLUIDS.reasoning in client.get(address).content.decode()
    client.post(address, {"point": point.pk, "version": point.version, "verdict": "clear"})
    point.refresh_from_db()
    assert point.checked_by == reader
    late = client.post(
        address, {"point": make_point(recording, at_s=91, is_read=False).pk, "version": "x", "verdict": "back"}
        | {"remark": "A plate"}
    )  # fmt: skip
    assert (late.status_code, "A plate" in late.content.decode()) == (422, True)
    moved = change_point(point, FLUIDS, at_s=61, is_required=True, by=recording.author)
    assert moved.checked_by == reader
    changed = change_point(point, Question("Now?", ("A", "B"), "C"), at_s=61, is_required=True, by=recording.author)
    assert changed.checked_at is None
    assert changed.texts() == ["A", "B"]


def test_an_officer_sends_a_question_back_with_the_reason(client, recording):
    client.force_login(officer())
    point = make_point(recording, is_read=False)
    address = reverse("teleconsults:check_decisions", args=[recording.public_id])
    client.post(address, {"point": point.pk, "version": point.version, "verdict": "back", "remark": "A name."})
    assert not DecisionPoint.objects.awaiting_check()
    assert not DecisionPoint.objects.asked()
    told = Notification.objects.get(user=recording.author, kind="teleconsults.question")
    assert told.url == reverse("teleconsults:decisions", args=[recording.public_id])
    client.force_login(recording.author)
    assert "A name." in client.get(told.url).content.decode()


def test_an_officers_word_is_refused_for_other_words_without_reason_and_for_ones_own(recording):
    point, reader = make_point(recording, is_read=False), officer()
    before = (point.changed_at - datetime.timedelta(seconds=1)).isoformat()
    with pytest.raises(QuestionChangedError):
        check_point(point, version=before, is_clear=True, by=reader)
    with pytest.raises(ReasonMissingError):
        check_point(point, version=point.version, is_clear=False, remark=" ", by=reader)
    with pytest.raises(NotToCheckError):
        check_point(point, version=point.version, is_clear=True, by=recording.author)
    check_point(point, version=point.version, is_clear=True, by=reader)
    with pytest.raises(NotToCheckError):
        check_point(point, version=point.version, is_clear=True, by=officer())


# --- privacy --------------------------------------------------------------------------------------------------------
def test_a_person_gets_their_answers_and_takes_them_along(point):
    decide(point, option_id=option_of(point), by=(reader := member()))
    decide(point, option_id=option_of(point), by=(other := member()))
    [given] = export(reader)[1]["decisions"]
    assert (given["question"], given["answer"]) == (FLUIDS.text, "Ringer lactate")
    erase(reader)
    assert [answer.user for answer in DecisionAnswer.objects.all()] == [other]
