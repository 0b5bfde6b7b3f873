"""What authors do with recordings: hand in, answer for consent, publish, withdraw."""

from collections.abc import Iterable, Sequence

from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import User
from foundation.kernel.audit import log
from foundation.kernel.errors import RefusedError
from foundation.notifications.actions import tell
from foundation.video.actions import retire_addresses
from foundation.video.models import Video
from teleconsults.consent import CONSENT_VERSION
from teleconsults.models import DETAILS, Recording
from teleconsults.withdrawals import withdrawal_listeners

_TOLD: dict[str, Promise] = {
    Video.State.READY: _("“%(title)s” is ready to be watched. Answer the consent question, then publish it."),
    Video.State.REFUSED: _("The file of “%(title)s” was refused. See why, and what to do."),
    Video.State.FAILED: _("“%(title)s” could not be prepared. Your file is kept; try again."),
}


class NotReadyError(RefusedError):
    message = _("The film is not ready yet. It can be published once it is.")
    code = "not_ready"


class ConsentMissingError(RefusedError):
    message = _("Answer the consent question first; without it nothing is published.")
    code = "consent_missing"


class WithdrawnError(RefusedError):
    message = _("This recording was withdrawn and stays so. Upload it anew if that was a mistake.")
    code = "withdrawn"


class NotPublishedError(RefusedError):
    message = _("Only a published recording can be withdrawn.")
    code = "not_published"


class WasPublishedError(RefusedError):
    message = _(
        "A recording that was published is not deleted: withdraw it on its page, with a reason. What was withdrawn"
        " stays as the proof of that."
    )
    code = "was_published"


@transaction.atomic
def submit_recording(draft: Recording, *, video: Video, tags: Sequence[str] = (), by: User) -> Recording:
    """Keep what the author said about a session, with its film; nobody else sees it yet."""
    draft.video, draft.author = video, by
    draft.save()
    draft.tags.set(tags)
    log(draft, "teleconsults.submit", user=by)
    return draft


@transaction.atomic
def change_details(recording: Recording, *, tags: Sequence[str], by: User) -> Recording:
    """Keep changed words about a session, and nothing else that `recording` may hold. Raises WithdrawnError."""
    if _locked(recording).is_withdrawn:
        raise WithdrawnError
    recording.save(update_fields=DETAILS)
    recording.tags.set(tags)
    log(recording, "teleconsults.edit", user=by)
    return recording


@transaction.atomic
def answer_consent(recording: Recording, *, answer: str, is_facility_approved: bool, by: User) -> Recording:
    """Record who said what about the patients, when, and which wording they read.

    Raises ConsentMissingError for half an answer, WithdrawnError.
    """
    recording = _locked(recording)
    if recording.is_withdrawn:
        raise WithdrawnError
    if not is_facility_approved or answer not in Recording.Consent.values or not answer:
        raise ConsentMissingError
    recording.consent, recording.is_facility_approved = answer, is_facility_approved
    recording.consent_version, recording.consent_by, recording.consent_at = CONSENT_VERSION, by, timezone.now()
    recording.save()
    log(recording, "teleconsults.consent", user=by, data={"answer": answer, "version": CONSENT_VERSION})
    return recording


@transaction.atomic
def publish_recording(recording: Recording, *, by: User) -> Recording:
    """Let every verified practitioner see it. Raises WithdrawnError, NotReadyError, ConsentMissingError."""
    recording = _locked(recording)
    if recording.is_withdrawn:
        raise WithdrawnError
    if not recording.video.is_ready:
        raise NotReadyError
    if not recording.is_consent_answered or not recording.is_facility_approved:
        raise ConsentMissingError
    if recording.live:
        return recording
    recording.live, recording.published_at = True, timezone.now()
    recording.save(update_fields=["live", "published_at"])
    log(recording, "teleconsults.publish", user=by)
    return recording


@transaction.atomic
def withdraw_recording(recording: Recording, *, reason: str, by: User) -> Recording:
    """Take it down for good: the page says so, and addresses handed out before stop working at once.

    `withdrawal_listeners` run last. Raises NotPublishedError.
    """
    recording = _locked(recording)
    if recording.is_withdrawn:
        return recording
    if not recording.live:
        raise NotPublishedError
    recording.live = False
    recording.withdrawn_at, recording.withdrawn_by, recording.withdrawal_reason = timezone.now(), by, reason
    recording.save()
    retire_addresses(recording.video)
    log(recording, "teleconsults.withdraw", user=by, data={"reason": reason})
    for listener in withdrawal_listeners:
        listener(recording, by)
    return recording


def check_may_delete(recordings: Iterable[Recording]) -> None:
    """Only what nobody has ever been shown. Raises WasPublishedError."""
    if any(recording.live or recording.published_at or recording.is_withdrawn for recording in recordings):
        raise WasPublishedError


def tell_author(video: Video) -> None:
    """Registered with the video room: the film is ready, or nothing will come of it."""
    recording = Recording.objects.select_related("author").filter(video=video).first()
    if recording is None:
        return
    text = _TOLD[video.state] % {"title": recording.title}
    with translation.override(recording.author.language):
        url = reverse("teleconsults:prepare", args=[recording.public_id])
    tell(recording.author, kind=f"teleconsults.{video.state}", text=text, url=url)


def _locked(recording: Recording) -> Recording:
    return Recording.objects.select_for_update(of=("self",)).select_related("video").get(pk=recording.pk)
