"""Who may see a recording, and the author's way from a file to publication."""

import datetime
import hashlib
from dataclasses import asdict

import pytest
from django.contrib.auth.models import AnonymousUser, Group, Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone, translation

from foundation.accounts.reference import load_roles
from foundation.jobs.models import Job
from foundation.jobs.runner import sweep_jobs
from foundation.kernel.erasure import erasers, exporters
from foundation.kernel.roles import Role
from foundation.notifications.models import Notification
from foundation.video.models import Upload, Video, WatchRecord
from foundation.video.playback import may_play
from teleconsults.actions import (
    GuardianMissingError,
    NotToCheckError,
    PublishedError,
    WasAnsweredError,
    answer_consent,
    change_details,
    check_may_delete,
    check_recording,
    publish_recording,
    submit_recording,
    withdraw_recording,
)
from teleconsults.consent import CONSENT_TEXTS, CONSENT_VERSION
from teleconsults.models import ConsentWording, Programme, Recording, hubs_of
from teleconsults.reference import load_review
from teleconsults.refusals import ConsentMissingError, NotCheckedError, NotReadyError, WithdrawnError
from teleconsults.rules import Agreement, FacilityApproval
from tests.factories.accounts import FacilityFactory, PractitionerFactory, SpecialtyFactory, UserFactory
from tests.factories.jobs import JobFactory
from tests.factories.teleconsults import ProgrammeFactory, RecordingFactory, seen
from tests.factories.video import UploadFactory, VideoFactory
from tests.video.conftest import *  # noqa: F403  # its clips

pytestmark = pytest.mark.django_db


def member(**facts):
    return PractitionerFactory(verified=True, **facts).user


def author_at_hub():
    return member(facility=FacilityFactory(hub=True), user=UserFactory(roles=[Role.AUTHOR]))


APPROVAL = FacilityApproval("BS. Giám Đốc, director", datetime.date(2026, 3, 6))
ADULT = Agreement("adult", "patient", datetime.date(2026, 3, 4), "paper")


def officer():
    user = UserFactory(roles=[Role.DEID_OFFICER])
    load_roles()
    return member(user=user)


def reviewer():
    user = UserFactory()
    user.user_permissions.add(Permission.objects.get(codename="review_recording"))
    return user


# --- who may see what -----------------------------------------------------------------------------------------------
def test_a_published_recording_is_for_members():
    recording = RecordingFactory(published=True)
    assert recording in Recording.objects.visible_to(member())
    assert recording in Recording.objects.visible_to(recording.author)
    assert recording in Recording.objects.visible_to(reviewer())
    for stranger in (AnonymousUser(), UserFactory(), PractitionerFactory(pending=True).user):
        assert recording not in Recording.objects.visible_to(stranger)


def test_a_draft_is_for_its_author_and_officers():
    draft = RecordingFactory()
    for person in (draft.author, officer()):
        assert draft in Recording.objects.visible_to(person)
    for other in (AnonymousUser(), UserFactory(), member(), reviewer()):
        assert draft not in Recording.objects.visible_to(other)


def test_reviewers_see_a_draft_once_its_consent_is_answered_or_it_is_submitted():
    judge = reviewer()
    draft, submitted, answered = RecordingFactory(), RecordingFactory(), RecordingFactory(awaiting_check=True)
    load_review()
    submitted.save_revision(clean=False)
    submitted.get_workflow().start(submitted, submitted.author)
    assert set(Recording.objects.visible_to(judge)) == {answered, submitted}
    assert [may_play(judge, film.video) for film in (draft, answered, submitted)] == [False, True, True]
    submitted.current_workflow_state.cancel(user=submitted.author)
    assert not may_play(judge, submitted.video)


def test_who_may_see_may_play():
    recording = RecordingFactory(published=True)
    assert may_play(member(), recording.video)
    assert not may_play(UserFactory(), recording.video)
    assert not may_play(member(), RecordingFactory().video)


def test_the_watch_page_by_person(client):
    recording, draft = RecordingFactory(published=True), RecordingFactory()
    assert client.get(recording.get_absolute_url()).status_code == 302
    client.force_login(UserFactory())
    assert client.get(recording.get_absolute_url()).status_code == 302
    client.force_login(member())
    assert client.get(recording.get_absolute_url()).status_code == 200
    assert client.get(draft.get_absolute_url()).status_code == 404
    client.force_login(draft.author)
    assert client.get(draft.get_absolute_url()).status_code == 200


@pytest.mark.parametrize("name", ["prepare", "edit", "consent", "publish", "retry", "withdraw"])
def test_an_authors_pages_are_the_authors(client, name):
    recording = RecordingFactory(published=True)
    client.force_login(author_at_hub())
    address = reverse(f"teleconsults:{name}", args=[recording.public_id])
    assert client.post(address).status_code in {404, 405}
    assert client.get(address).status_code in {404, 405}


@pytest.mark.parametrize("name", ["edit", "consent", "publish", "retry"])
def test_who_lost_the_role_changes_nothing(client, name):
    recording = RecordingFactory(author=author_at_hub())
    recording.author.groups.clear()
    client.force_login(recording.author)
    assert client.post(reverse(f"teleconsults:{name}", args=[recording.public_id])).status_code == 403
    assert client.get(reverse("teleconsults:prepare", args=[recording.public_id])).status_code == 200


# --- the pages ------------------------------------------------------------------------------------------------------
def test_the_watch_page_says_what_it_must(client):
    recording = RecordingFactory(published=True, title="Rắn hổ mang cắn")
    client.force_login(member())
    page = client.get(recording.get_absolute_url()).content.decode()
    assert page.index("<video") < page.index("Rắn hổ mang cắn</h1>")
    assert "Education, not a treatment order" in page
    assert "Sound only, 14\xa0MB" in page or "Sound only, 14 MB" in page
    assert "saver.mp4" in page
    assert "style=" not in page
    assert "<script>" not in page


def test_the_library_shows_my_progress_and_filters_by_links(client):
    reader = member()
    client.force_login(reader)
    one = RecordingFactory(published=True, hub=FacilityFactory(hub=True, name_en="Hub One"), title="Watched a little")
    other = RecordingFactory(
        published=True, hub=FacilityFactory(hub=True, name_en="Hub Two"), specialty=SpecialtyFactory(slug="surgery")
    )
    RecordingFactory(title="Still a draft")
    WatchRecord.objects.create(user=reader, video=one.video, seconds_watched=1440)
    page = client.get(reverse("teleconsults:library")).content.decode()
    assert "40 % watched" in page
    assert "Still a draft" not in page
    page = client.get(reverse("teleconsults:library"), {"specialty": "surgery"}).content.decode()
    assert other.title in page
    assert one.title not in page
    assert f"?specialty=surgery&amp;hub={one.hub.slug}" in page


def titles(client, **filters):
    return {card.recording.title for card in client.get(reverse("teleconsults:library"), filters).context["cards"]}


def test_the_library_by_programme_length_and_what_i_have_not_watched(client):
    reader = member()
    client.force_login(reader)
    series = ProgrammeFactory()
    RecordingFactory(published=True, title="short", video__duration_s=900.0, programme=series)
    RecordingFactory(published=True, title="medium", video__duration_s=901.0)
    seen = RecordingFactory(published=True, title="long", video__duration_s=2701.0)
    RecordingFactory(programme=series, title="a draft")
    WatchRecord.objects.create(user=reader, video=seen.video, seconds_watched=3)
    WatchRecord.objects.create(user=member(), video=RecordingFactory(published=True, title="other's").video)
    assert titles(client, programme=series.slug) == {"short"}
    assert titles(client, length="short") == {"short"}
    assert titles(client, length="medium") == {"medium"}
    assert titles(client, length="long") == {"long", "other's"}
    assert titles(client, watched="no") == {"short", "medium", "other's"}
    assert titles(client, length="long", watched="no") == {"other's"}
    assert titles(client, length="nonsense") == {"short", "medium", "long", "other's"}
    page = client.get(reverse("teleconsults:library"), {"length": "long"}).content.decode()
    assert "?length=long&amp;watched=no" in page
    assert "40 % watched" not in page


def test_the_watch_page_leads_through_the_series(client):
    series, other = ProgrammeFactory(), ProgrammeFactory()
    day = datetime.date(2026, 3, 5)
    first, second, third = (
        RecordingFactory(published=True, programme=series, held_on=held_on, title=title)
        for held_on, title in ((day, "Part one"), (day, "Part two"), (datetime.date(2026, 4, 1), "Part three"))
    )
    RecordingFactory(programme=series, held_on=day, title="Unpublished part")
    alone = RecordingFactory(published=True, programme=other, held_on=day, title="Elsewhere")
    client.force_login(member())

    def neighbours(recording):
        context = client.get(recording.get_absolute_url()).context
        return context["earlier"], context["later"]

    assert neighbours(first) == (None, second)
    assert neighbours(second) == (first, third)
    assert neighbours(third) == (second, None)
    assert neighbours(alone) == neighbours(RecordingFactory(published=True)) == (None, None)
    page = client.get(second.get_absolute_url()).content.decode()
    assert 'rel="prev"' in page
    assert "Part three" in page


def test_an_editor_names_programmes(client):
    load_roles()
    client.force_login(UserFactory(roles=[Role.EDITOR]))
    address = reverse("wagtailsnippets_teleconsults_programme:add")
    facts = {"name_vi": "Hội chẩn đột quỵ", "name_en": "Stroke", "slug": "stroke", "order": "1"}
    assert client.post(address, facts).status_code == 302
    assert Programme.objects.get().slug == "stroke"


def test_more_recordings_cost_no_more_queries(client, count_queries):
    client.force_login(member())
    RecordingFactory(published=True)
    client.get(reverse("teleconsults:library"))  # fills the caches of the frame
    one = count_queries(reverse("teleconsults:library"))
    RecordingFactory.create_batch(9, published=True)
    assert count_queries(reverse("teleconsults:library")) == one


def test_the_library_pages_by_key(client):
    client.force_login(member())
    for day in range(1, 27):
        RecordingFactory(published=True, held_on=datetime.date(2026, 1, day), title=f"Session {day:02}")
    first = client.get(reverse("teleconsults:library"))
    assert [card.recording.title for card in first.context["cards"]] == [
        f"Session {day:02}" for day in range(26, 2, -1)
    ]
    second = client.get(reverse("teleconsults:library"), {"page": first.context["page"].next_cursor})
    assert [card.recording.title for card in second.context["cards"]] == ["Session 02", "Session 01"]


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_page_of_an_author_opens_in_every_state(client, language):
    author = author_at_hub()
    client.force_login(author)
    states = [
        RecordingFactory(author=author, video__uploaded=True),
        RecordingFactory(author=author, video__refused=True),
        RecordingFactory(author=author, video__uploaded=True, video__state=Video.State.FAILED),
        RecordingFactory(author=author),
        RecordingFactory(author=author, published=True),
        RecordingFactory(author=author, withdrawn_at=timezone.now(), withdrawn_by=author),
    ]
    Job.objects.create(kind="video.encode", subject=states[0].video.job_subject, owner=author)
    with translation.override(language):
        for recording in states:
            for name in ("watch", "prepare", "edit", "consent", "withdraw"):
                response = client.get(reverse(f"teleconsults:{name}", args=[recording.public_id]))
                withdrawn = {"watch": 410, "withdraw": 404, "edit": 302, "consent": 302}
                assert response.status_code == (withdrawn.get(name, 200) if recording.is_withdrawn else 200), name
        for name in ("mine", "upload", "library"):
            assert client.get(reverse(f"teleconsults:{name}")).status_code == 200
    with translation.override("en"):
        refused = client.get(reverse("teleconsults:prepare", args=[states[1].public_id])).content.decode()
        assert "may be damaged or cut off" in refused


def test_an_author_hears_of_a_lost_film_and_tries_again_from_the_list(client):
    author = author_at_hub()
    recording = RecordingFactory(author=author, video__uploaded=True, video__state=Video.State.ENCODING)
    video = recording.video
    job = JobFactory(
        kind="video.encode", subject=video.job_subject, args={"video_id": video.pk}, abandoned=True, attempt=3
    )
    sweep_jobs()
    client.force_login(author)
    retry = reverse("teleconsults:retry", args=[recording.public_id])
    for page in (reverse("teleconsults:mine"), reverse("teleconsults:prepare", args=[recording.public_id])):
        assert f'action="{retry}"' in client.get(page).content.decode()
    (told,) = Notification.objects.filter(user=author)
    assert told.kind == "teleconsults.failed"
    assert recording.public_id in told.url
    client.post(retry)
    again = Job.objects.latest_for(video.job_subject)
    assert (again.pk != job.pk, again.state) == (True, Job.State.QUEUED)


# --- consent and publication ----------------------------------------------------------------------------------------
def test_nothing_is_published_without_the_answer():
    draft = RecordingFactory()
    with pytest.raises(ConsentMissingError):
        publish_recording(draft, by=draft.author)
    nobody = FacilityApproval(" ", APPROVAL.approved_on)
    for answer, approval, agreement in (
        ("", APPROVAL, None),
        ("maybe", APPROVAL, ADULT),
        ("agreed", APPROVAL, None),
        ("agreed", nobody, ADULT),
        ("no_patient", APPROVAL, ADULT),
    ):
        with pytest.raises(ConsentMissingError):
            answer_consent(draft, answer=answer, approval=approval, agreement=agreement, by=draft.author)
    assert not draft.consents.exists()


def test_the_answer_is_kept_with_who_when_how_and_which_wording():
    draft = RecordingFactory()
    answer_consent(draft, answer="agreed", approval=APPROVAL, agreement=ADULT, by=draft.author)
    published = publish_recording(draft, by=draft.author)
    assert published.live
    (given,) = draft.consents.all()
    assert (given.given_by, given.patient, given.agreed_by, given.way) == (draft.author, "adult", "patient", "paper")
    assert (given.facility, given.facility_approver) == (draft.hub, APPROVAL.approver)
    assert given.given_at <= timezone.now()
    assert given.wording.version == CONSENT_VERSION
    assert set(given.wording.texts) == set(CONSENT_TEXTS[CONSENT_VERSION]) == {"vi", "en"}


@pytest.mark.parametrize(
    ("patient", "agreed_by", "is_enough"),
    [
        ("adult", "patient", True),
        ("adult", "guardian", False),
        ("represented", "guardian", True),
        ("represented", "patient", False),
        ("child_from_7", "both", True),
        ("child_from_7", "guardian", False),
        ("child_from_7", "patient", False),
        ("child_under_7", "guardian", True),
        ("child_under_7", "patient", False),
        ("nobody", "both", False),
    ],
)
def test_a_child_of_seven_and_the_guardian_agree(patient, agreed_by, is_enough):
    draft = RecordingFactory()
    agreement = Agreement(patient, agreed_by, datetime.date(2026, 3, 4), "recorded")
    if is_enough:
        assert answer_consent(
            draft, answer="agreed", approval=APPROVAL, agreement=agreement, by=draft.author
        ).is_cleared
        return
    with pytest.raises(GuardianMissingError):
        answer_consent(draft, answer="agreed", approval=APPROVAL, agreement=agreement, by=draft.author)
    facts = {"facility_approver": "x", "facility_approved_on": "2026-03-06", "given_by": draft.author}
    with pytest.raises(IntegrityError), transaction.atomic():
        draft.consents.create(
            answer="agreed", facility=draft.hub, wording=ConsentWording.in_force(), **asdict(agreement), **facts
        )


def test_what_was_answered_and_checked_is_never_changed_nor_deleted():
    draft, judge = RecordingFactory(), officer()
    answer_consent(draft, answer="no_patient", approval=APPROVAL, by=draft.author)
    check_recording(draft, is_clear=True, **seen(draft), by=judge)
    rows = (draft.consents.get(), draft.checks.get(), ConsentWording.in_force())
    for row in rows:
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save()
        with pytest.raises(IntegrityError), transaction.atomic():
            type(row).objects.filter(pk=row.pk)._raw_delete("default")
    with pytest.raises(WasAnsweredError):
        check_may_delete([draft])


def test_a_published_recording_is_not_answered_anew():
    recording = RecordingFactory(published=True)
    with pytest.raises(PublishedError):
        answer_consent(recording, answer="no_patient", approval=APPROVAL, by=recording.author)


def test_a_film_that_is_not_ready_is_not_published():
    draft = RecordingFactory(video__uploaded=True)
    answer_consent(draft, answer="agreed", approval=APPROVAL, agreement=ADULT, by=draft.author)
    with pytest.raises(NotReadyError):
        publish_recording(draft, by=draft.author)


@pytest.mark.parametrize(
    "missing",
    [
        {"consent": ""},
        {"consent_version": ""},
        {"consent_at": None},
        {"consent_by": None},
        {"is_facility_approved": False},
        {"checked_by": None},
        {"checked_at": None},
        {"checked_film": ""},
        {"checked_sha256": ""},
    ],
)
def test_the_database_refuses_to_publish_without_clearance(missing):
    recording = RecordingFactory(published=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        Recording.objects.filter(pk=recording.pk).update(**missing)


@pytest.mark.parametrize("person", ["author", "consent_by"])
def test_the_database_refuses_a_check_by_the_same_person(person):
    recording = RecordingFactory(published=True, consent_by=UserFactory())
    with pytest.raises(IntegrityError), transaction.atomic():
        Recording.objects.filter(pk=recording.pk).update(checked_by=getattr(recording, person))


def test_nothing_is_ticked_beforehand_and_the_page_publishes_step_by_step(client):
    author = author_at_hub()
    draft = RecordingFactory(author=author)
    client.force_login(author)
    address = reverse("teleconsults:consent", args=[draft.public_id])
    assert "checked" not in client.get(address).content.decode()
    assert client.post(address, {"answer": "agreed"}).status_code == 422
    facility = {"is_facility_approved": "on", "approver": "BS. Giám Đốc", "approved_on": "2026-03-06"}
    response = client.post(address, {"answer": "agreed", **facility})
    assert set(response.context["form"].errors) == {"patient", "agreed_by", "agreed_on", "way"}
    child = {"patient": "child_from_7", "agreed_by": "guardian", "agreed_on": "2026-03-04", "way": "paper"}
    response = client.post(address, {"answer": "agreed", **facility, **child})
    assert response.status_code == 422
    assert "for a child of 7 or older the child and a guardian agree" in response.content.decode()
    future = {"agreed_by": "both", "approved_on": "2999-01-01"}
    assert client.post(address, {"answer": "agreed", **facility, **child, **future}).status_code == 422
    assert client.post(address, {"answer": "agreed", **facility, **child, "agreed_by": "both"}).status_code == 302
    response = client.post(reverse("teleconsults:publish", args=[draft.public_id]), follow=True)
    assert "The recording is published" in response.content.decode()
    draft.refresh_from_db()
    assert draft.live


# --- the officer ----------------------------------------------------------------------------------------------------
def test_an_officer_checks_before_the_author_publishes(client):
    author, judge = author_at_hub(), officer()
    draft = RecordingFactory(author=author, title="Film with a question")
    answer_consent(draft, answer="no_patient", approval=APPROVAL, by=author)
    with pytest.raises(NotCheckedError):
        publish_recording(draft, by=author)
    (told,) = Notification.objects.filter(user=judge)
    client.force_login(judge)
    assert "Film with a question" in client.get(told.url).content.decode()
    address = reverse("teleconsults:check", args=[draft.public_id])
    page = client.get(address)
    assert "<video" in page.content.decode()
    facts = seen(draft) | {"verdict": "clear"}
    assert client.post(address, seen(draft)).status_code == 422
    assert client.post(address, facts | {"film": "an/older"}).status_code == 422
    draft.refresh_from_db()
    assert not draft.is_checked
    client.post(address, facts)
    assert Notification.objects.get(user=author).kind == "teleconsults.checked"
    assert publish_recording(draft, by=author).live
    assert client.get(address).status_code == 404


def test_an_officer_sends_back_what_shows_a_patient(client):
    author, judge = author_at_hub(), officer()
    draft = RecordingFactory(author=author)
    answer_consent(draft, answer="no_patient", approval=APPROVAL, by=author)
    client.force_login(judge)
    address = reverse("teleconsults:check", args=[draft.public_id])
    back = seen(draft) | {"verdict": "back"}
    assert client.post(address, back).status_code == 422
    client.post(address, back | {"remark": "A name plate at minute 3."})
    with pytest.raises(ConsentMissingError):
        publish_recording(draft, by=author)
    client.force_login(author)
    prepare = reverse("teleconsults:prepare", args=[draft.public_id])
    assert "A name plate at minute 3." in client.get(prepare).content.decode()


def test_nobody_checks_the_own_film(client):
    author = author_at_hub()
    author.groups.add(Group.objects.get_or_create(name=Role.DEID_OFFICER)[0])
    load_roles()
    draft = RecordingFactory(author=author, awaiting_check=True)
    client.force_login(author)
    assert client.get(reverse("teleconsults:check", args=[draft.public_id])).status_code == 404
    with pytest.raises(NotToCheckError):
        check_recording(draft, is_clear=True, **seen(draft), by=author)


def test_officers_wait_until_every_quality_is_there():
    draft = RecordingFactory(awaiting_check=True, video__is_provisional=True)
    assert draft not in Recording.objects.awaiting_check()


def test_a_new_film_or_a_new_answer_voids_the_check():
    draft, judge = RecordingFactory(awaiting_check=True), officer()
    check_recording(draft, is_clear=True, **seen(draft), by=judge)
    draft.refresh_from_db()
    Video.objects.filter(pk=draft.video_id).update(directory=f"{draft.video.public_id}/fedcba9876543210")
    with pytest.raises(NotCheckedError):
        publish_recording(draft, by=draft.author)
    assert draft in Recording.objects.awaiting_check().checkable_by(judge)
    draft.video.refresh_from_db()
    check_recording(draft, is_clear=True, **seen(draft), by=judge)
    answer_consent(draft, answer="no_patient", approval=APPROVAL, by=draft.author)
    with pytest.raises(NotCheckedError):
        publish_recording(draft, by=draft.author)


def test_withdrawing_takes_it_down_for_good(client):
    recording = RecordingFactory(published=True)
    withdraw_recording(recording, reason="The family asked.", by=recording.author)
    recording.refresh_from_db()
    recording.video.refresh_from_db()
    assert not recording.live
    assert recording.video.is_removed
    reader = member()
    assert recording not in Recording.objects.visible_to(reader).published()
    client.force_login(reader)
    page = client.get(recording.get_absolute_url())
    assert page.status_code == 410
    assert "The family asked." not in page.content.decode()
    with pytest.raises(WithdrawnError):
        publish_recording(recording, by=recording.author)
    with pytest.raises(IntegrityError), transaction.atomic():
        Recording.objects.filter(pk=recording.pk).update(live=True)


def test_nobody_plays_what_was_withdrawn(client):
    recording = RecordingFactory(published=True)
    withdraw_recording(recording, reason="The family asked.", by=recording.author)
    recording.video.refresh_from_db()
    for person in (recording.author, reviewer(), member(), UserFactory(is_superuser=True)):
        assert recording not in Recording.objects.visible_to(person)
        assert not may_play(person, recording.video)
        client.force_login(person)
        assert client.post(reverse("video:play", args=[recording.video.public_id])).status_code == 404
    client.force_login(recording.author)
    assert client.get(recording.get_absolute_url()).status_code == 410
    page = client.get(reverse("teleconsults:prepare", args=[recording.public_id])).content.decode()
    assert "Readers see only that it was withdrawn" in page
    assert "Nobody can watch it any more" in page
    assert "<video" not in page
    assert recording.video.directory not in page


def test_an_edit_undoes_no_withdrawal(client):
    recording = RecordingFactory(published=True, title="As it was")
    stale = Recording.objects.get(pk=recording.pk)
    withdraw_recording(recording, reason="A face", by=recording.author)
    stale.title = "Changed"
    with pytest.raises(WithdrawnError):
        change_details(stale, tags=[], by=stale.author)
    recording.refresh_from_db()
    assert (recording.title, recording.is_withdrawn, recording.live) == ("As it was", True, False)


@pytest.mark.parametrize("page", ["edit", "consent"])
def test_a_withdrawn_recording_has_no_form(client, page):
    recording = RecordingFactory(author=author_at_hub(), published=True)
    withdraw_recording(recording, reason="A face", by=recording.author)
    client.force_login(recording.author)
    shown = client.get(reverse(f"teleconsults:{page}", args=[recording.public_id]), follow=True).content.decode()
    assert "This recording was withdrawn and stays so" in shown
    assert 'name="title"' not in shown
    assert client.post(reverse(f"teleconsults:{page}", args=[recording.public_id]), {"title": "New"}).status_code == 302


def test_an_edit_keeps_the_details_and_nothing_else():
    recording = RecordingFactory(published=True, consent="agreed")
    stale = Recording.objects.get(pk=recording.pk)
    stale.title, stale.live, stale.consent = "Changed", False, ""
    change_details(stale, tags=["dengue"], by=stale.author)
    recording.refresh_from_db()
    assert (recording.title, recording.live, recording.consent) == ("Changed", True, "agreed")
    assert list(recording.tags.names()) == ["dengue"]


@pytest.mark.parametrize("is_ready", [True, False])
def test_an_author_takes_back_what_was_never_published(client, is_ready):
    """The family objects before anybody has seen it; the answer that was given stays as a proof."""
    author = author_at_hub()
    draft = RecordingFactory(author=author, **({} if is_ready else {"video__uploaded": True}))
    answer_consent(draft, answer="agreed", approval=APPROVAL, agreement=ADULT, by=author)
    client.force_login(author)
    withdraw = reverse("teleconsults:withdraw", args=[draft.public_id])
    assert withdraw in client.get(reverse("teleconsults:prepare", args=[draft.public_id])).content.decode()
    assert "It was never published" in client.get(withdraw).content.decode()
    assert client.post(withdraw, {"reason": "The family objects."}).status_code == 302
    draft = Recording.objects.get()
    assert (draft.is_withdrawn, draft.withdrawn_by, draft.video.is_removed) == (True, author, True)
    assert draft.consents.exists()
    for person in (author, officer()):
        assert not may_play(person, draft.video)


def test_an_officer_takes_a_draft_down_from_its_page(client):
    draft = RecordingFactory()
    client.force_login(officer())
    withdraw = reverse("teleconsults:withdraw", args=[draft.public_id])
    assert withdraw in client.get(draft.get_absolute_url()).content.decode()
    assert client.post(withdraw, {"reason": "A face"}).status_code == 302
    assert Recording.objects.get().video.is_removed


def test_an_officer_can_take_any_recording_down(client):
    recording = RecordingFactory(published=True)
    officer = member(user=UserFactory())
    address = reverse("teleconsults:withdraw", args=[recording.public_id])
    client.force_login(officer)
    assert client.post(address, {"reason": "A face"}).status_code == 404
    officer.user_permissions.add(Permission.objects.get(codename="withdraw_recording"))
    assert client.post(address, {"reason": "A face"}).status_code == 302
    recording.refresh_from_db()
    assert (recording.withdrawn_by, recording.withdrawal_reason) == (officer, "A face")


# --- upload ---------------------------------------------------------------------------------------------------------
def details(author, **changes):
    facts = {
        "title": "Sepsis at the district",
        "held_on": "2026-03-05",
        "hub": author.practitioner_or_none.facility_id,
        "specialty": SpecialtyFactory().pk,
        "language": "vi",
        "tags": "sepsis, fluids",
    }
    return facts | changes


def test_an_author_uploads_in_the_name_of_the_own_hub(client, small_clip, empty_storages):
    author = author_at_hub()
    client.force_login(author)
    with small_clip.open("rb") as handle:
        response = client.post(reverse("teleconsults:upload"), details(author, file=handle))
    recording = Recording.objects.get()
    assert response.url == reverse("teleconsults:prepare", args=[recording.public_id])
    assert (recording.author, recording.hub, recording.live) == (author, author.practitioner_or_none.facility, False)
    assert sorted(recording.tags.names()) == ["fluids", "sepsis"]
    assert recording.video.original_bytes == small_clip.stat().st_size
    assert Job.objects.latest_for(recording.video.job_subject).kind == "video.probe"


def test_a_text_file_named_mp4_is_refused_with_a_sentence(client, empty_storages):
    author = author_at_hub()
    client.force_login(author)
    file = SimpleUploadedFile("phim.mp4", b"Day la ghi chu cua toi.\n" * 50, "video/mp4")
    response = client.post(reverse("teleconsults:upload"), details(author, file=file))
    assert response.status_code == 422
    page = response.content.decode()
    assert "This is a text file, whatever its name says" in page
    assert 'value="Sepsis at the district"' in page
    assert not Recording.objects.exists()
    assert not Video.objects.exists()


def test_a_film_that_has_arrived_is_kept_while_a_field_is_wrong(client, small_clip, empty_storages):
    author = author_at_hub()
    client.force_login(author)
    with small_clip.open("rb") as handle:
        response = client.post(reverse("teleconsults:upload"), details(author, title="", file=handle))
    video = Video.objects.get()
    assert "has arrived and is kept" in response.content.decode()
    response = client.post(reverse("teleconsults:upload"), details(author, kept=video.public_id))
    assert response.status_code == 302
    assert Recording.objects.get().video == video


def test_a_kept_film_of_somebody_else_is_not_taken(client, empty_storages):
    author = author_at_hub()
    client.force_login(author)
    response = client.post(reverse("teleconsults:upload"), details(author, kept=VideoFactory().public_id))
    assert response.status_code == 422
    assert not Recording.objects.exists()


def test_no_file_no_day_in_the_future_no_hub_of_others(client, empty_storages):
    author = author_at_hub()
    client.force_login(author)
    facts = details(author, held_on="2999-01-01", hub=FacilityFactory(hub=True).pk)
    response = client.post(reverse("teleconsults:upload"), facts)
    assert set(response.context["form"].errors) == {"file", "held_on", "hub"}


def test_who_may_upload(client):
    address = reverse("teleconsults:upload")
    assert client.get(address).status_code == 302
    client.force_login(member())
    assert client.get(address).status_code == 403
    client.force_login(member(user=UserFactory(roles=[Role.AUTHOR])))
    assert "Recordings come from hubs" in client.get(address).content.decode()


@pytest.mark.parametrize("state", [{"pending": True}, {"verified": True, "verified_until": datetime.date(2020, 1, 1)}])
def test_an_author_who_is_not_verified_uploads_nothing(client, small_clip, empty_storages, state):
    author = PractitionerFactory(
        facility=FacilityFactory(hub=True), user=UserFactory(roles=[Role.AUTHOR]), **state
    ).user
    assert hubs_of(author) == []
    client.force_login(author)
    with small_clip.open("rb") as handle:
        response = client.post(reverse("teleconsults:upload"), details(author, file=handle))
    assert response.url == reverse("accounts:standing")
    assert not Video.objects.exists()


def test_an_upload_needs_the_token_of_the_form(small_clip, empty_storages):
    author = author_at_hub()
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(author)
    with small_clip.open("rb") as handle:
        assert strict.post(reverse("teleconsults:upload"), details(author, file=handle)).status_code == 403
    assert not Video.objects.exists()


# --- upload in pieces -----------------------------------------------------------------------------------------------
FINGERPRINT = "ab" * 32


def begin(client, author, size, *, fingerprint=FINGERPRINT, **changes):
    facts = {"file-name": "buổi 5.mp4", "file-length": size, "file-fingerprint": fingerprint}
    return client.post(reverse("teleconsults:begin_upload"), details(author, **changes) | facts)


def send_all(client, url, body):
    headers = {"Tus-Resumable": "1.0.0", "Upload-Offset": "0"}
    return client.generic("PATCH", url, body, CONTENT_TYPE="application/offset+octet-stream", headers=headers)


def test_an_upload_in_pieces_ends_as_a_recording(client, small_clip, empty_storages):
    author, body = author_at_hub(), small_clip.read_bytes()
    client.force_login(author)
    begun = begin(client, author, len(body))
    assert begun.status_code == 201
    urls = begun.json()
    assert send_all(client, urls["tus"], body).status_code == 204
    first, again = client.post(urls["finish"]), client.post(urls["finish"])
    recording = Recording.objects.get()
    assert first.url == again.url == reverse("teleconsults:prepare", args=[recording.public_id])
    assert (recording.title, recording.author) == ("Sepsis at the district", author)
    assert sorted(recording.tags.names()) == ["fluids", "sepsis"]
    assert recording.video.original_sha256 == hashlib.sha256(body).hexdigest()
    assert Job.objects.latest_for(recording.video.job_subject).kind == "video.probe"


def test_mistakes_are_told_before_the_first_byte(client, empty_storages):
    author = author_at_hub()
    client.force_login(author)
    for wrong in ({"title": ""}, {"held_on": "2999-01-01"}, {"hub": FacilityFactory(hub=True).pk}):
        answer = begin(client, author, 1000, **wrong)
        assert (answer.status_code, list(answer.context["form"].errors)) == (422, list(wrong))
    with override_settings(UPLOAD_MAX_BYTES=999):
        answer = begin(client, author, 1000)
        assert "larger than the portal accepts" in answer.content.decode()
    assert not Upload.objects.exists()


def test_the_same_file_is_gone_on_with_under_the_words_typed_last(client, small_clip, empty_storages):
    author, body = author_at_hub(), small_clip.read_bytes()
    client.force_login(author)
    first = begin(client, author, len(body), title="Typed in haste").json()
    assert begin(client, author, len(body)).json() == first
    send_all(client, first["tus"], body)
    client.post(first["finish"])
    assert Recording.objects.get().title == "Sepsis at the district"
    # Another file of the same length, and another person's, are others.
    other = author_at_hub()
    assert begin(client, author, len(body), fingerprint="cd" * 32).json() != first
    client.force_login(other)
    assert begin(client, other, len(body)).json() != first


def test_the_upload_page_lists_what_one_can_go_on_with(client, small_clip, empty_storages):
    author, body = author_at_hub(), small_clip.read_bytes()
    client.force_login(author)
    page = reverse("teleconsults:upload")
    assert "You have an unfinished upload" not in client.get(page).content.decode()
    UploadFactory(details={"title": ["Somebody else's"]})
    UploadFactory(owner=author, expires_at=timezone.now())
    urls = begin(client, author, len(body)).json()
    shown = client.get(page).content.decode()
    for expected in ("Sepsis at the district", "buổi 5.mp4", FINGERPRINT, urls["tus"], "data-upload-again"):
        assert expected in shown
    assert shown.count("data-unfinished data") + shown.count("data-unfinished\n") == 1
    send_all(client, urls["tus"], body)
    shown = client.get(page).content.decode()
    assert f'action="{urls["finish"]}"' in shown
    assert "data-upload-again" not in shown
    client.post(urls["finish"])
    assert "You have an unfinished upload" not in client.get(page).content.decode()


def test_words_that_no_longer_do_are_asked_for_again_and_the_film_is_kept(client, small_clip, empty_storages):
    author, body = author_at_hub(), small_clip.read_bytes()
    client.force_login(author)
    urls = begin(client, author, len(body)).json()
    send_all(client, urls["tus"], body)
    Upload.objects.update(details={"title": ["Sepsis"]})
    answer = client.post(urls["finish"])
    assert answer.status_code == 422
    assert "has arrived and is kept" in answer.content.decode()
    assert 'value="Sepsis"' in answer.content.decode()
    # Whoever leaves now finds it on the list.
    assert f'action="{urls["finish"]}"' in client.get(reverse("teleconsults:upload")).content.decode()
    kept = Video.objects.get().public_id
    assert client.post(reverse("teleconsults:upload"), details(author, kept=kept)).status_code == 302
    assert Recording.objects.get().video.public_id == kept
    # What has become a recording is no longer thrown away with the upload.
    client.post(urls["finish"].replace("finish", "discard"))
    assert not Video.objects.get().is_removed


def test_a_film_that_has_arrived_is_thrown_away_with_its_upload(client, small_clip, empty_storages):
    author, body = author_at_hub(), small_clip.read_bytes()
    client.force_login(author)
    urls = begin(client, author, len(body)).json()
    send_all(client, urls["tus"], body)
    Upload.objects.update(details={"title": ["Sepsis"]})
    assert client.post(urls["finish"]).status_code == 422
    film = Video.objects.get()
    client.post(urls["finish"].replace("finish", "discard"))
    assert not Upload.objects.exists()
    film.refresh_from_db()
    assert film.is_removed
    assert not Job.objects.filter(kind="video.probe").unfinished().exists()
    again = client.post(reverse("teleconsults:upload"), details(author, kept=film.public_id))
    assert again.status_code == 422, "nothing is left of it to make a recording of"


def test_half_a_film_is_not_finished_and_can_be_thrown_away(client, empty_storages):
    author = author_at_hub()
    client.force_login(author)
    urls = begin(client, author, 1000).json()
    answer = client.post(urls["finish"], follow=True)
    assert "The file has not arrived whole yet" in answer.content.decode()
    client.post(urls["finish"].replace("finish", "discard"))
    assert not Upload.objects.exists()
    assert not Recording.objects.exists()


@pytest.mark.parametrize("act", ["finish", "discard"])
def test_anothers_upload_is_nobodys_business(client, act):
    client.force_login(author_at_hub())
    upload = UploadFactory()
    assert client.post(reverse(f"teleconsults:{act}_upload", args=[upload.public_id])).status_code == 404
    assert Upload.objects.exists()


# --- the person's data ----------------------------------------------------------------------------------------------
def test_a_person_gets_a_copy_and_is_forgotten():
    author = author_at_hub()
    name = author.full_name
    recording = RecordingFactory(
        author=author, published=True, chair=f"BS. {name}", presenters=[f"BS. {name}", "ThS. Lê Mẫu"]
    )
    WatchRecord.objects.create(user=author, video=recording.video, seconds_watched=7)
    copy = dict(export(author) for export in exporters)
    assert copy["teleconsults"]["recordings"][0]["title"] == recording.title
    assert copy["watching"]["records"][0]["seconds_watched"] == 7
    for erase in erasers:
        erase(author)
    recording.refresh_from_db()
    assert recording.presenter_line == "BS. —, ThS. Lê Mẫu"
    assert name not in recording.chair
    assert recording.live
    assert not WatchRecord.objects.exists()
    assert not Video.objects.get().original_name


# --- the admin ------------------------------------------------------------------------------------------------------
def editor(*codenames):
    """Somebody in the admin who may look at recordings, and has the permissions named besides."""
    group = Group.objects.create(name=f"editors {' '.join(codenames)}")
    permissions = {"access_admin", "view_recording", *codenames}
    group.permissions.set(Permission.objects.filter(codename__in=permissions))
    user = UserFactory(is_staff=True)
    user.groups.add(group)
    return user


def test_an_editor_chooses_among_published_recordings(client):
    shown, draft = RecordingFactory(published=True, title="For lessons"), RecordingFactory(title="Draft")
    client.force_login(editor())
    chooser = client.get(reverse("wagtailsnippetchoosers_teleconsults_recording:choose")).content.decode()
    assert shown.title in chooser
    assert draft.title not in chooser
    chosen = "wagtailsnippetchoosers_teleconsults_recording:chosen"
    assert shown.title in client.get(reverse(chosen, args=[shown.pk])).content.decode()
    assert client.get(reverse(chosen, args=[draft.pk]), follow=True).status_code == 404
    both = client.get(reverse(f"{chosen}_multiple"), {"id": [shown.pk, draft.pk]}).content.decode()
    assert shown.title in both
    assert draft.title not in both


@pytest.mark.parametrize("page", ["inspect", "edit", "history", "usage", "delete"])
def test_an_id_opens_in_the_admin_what_the_person_may_see(client, page):
    shown, draft = RecordingFactory(published=True), RecordingFactory()
    withdrawn = RecordingFactory(withdrawn_at=timezone.now(), withdrawn_by=draft.author)
    acts = ["change_recording", "delete_recording"]
    for person, statuses in [
        (editor(*acts), [200, 404, 404]),
        (editor("review_recording", *acts), [200, 200, 404]),
        (UserFactory(is_superuser=True, is_staff=True), [200, 200, 200]),
    ]:
        client.force_login(person)
        addresses = [
            reverse(f"wagtailsnippets_teleconsults_recording:{page}", args=[recording.pk])
            for recording in (shown, draft, withdrawn)
        ]
        assert [client.get(address, follow=True).status_code for address in addresses] == statuses


def bulk_delete_address(*recordings):
    ids = "&".join(f"id={recording.pk}" for recording in recordings)
    return f"{reverse('wagtail_bulk_action', args=['teleconsults', 'recording', 'delete'])}?{ids}"


@pytest.mark.parametrize("is_bulk", [True, False])
def test_what_was_published_is_withdrawn_not_deleted(client, is_bulk):
    client.force_login(UserFactory(is_superuser=True, is_staff=True))
    draft = RecordingFactory()
    withdrawn = RecordingFactory(published=True)
    withdraw_recording(withdrawn, reason="A face", by=withdrawn.author)
    for kept in (RecordingFactory(published=True), withdrawn):
        one = reverse("wagtailsnippets_teleconsults_recording:delete", args=[kept.pk])
        address = bulk_delete_address(kept, draft) if is_bulk else one
        for send in (client.get, client.post):
            assert send(address).url == reverse("wagtailsnippets_teleconsults_recording:list")
    assert Recording.objects.count() == 3
    one = reverse("wagtailsnippets_teleconsults_recording:delete", args=[draft.pk])
    client.post(bulk_delete_address(draft) if is_bulk else one)
    assert draft not in Recording.objects.all()
    assert Video.objects.get(pk=draft.video_id).is_removed, "its film goes along"


def test_a_bulk_action_names_nothing_that_the_list_hides(client):
    shown, draft = RecordingFactory(published=True, title="Shown"), RecordingFactory(title="Still secret")
    for person in (editor(), editor("delete_recording")):
        client.force_login(person)
        for send in (client.get, client.post):
            assert send(bulk_delete_address(draft), follow=True).status_code == 404
        assert "Still secret" not in client.get(bulk_delete_address(shown, draft), follow=True).content.decode()
        person.groups.all().delete()
    assert Recording.objects.filter(pk=draft.pk).exists()


def test_the_admin_shows_a_withdrawn_recording_without_a_form(client):
    recording = RecordingFactory(published=True)
    withdraw_recording(recording, reason="A face in the picture", by=recording.author)
    client.force_login(UserFactory(is_superuser=True, is_staff=True))
    edit = reverse("wagtailsnippets_teleconsults_recording:edit", args=[recording.pk])
    page = client.get(edit, follow=True)
    assert page.redirect_chain[-1][0].endswith(f"/inspect/{recording.pk}/")
    assert "A face in the picture" in page.content.decode()
    client.post(edit, {"title": "Changed"})
    recording.refresh_from_db()
    assert recording.title != "Changed"


@pytest.mark.parametrize("name", ["site_history", "site_history_results"])
def test_only_who_may_see_all_of_it_opens_the_site_history(client, name):
    draft = RecordingFactory(title="Still secret")
    submit_recording(draft, video=draft.video, by=draft.author)
    address = reverse(f"wagtailadmin_reports:{name}")
    load_roles()
    for person in (editor(), UserFactory(roles=[Role.EDITOR])):
        client.force_login(person)
        for query in ("", "?export=csv"):
            assert client.get(address + query).status_code == 302
    client.force_login(UserFactory(is_superuser=True, is_staff=True))
    assert "Still secret" in client.get(address).content.decode()
    client.logout()
    assert "login" in client.get(address).url
