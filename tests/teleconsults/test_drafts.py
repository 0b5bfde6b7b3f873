"""Drafts, revisions, review and preview of a recording in the Wagtail admin; the gate stands before every way out."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry, WorkflowState
from wagtail.test.utils.form_data import inline_formset, nested_form_data, rich_text, streamfield

from foundation.accounts.reference import load_roles
from foundation.kernel.erasure import erasers
from foundation.kernel.roles import Role
from teleconsults.actions import LockedError, change_details, check_recording, publish_recording, withdraw_recording
from teleconsults.models import Recording
from teleconsults.reference import load_review
from teleconsults.refusals import NotCheckedError, OnlyWithdrawnError, WithdrawnError
from teleconsults.wagtail_hooks import RecordingEditView
from tests.factories.accounts import FacilityFactory, PractitionerFactory, UserFactory
from tests.factories.teleconsults import RecordingFactory, seen

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client, settings):
    """Signs in somebody with a role, verified, who reads English."""
    load_roles()
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"

    def sign_in(role):
        user = UserFactory(roles=[role])
        PractitionerFactory(verified=True, user=user, facility=FacilityFactory(hub=True))
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return user

    return sign_in


def address(name, recording, *more):
    return reverse(f"wagtailsnippets_teleconsults_recording:{name}", args=[recording.pk, *more])


def form_of(recording, *, act="", **changes):
    data = {
        "title": recording.title,
        "held_on": recording.held_on.isoformat(),
        "programme": "",
        "specialty": recording.specialty_id,
        "language": "vi",
        "tags": "dengue",
        "asking_facilities": [],
        "chair": "",
        "goals": "",
        "presenters": inline_formset([{"name": "BS. An Mẫu", "role": "specialist"}]),
        "summary": streamfield([("text", rich_text("<p>Fluids</p>", features=["bold"]))]),
        "key_points": streamfield([("point", "Stop in time")]),
        "required_coverage": "0.90",
        "max_rate": "1.50",
        "wall_factor": "0.90",
        "issuing_body": "",
        "activity_kind": "",
        "credit_hours": "",
        **{rows: inline_formset([]) for rows in ("handouts", "related_recordings", "related_pages")},
    }
    return nested_form_data(data | changes) | ({act: "1"} if act else {})


def post(client, recording, **changes):
    return client.post(address("edit", recording), form_of(recording, **changes), follow=True)


# --- drafts ---------------------------------------------------------------------------------------------------------
def test_a_draft_changes_nothing_public_until_it_is_published(client, staff):
    staff(Role.EDITOR)
    recording = RecordingFactory(published=True, consent="agreed", title="Before")
    assert post(client, recording, title="After").status_code == 200
    recording.refresh_from_db()
    assert (recording.title, recording.has_unpublished_changes) == ("Before", True)
    assert client.get(address("edit", recording)).context["form"]["title"].value() == "After"
    post(client, recording, title="After", act="action-publish")
    recording.refresh_from_db()
    assert (recording.title, recording.has_unpublished_changes, recording.live) == ("After", False, True)
    assert recording.presenter_line == "BSCKII. Trần Thị Mẫu, BS. An Mẫu"
    assert list(recording.tags.names()) == ["dengue"]
    assert ModelLogEntry.objects.filter(action="teleconsults.publish", object_id=recording.pk).exists()


def test_no_revision_undoes_what_was_decided():
    recording = RecordingFactory(awaiting_check=True, title="Old words")
    earlier = recording.save_revision()
    Recording.objects.filter(pk=recording.pk).update(consent="agreed", title="New words")
    earlier.publish()
    recording.refresh_from_db()
    assert (recording.title, recording.consent, recording.live) == ("Old words", "agreed", True)
    assert recording.published_at
    withdraw_recording(recording, reason="A face", by=recording.author)
    with pytest.raises(WithdrawnError):
        earlier.publish()
    recording.refresh_from_db()
    assert recording.is_withdrawn


def test_the_site_edits_where_the_editor_stopped(client, staff):
    author = staff(Role.AUTHOR)
    recording = RecordingFactory(published=True, consent="agreed", author=author, title="Before", chair="PGS. Mẫu")
    draft = recording.get_latest_revision_as_object()
    draft.title = "A draft"
    draft.save_revision(user=author)
    page = client.get(reverse("teleconsults:edit", args=[recording.public_id]))
    assert page.context["form"]["title"].value() == "A draft"
    change_details(page.context["form"].instance, tags=["x"], by=author)
    recording.refresh_from_db()
    assert (recording.title, recording.chair, recording.has_unpublished_changes) == ("A draft", "PGS. Mẫu", False)
    assert recording.presenter_line == "BSCKII. Trần Thị Mẫu"


def test_what_somebody_has_locked_is_not_edited_on_the_site():
    recording = RecordingFactory(locked=True, locked_by=UserFactory(), locked_at=timezone.now())
    with pytest.raises(LockedError):
        change_details(recording, tags=[], by=recording.author)
    recording.locked_by = recording.author
    recording.save()
    change_details(recording, tags=[], by=recording.author)


def test_the_page_says_what_has_locked_the_words_and_loses_none(client, staff):
    author = staff(Role.AUTHOR)
    recording = RecordingFactory(author=author, locked=True, locked_by=UserFactory(), locked_at=timezone.now())
    page = client.get(reverse("teleconsults:edit", args=[recording.public_id]))
    assert f"Locked by {recording.locked_by}" in page.content.decode()
    form = page.context["form"]
    data = {name: form[name].value() or "" for name in form.fields}
    data["tags"], data["held_on"] = "", recording.held_on.isoformat()
    refused = client.post(page.request["PATH_INFO"], data | {"title": "Typed meanwhile"})
    assert refused.status_code == 422
    assert "Typed meanwhile" in refused.content.decode()
    assert f"Locked by {recording.locked_by}" in refused.content.decode()


# --- the gate -------------------------------------------------------------------------------------------------------
def test_the_editor_meets_the_gate_and_keeps_the_words(client, staff):
    author = staff(Role.AUTHOR)
    recording = RecordingFactory(awaiting_check=True, author=author)
    answer = post(client, recording, title="New words", act="action-publish")
    assert "An officer has still to confirm" in answer.content.decode()
    recording.refresh_from_db()
    assert (recording.live, recording.title) == (False, "New words")


def test_an_open_form_undoes_no_check(client, staff, monkeypatch):
    author = staff(Role.AUTHOR)
    recording = RecordingFactory(awaiting_check=True, author=author)
    officer, as_it_is = UserFactory(), RecordingEditView.save_instance

    def check_meanwhile(view):
        checked = {"checked_by": officer, "checked_at": timezone.now(), "checked_film": recording.video.directory}
        checked |= {"consent": "agreed"}
        checked |= {"checked_sha256": recording.video.content_sha256}
        Recording.objects.filter(pk=recording.pk).update(**checked)
        return as_it_is(view)

    monkeypatch.setattr(RecordingEditView, "save_instance", check_meanwhile)
    post(client, recording, title="New words")
    recording.refresh_from_db()
    assert recording.title == "New words"
    assert (recording.is_checked, recording.consent) == (True, "agreed")


def test_the_editor_keeps_a_draft_of_other_words_but_does_not_publish_it(client, staff):
    author, none_new = staff(Role.AUTHOR), {"presenters": inline_formset([])}
    recording = RecordingFactory(awaiting_check=True, author=author)
    check_recording(recording, is_clear=True, **seen(recording), by=UserFactory())
    post(client, recording, title="Other words", **none_new)
    recording.refresh_from_db()
    assert not recording.is_checked, "what is saved before the publication is read again"
    check_recording(recording, is_clear=True, **seen(recording), by=UserFactory())
    post(client, recording, title="Other words", **none_new, act="action-publish")
    recording.refresh_from_db()
    assert (recording.live, recording.title) == (True, "Other words")
    answer = post(client, recording, title="A name", **none_new, act="action-publish").content.decode()
    assert "they stay as they are" in answer
    recording.refresh_from_db()
    assert recording.title == "Other words"
    assert client.get(address("edit", recording)).context["form"]["title"].value() == "A name"


def test_a_reviewer_approves_and_the_gate_decides(client, staff):
    load_review()
    author = staff(Role.AUTHOR)
    recording = RecordingFactory(awaiting_check=True, author=author)
    post(client, recording, act="action-submit")
    state = WorkflowState.objects.get()
    staff(Role.SPECIALTY_REVIEWER)
    approve = address("workflow_action", recording, "approve", state.current_task_state_id)
    answer = client.post(approve, {"comment": ""}, follow=True)
    assert "An officer has still to confirm" in answer.content.decode()
    state.refresh_from_db()
    assert state.status == WorkflowState.STATUS_IN_PROGRESS
    with pytest.raises(LockedError, match="In review"):
        change_details(recording, tags=[], by=author)
    Recording.objects.filter(pk=recording.pk).update(consent="agreed")
    client.post(approve, {"comment": ""}, follow=True)
    recording.refresh_from_db()
    state.refresh_from_db()
    assert (recording.live, state.status) == (True, WorkflowState.STATUS_APPROVED)


def test_a_published_recording_is_withdrawn_not_hidden(client, staff):
    author = staff(Role.AUTHOR)
    recording = RecordingFactory(published=True, author=author)
    withdraw = reverse("teleconsults:withdraw", args=[recording.public_id])
    assert client.post(address("unpublish", recording)).url == withdraw
    with pytest.raises(OnlyWithdrawnError):
        recording.unpublish()
    assert Recording.objects.get().live


def test_the_site_publishes_the_words_as_they_stand():
    recording = RecordingFactory(awaiting_check=True)
    with pytest.raises(NotCheckedError):
        publish_recording(recording, by=recording.author)
    Recording.objects.update(consent="agreed")
    published = publish_recording(recording, by=recording.author)
    assert published.live
    assert published.live_revision.content["title"] == recording.title


# --- who ------------------------------------------------------------------------------------------------------------
def test_an_author_edits_the_own_recordings_only(client, staff):
    author = staff(Role.AUTHOR)
    own, other = RecordingFactory(author=author, title="My own"), RecordingFactory(published=True, title="Not mine")
    listed = client.get(reverse("wagtailsnippets_teleconsults_recording:list")).content.decode()
    assert "My own" in listed
    assert "Not mine" not in listed
    assert client.get(address("edit", own)).status_code == 200
    for name in ("edit", "history", "preview_on_edit", "lock", "unpublish"):
        assert client.get(address(name, other), follow=True).status_code == 404
    assert client.get(reverse("wagtailsnippets_teleconsults_recording:add")).url == reverse("wagtailadmin_home")


def test_the_list_leads_a_reviewer_to_the_form_of_the_own_recording_and_to_the_words_of_others(client, staff):
    reviewer = staff(Role.SPECIALTY_REVIEWER)
    reviewer.groups.add(Group.objects.get(name=Role.AUTHOR))
    own, other = RecordingFactory(author=reviewer), RecordingFactory(awaiting_check=True)
    listed = client.get(reverse("wagtailsnippets_teleconsults_recording:list")).content.decode()
    assert address("edit", own) in listed
    assert address("edit", other) not in listed
    assert address("inspect", other) in listed


def test_who_may_only_look_changes_nothing(client, staff):
    staff(Role.MODERATOR)
    recording = RecordingFactory(published=True)
    assert client.get(address("inspect", recording)).status_code == 200
    assert client.get(address("edit", recording)).status_code == 302
    post(client, recording, title="Changed")
    assert not recording.revisions.exists()


def test_the_admin_asks_authors_for_a_second_factor(client, staff, settings):
    settings.REQUIRE_MFA = True
    staff(Role.AUTHOR)
    assert client.get(reverse("wagtailadmin_home")).url == reverse("mfa_index")
    assert client.get(reverse("teleconsults:mine")).status_code == 200


# --- preview and forgetting -----------------------------------------------------------------------------------------
def test_the_preview_shows_the_draft_as_readers_will(client, staff):
    author = staff(Role.AUTHOR)
    recording = RecordingFactory(published=True, author=author)
    client.post(address("preview_on_edit", recording), form_of(recording, title="Words to come"))
    page = client.get(address("preview_on_edit", recording)).content.decode()
    assert "Words to come" in page
    assert "data-player" in page
    assert "Stop in time" in page


def test_a_name_leaves_earlier_revisions_too():
    author = PractitionerFactory(verified=True).user
    recording = RecordingFactory(author=author, chair=f"BS. {author.full_name}")
    revision = recording.save_revision()
    for erase in erasers:
        erase(author)
    revision.refresh_from_db()
    assert revision.content["chair"] == "BS. —"


def test_a_preview_plays_no_film_for_who_may_not_play_it(client, staff):
    """An editor without a profile edits the words of a published recording, no more."""
    recording = RecordingFactory(published=True)
    editor = UserFactory(roles=[Role.EDITOR])
    load_roles()
    client.force_login(editor, backend="django.contrib.auth.backends.ModelBackend")
    client.post(address("preview_on_edit", recording), form_of(recording, title="Words to come"))
    page = client.get(address("preview_on_edit", recording)).content.decode()
    assert "Words to come" in page
    assert "data-player" not in page
