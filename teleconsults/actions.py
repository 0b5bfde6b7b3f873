"""What authors do with recordings: hand in, answer for consent, publish, withdraw; what officers find."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict

from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cpd.actions import award_credit, confirm_activity, hold_ledger_of, propose_activity, retract_proposal
from cpd.models import CreditEntry
from foundation.accounts.models import Practitioner, User
from foundation.jobs.models import Job
from foundation.kernel.audit import log
from foundation.kernel.errors import RefusedError
from foundation.kernel.models import PortalDocument
from foundation.kernel.roles import Role
from foundation.notifications.actions import tell
from foundation.video.actions import (
    ask_for_captions,
    decide_candidate,
    forget_original,
    give_up_redaction,
    keep_captions,
    keep_chapters,
    keep_marks,
    refuse_stale,
    remove_film,
    start_redaction,
)
from foundation.video.models import Video
from foundation.video.redaction import Mark
from foundation.video.rules import position_after_cuts
from foundation.video.watching import is_watched, tell_again, watch_record_for
from teleconsults.decisions import has_decided
from teleconsults.listeners import withdrawal_listeners
from teleconsults.models import (
    DETAIL_ROWS,
    DETAILS,
    Consent,
    ConsentWording,
    DecisionAnswer,
    DecisionOption,
    DecisionPoint,
    OfficerCheck,
    Recording,
)
from teleconsults.refusals import CheckedWordsError, ConsentMissingError, WithdrawnError
from teleconsults.rules import Agreement, FacilityApproval, Question
from teleconsults.words import public_words, sha256_of, words_sha256

_TOLD: dict[str, Promise] = {
    Video.State.READY: _("“%(title)s” is ready to be watched. Answer the consent question, then publish it."),
    Video.State.REFUSED: _("The file of “%(title)s” was refused. See why, and what to do."),
    Video.State.FAILED: _("“%(title)s” could not be prepared. Your file is kept; try again."),
}
_STUCK = _("The qualities of “%(title)s” for poor lines could not be made. See why, and what to do.")


class GuardianMissingError(RefusedError):
    message = _(
        "This is not enough: for a child of 7 or older the child and a guardian agree, for a younger child or a"
        " represented adult the guardian, for an adult the patient."
    )
    code = "guardian_missing"


class NotToCheckError(RefusedError):
    message = _("This recording does not wait for your check: it was decided already, or it is your own.")
    code = "not_to_check"


class FilmChangedError(RefusedError):
    message = _("The film was made anew while you watched. Watch the new version, then decide.")
    code = "film_changed"


class WordsChangedError(RefusedError):
    message = _("The words beside the film were changed while you watched. Read the new ones, then decide.")
    code = "words_changed"


class ReadFileError(RefusedError):
    message = _(
        "This file hangs on a recording, and an officer read it there. Upload the new one as another file, and hang"
        " that one on the recording."
    )
    code = "read_file"


class ReasonMissingError(RefusedError):
    message = _("Say what can be recognised, and where, so that the author can mend it.")
    code = "reason_missing"


class PublishedError(RefusedError):
    message = _("The recording is published. To answer anew, withdraw it first.")
    code = "published"


class LockedError(RefusedError):
    message = _("Somebody else works on these words in the editor, or reviews them. Try again when they are done.")
    code = "locked"


class NoHoursError(RefusedError):
    message = _("No issuing body has confirmed hours for this recording.")
    code = "no_hours"


class NotMemberError(RefusedError):
    message = _("Hours are credited to verified practitioners. Your profile says what is missing.")
    code = "not_member"


class NotWatchedError(RefusedError):
    message = _("Not enough has been watched yet. The bar under the film shows what is missing.")
    code = "not_watched"


class AnswersMissingError(RefusedError):
    message = _(
        "The film asks something that you have not answered yet: see “Questions” under it. Then take the hours."
    )
    code = "answers_missing"


class CountedElsewhereError(RefusedError):
    message = _("These minutes have brought you hours already, with a course that shows this recording.")
    code = "counted_elsewhere"


class InCourseError(RefusedError):
    message = _("A course that shows this recording gives hours for it. Take the course: the same minutes count once.")
    code = "in_course"


class WasAnsweredError(RefusedError):
    message = _(
        "A recording whose consent question was answered is not deleted: the answer stays as a proof. Withdraw it on"
        " its page; then its film is deleted."
    )
    code = "was_answered"


class WasPublishedError(RefusedError):
    message = _(
        "A recording that was published is not deleted: withdraw it on its page, with a reason. What was withdrawn"
        " stays as the proof of that."
    )
    code = "was_published"


class OutsideFilmError(RefusedError):
    message = _("The film is not that long. Choose a moment inside it.")
    code = "outside_film"


class MomentTakenError(RefusedError):
    message = _("A question stands at this moment already. Change that one, or choose another moment.")
    code = "moment_taken"


class AnsweredError(RefusedError):
    message = _(
        "Colleagues have answered this question: its words and the answers to choose stay as they are. You may change"
        " your reasoning and the moment, or take the question away and ask another one."
    )
    code = "answered"


class NotAskedError(RefusedError):
    message = _("This question is no longer asked. Reload the page.")
    code = "not_asked"


class NothingChosenError(RefusedError):
    message = _("Choose one of the answers.")
    code = "nothing_chosen"


class QuestionChangedError(RefusedError):
    message = _("The author changed the question meanwhile. Read it again, then decide.")
    code = "question_changed"


@transaction.atomic
def submit_recording(draft: Recording, *, video: Video, tags: Sequence[str] = (), by: User) -> Recording:
    """Keep what the author said about a session, with its film; nobody else sees it yet."""
    draft.video, draft.author = video, by
    draft.tags.set(tags)
    draft.save()
    log(draft, "teleconsults.submit", user=by)
    return draft


@transaction.atomic
def submit_arrived(draft: Recording, *, video: Video, tags: Sequence[str] = (), by: User) -> Recording:
    """As `submit_recording`, for a film that came piece by piece; asked twice, it is the same recording."""
    Video.objects.select_for_update().get(pk=video.pk)
    there_is = Recording.objects.filter(video=video).first()
    return there_is or submit_recording(draft, video=video, tags=tags, by=by)


@transaction.atomic
def change_details(recording: Recording, *, tags: Sequence[str], by: User) -> Recording:
    """Keep changed words about a session, and nothing else that `recording` may hold; of a published one at once.

    Each time is a revision. An officer who had read other words is asked to look again. Raises WithdrawnError,
    LockedError while somebody else reviews or has locked it, CheckedWordsError for what is published by a check.
    """
    row = _locked(recording)
    if row.is_withdrawn:
        raise WithdrawnError
    if (lock := row.get_lock()) and lock.for_user(by):
        raise LockedError(row.lock_sentence_for(by))
    recording.tags.set(tags)
    row.keep_decisions_on(recording)
    if not row.live:
        recording.save(update_fields=[*DETAILS, *DETAIL_ROWS])
    revision = recording.save_revision(user=by, log_action="teleconsults.edit", clean=False)
    if row.live:
        revision.publish(user=by, log_action=False, skip_permission_checks=True)
    else:
        ask_again(row)
    return recording


@transaction.atomic
def change_captions(recording: Recording, *, language: str, text: str, seen: str = "", by: User) -> None:
    """Keep what is said, in one language, as WebVTT or SRT. An officer who had read other words is asked to look again.

    Raises WithdrawnError, CaptionsRefusedError, StaleError's kinds where others stand there than `seen` names
    (`Video.seen_captions`), and CheckedWordsError for what is published because of a check.
    """
    recording = _locked(recording)
    if recording.is_withdrawn:
        raise WithdrawnError
    refuse_stale(seen, recording.video.seen_captions(language))
    before = words_sha256(recording)
    if not keep_captions(recording.video, language=language, text=text, by=by):
        return
    _settle_words(recording, before=before, by=by)
    log(recording, "teleconsults.edit", user=by)


@transaction.atomic
def ask_for_transcript(recording: Recording, *, language: str, by: User) -> Job:
    """Have a machine write captions for the author to read. Raises WithdrawnError, NothingToTranscribeError."""
    recording = _locked(recording)
    if recording.is_withdrawn:
        raise WithdrawnError
    return ask_for_captions(recording.video, language=language, by=by)


def ask_again(recording: Recording) -> None:
    """An officer's word about other words than those of this row, which nobody sees yet, is void."""
    recording = _locked(recording)
    if recording.needs_check and recording.is_checked and words_sha256(recording) != recording.checked_words:
        _void_check(recording)
        recording.save()
        _ask_officers(recording)


def _settle_words(recording: Recording, *, before: str, by: User) -> None:
    """After what stands beside the film was changed; `before` names what stood there.

    Raises CheckedWordsError, and LeftHubError.
    """
    if recording.are_words_fixed and words_sha256(recording) != before:
        raise CheckedWordsError
    if recording.live:
        recording.refuse_who_left(by)
    else:
        ask_again(recording)


def keep_read_file(document: PortalDocument) -> None:
    """Registered with the kernel: a file that an officer read stays what it was. Raises ReadFileError."""
    before = PortalDocument.objects.filter(pk=document.pk).first()
    if before is None or (before.title == document.title and document.file._committed):
        return
    carrying = Recording.objects.with_handout(before).standing().select_related("video")
    if any(recording.needs_check and recording.is_checked for recording in carrying):
        raise ReadFileError


def _void_check(recording: Recording) -> None:
    recording.checked_by = recording.checked_at = None
    recording.checked_film = recording.checked_sha256 = recording.checked_words = ""


@transaction.atomic
def change_chapters(recording: Recording, *, text: str, seen: str = "", by: User) -> None:
    """Keep the chapters, a line each or as WebVTT. Raises what `change_captions` does."""
    recording = _locked(recording)
    if recording.is_withdrawn:
        raise WithdrawnError
    refuse_stale(seen, recording.video.seen_chapters())
    before = words_sha256(recording)
    keep_chapters(recording.video, text=text, by=by)
    _settle_words(recording, before=before, by=by)
    log(recording, "teleconsults.edit", user=by)


@transaction.atomic
def answer_consent(
    recording: Recording, *, answer: str, approval: FacilityApproval, agreement: Agreement | None = None, by: User
) -> Recording:
    """Add a row about the patients: who agreed, when, how, to which wording; or that none can be recognised.

    The second asks the officers to look, and any earlier check is void. `agreement` is None exactly then. Raises
    ConsentMissingError for half an answer, GuardianMissingError, PublishedError, WithdrawnError.
    """
    recording = _locked(recording)
    if recording.is_withdrawn:
        raise WithdrawnError
    if recording.live:
        raise PublishedError
    _refuse_half_an_answer(answer, approval, agreement)
    wording, now = ConsentWording.in_force(), timezone.now()
    Consent.objects.create(
        recording=recording, answer=answer, wording=wording, given_by=by, given_at=now, facility=recording.hub,
        facility_approver=approval.approver, facility_approved_on=approval.approved_on,
        **(asdict(agreement) if agreement else {}),
    )  # fmt: skip
    recording.consent, recording.is_facility_approved = answer, True
    recording.consent_version, recording.consent_by, recording.consent_at = wording.version, by, now
    _void_check(recording)
    recording.save()
    log(recording, "teleconsults.consent", user=by, data={"answer": answer, "version": wording.version})
    if recording.needs_check:
        _ask_officers(recording)
    return recording


def _refuse_half_an_answer(answer: str, approval: FacilityApproval, agreement: Agreement | None) -> None:
    if answer not in {Recording.Consent.PATIENT_AGREED, Recording.Consent.NO_PATIENT} or not approval.approver.strip():
        raise ConsentMissingError
    if (answer == Recording.Consent.PATIENT_AGREED) != (agreement is not None):
        raise ConsentMissingError
    if agreement and not agreement.is_enough:
        raise GuardianMissingError


def _ask_officers(recording: Recording) -> None:
    """Tell those who may look; the link is their list, where the film stands once every quality is there."""
    text = _("“%(title)s” waits for your check: can a patient be recognised?")
    for officer in User.objects.filter(is_active=True, groups__name=Role.DEID_OFFICER):
        if officer.pk in {recording.author_id, recording.consent_by_id}:
            continue
        with translation.override(officer.language):
            words, url = text % {"title": recording.title}, reverse("teleconsults:checks")
        tell(officer, kind="teleconsults.check", text=words, url=url)


@transaction.atomic
def check_recording(
    recording: Recording, *, is_clear: bool, remark: str = "", film: str, words: str, by: User
) -> Recording:
    """An officer has watched the version `film`: no patient can be recognised, or back to the author with the reason.

    `words` names all that was read beside it (`public_words`), questions included. Raises NotToCheckError when it does
    not wait for this person's check, FilmChangedError, WordsChangedError, ReasonMissingError.
    """
    recording = _locked(recording)
    if not Recording.objects.awaiting_check().checkable_by(by).filter(pk=recording.pk).exists():
        raise NotToCheckError
    if film != recording.video.directory:
        raise FilmChangedError
    if words != sha256_of(public_words(recording)):
        raise WordsChangedError
    if not is_clear and not remark.strip():
        raise ReasonMissingError
    sha256, signed = recording.video.content_sha256, words_sha256(recording)
    check = OfficerCheck.objects.create(
        recording=recording,
        film=film,
        content_sha256=sha256,
        words_sha256=signed,
        is_clear=is_clear,
        remark=remark,
        officer=by,
    )
    if is_clear:
        recording.checked_by, recording.checked_at = by, check.checked_at
        recording.checked_film, recording.checked_sha256, recording.checked_words = film, sha256, signed
        unread = DecisionPoint.objects.awaiting_check().filter(recording=recording)
        unread.update(checked_by=by, checked_at=check.checked_at)
    else:
        recording.consent = Recording.Consent.UNANSWERED
    recording.save()
    log(recording, "teleconsults.check", user=by, data={"is_clear": is_clear, "film": film, "sha256": sha256})
    _tell_of_check(recording, is_clear=is_clear)
    return recording


def _tell_of_check(recording: Recording, *, is_clear: bool) -> None:
    text = (
        _("An officer found no patient in “%(title)s”. You can publish it now.")
        if is_clear
        else _("“%(title)s” came back from the officer. Read why, and what to do.")
    )
    author = recording.author
    with translation.override(author.language):
        words, url = text % {"title": recording.title}, reverse("teleconsults:prepare", args=[recording.public_id])
    tell(author, kind="teleconsults.checked", text=words, url=url)


@transaction.atomic
def publish_recording(recording: Recording, *, by: User) -> Recording:
    """Let every verified practitioner see it, as its words stand now. Raises what `refuse_to_go_live` does."""
    recording = _locked(recording)
    recording.refuse_to_go_live()
    if not recording.live:
        recording.save_revision(user=by, clean=False).publish(user=by, skip_permission_checks=True)
        recording = _locked(recording)
    return recording


def settle_hours(recording: Recording, by: User | None) -> None:
    """Called when a recording is published: its hours come to the ledger, where the issuing body confirms them.

    An administrator of that body confirms by publishing. A script (`by` is None) brings none. Where the author took the
    hours back, nobody earns them from now on.
    """
    if by is None:
        return
    if recording.issuing_body is None or recording.activity_kind is None or not recording.credit_hours:
        if recording.activity_id:
            Recording.objects.filter(pk=recording.pk).update(activity=None)
            retract_proposal(recording.activity_key, by=by)
        return
    write_down = confirm_activity if recording.issuing_body.is_administered_by(by) else propose_activity
    activity = write_down(
        recording.activity_key,
        kind_code=recording.activity_kind.code,
        title=recording.title,
        issuing_body=recording.issuing_body,
        hours=recording.credit_hours,
        asked=recording.demand.as_json(),
        by=by,
    )
    Recording.objects.filter(pk=recording.pk).update(activity=activity)


@transaction.atomic
def claim_hours(recording: Recording, *, by: User) -> CreditEntry:
    """Credit who has watched it as asked, once; a second claim is answered with the first entry.

    Raises NoHoursError, NotMemberError, AnswersMissingError, NotWatchedError; CountedElsewhereError where a course
    credited it, InCourseError where one would.
    """
    activity, practitioner = recording.activity, by.practitioner_or_none
    if not recording.live or activity is None or not activity.is_confirmed:
        raise NoHoursError
    if practitioner is None or not practitioner.is_verified:
        raise NotMemberError
    hold_ledger_of(practitioner)
    if recording.is_in_course:
        raise InCourseError
    record = watch_record_for(by, recording.video)
    if not has_decided(by, recording.video):
        raise AnswersMissingError
    if not is_watched(record, recording.demand):
        raise NotWatchedError
    others = practitioner.credit_entries.exclude(activity=activity)
    if any(item["video"] == recording.video.public_id for entry in others for item in entry.watched):
        raise CountedElsewhereError
    proof = {
        "video": recording.video.public_id,
        "title": recording.title,
        "coverage": round(record.coverage, 4),
        "wall_s": round(record.wall_s, 1),
        "chain": record.chain,
    }
    evidence = {"recording": recording.public_id, "items": {recording.public_id: {"kind": "recording"} | proof}}
    since = timezone.localtime(record.first_at).date()
    return award_credit(practitioner, activity, on=timezone.localdate(), since=since, evidence=evidence)


def credits_for_watching(practitioner: Practitioner, videos: Collection[str]) -> list[CreditEntry]:
    """What the person took for watching these films by themselves, and no course has counted in yet."""
    entries = list(practitioner.credit_entries.all())
    counted = {part for entry in entries for part in entry.evidence.get("less", [])}
    alone = (entry for entry in entries if "recording" in entry.evidence and entry.pk not in counted)
    return [entry for entry in alone if any(item["video"] in videos for item in entry.watched)]


@transaction.atomic
def mark_recording(recording: Recording, marks: Sequence[Mark], *, seen: str = "", by: User) -> None:
    """Keep what is to go. While there is something, nobody but the author and officers sees the film, public or not.

    Raises WithdrawnError, UnderWayError, StaleError's kinds where it is not what `seen` names (`Video.seen_marks`).
    """
    recording = _locked(recording)
    if recording.is_withdrawn:
        raise WithdrawnError
    keep_marks(recording.video, marks, seen=seen, by=by)
    _hide_what_is_marked(recording, by=by)


@transaction.atomic
def decide_on_finding(recording: Recording, number: int, *, is_taken: bool, seen: str = "", by: User) -> None:
    """Make what a machine found a mark, or leave it out. Raises what `mark_recording` does, and NoCandidateError."""
    recording = _locked(recording)
    if recording.is_withdrawn:
        raise WithdrawnError
    decide_candidate(recording.video, number, is_taken=is_taken, seen=seen, by=by)
    _hide_what_is_marked(recording, by=by)


@transaction.atomic
def drop_marks(recording: Recording, *, by: User) -> None:
    """Throw the marks away; the film is as it was, and published only by its author. Raises UnderWayError."""
    recording = _locked(recording)
    give_up_redaction(recording.video, by=by)
    recording.video.refresh_from_db()
    if recording.needs_check and not recording.live and not recording.is_checked:
        _ask_officers(recording)


def _hide_what_is_marked(recording: Recording, *, by: User) -> None:
    """Off what readers see, until it is published again."""
    recording.video.refresh_from_db(fields=["is_withheld"])
    if recording.live and recording.video.is_withheld:
        log(recording, "teleconsults.redact", user=by, data={"was_live": True})
        recording.live, recording.has_unpublished_changes, recording.live_revision = False, True, None
        recording.save(update_fields=["live", "has_unpublished_changes", "live_revision"])


@transaction.atomic
def redact_recording(recording: Recording, *, marks: Sequence[Mark], by: User) -> Recording:
    """Propose what is to go from the film, and have it made; one that was public is not until it is published again.

    Raises WithdrawnError, and RedactionRefusedError's kinds.
    """
    recording = _locked(recording)
    if recording.is_withdrawn:
        raise WithdrawnError
    start_redaction(recording.video, marks, by=by)
    if not recording.live:
        log(recording, "teleconsults.redact", user=by, data={"was_live": False})
    _hide_what_is_marked(recording, by=by)
    return recording


def tell_of_redaction(video: Video, _cuts: object) -> None:
    """Registered with the video room: the redacted film is there, and an officer has to see it."""
    recording = Recording.objects.select_related("author", "video").filter(video=video).first()
    if recording is None:
        return
    text = _("The redacted film of “%(title)s” is there. Look whether all is gone that should be.")
    with translation.override(recording.author.language):
        words = text % {"title": recording.title}
        url = reverse("teleconsults:redact", args=[recording.public_id])
    tell(recording.author, kind="teleconsults.redacted", text=words, url=url)
    if recording.is_consent_answered:
        _ask_officers(recording)


@transaction.atomic
def withdraw_recording(recording: Recording, *, reason: str, by: User) -> Recording:
    """Take it down for good, published or not: film, original and all that was made of them are deleted.

    The page of one that readers knew says so. `withdrawal_listeners` run last.
    """
    recording = _locked(recording)
    if recording.is_withdrawn:
        return recording
    recording.live, recording.live_revision = False, None
    recording.withdrawn_at, recording.withdrawn_by, recording.withdrawal_reason = timezone.now(), by, reason
    recording.save()
    if review := recording.current_workflow_state:
        review.cancel(user=by)
    remove_film(recording.video, by=by)
    log(recording, "teleconsults.withdraw", user=by, data={"reason": reason})
    for listener in withdrawal_listeners:
        listener(recording, by)
    return recording


def forget_originals() -> int:
    """Registered with the kernel, which calls it once a day; how many went."""
    return sum(forget_original(recording.video) for recording in Recording.objects.with_expired_originals())


# --- decision points ------------------------------------------------------------------------------------------------
@transaction.atomic
def ask_at(
    recording: Recording, question: Question, *, at_s: float, is_required: bool = False, seen: str = "", by: User
) -> DecisionPoint:
    """Stop the film at a second and ask. Where no patient agreed, an officer reads the words before anybody else does.

    Raises WithdrawnError, FilmMadeAnewError where it is not the version that `seen` names, OutsideFilmError,
    MomentTakenError.
    """
    recording = _locked(recording)
    refuse_stale(seen, recording.video.seen_with())
    _refuse_moment(recording, at_s, by=by)
    point = DecisionPoint.objects.create(
        recording=recording, at_s=at_s, question=question.text, reasoning=question.reasoning, is_required=is_required
    )
    _put_options(point, question)
    log(recording, "teleconsults.ask", user=by, data={"point": point.pk})
    _ask_to_read(point)
    return point


@transaction.atomic
def change_point(
    point: DecisionPoint, question: Question, *, at_s: float, is_required: bool, seen: str = "", by: User
) -> DecisionPoint:
    """Ask otherwise, or elsewhere; changed words are read by an officer anew.

    Raises NotAskedError, AnsweredError, StaleError's kinds where it is not what `seen` names (`DecisionPoint.seen`),
    and what `ask_at` raises.
    """
    recording = _locked(point.recording)
    point = _locked_point(point)
    refuse_stale(seen, point.seen)
    _refuse_moment(recording, at_s, of=point, by=by)
    before = question_of(point)
    if (before.text, before.options) != (question.text, question.options) and point.answers.exists():
        raise AnsweredError
    is_relaxed = point.is_required and not is_required
    point.at_s, point.is_required = at_s, is_required
    if before != question:
        point.question, point.reasoning = question.text, question.reasoning
        point.changed_at, point.checked_at, point.checked_by, point.remark = timezone.now(), None, None, ""
        _put_options(point, question)
    point.save()
    log(recording, "teleconsults.ask", user=by, data={"point": point.pk})
    if before != question:
        _ask_to_read(point)
    if is_relaxed:
        _tell_watchers(recording.video)
    return point


@transaction.atomic
def take_away_point(point: DecisionPoint, *, by: User) -> None:
    """Ask no longer; what was answered is kept. Nobody's minutes wait for it any more."""
    recording = _locked(point.recording)
    point = _locked_point(point)
    log(recording, "teleconsults.take_away", user=by, data={"point": point.pk, "question": point.question})
    if point.answers.exists():
        point.retired_at = timezone.now()
        point.save(update_fields=["retired_at"])
    else:
        point.delete()
    if point.is_required:
        _tell_watchers(recording.video)


@transaction.atomic
def decide(point: DecisionPoint, *, option_id: int | None, by: User) -> DecisionAnswer:
    """Keep what a person would do. Once: who answers again gets their first answer. Raises what says why not.

    NotAskedError, NothingChosenError.
    """
    point = _locked_point(point)
    option = next((option for option in point.options.all() if option.pk == option_id), None)
    if option is None:
        raise NothingChosenError
    answer, is_new = DecisionAnswer.objects.get_or_create(point=point, user=by, defaults={"option": option})
    if is_new:
        tell_again(by, point.recording.video)
    return answer


@transaction.atomic
def check_point(point: DecisionPoint, *, version: str, is_clear: bool, remark: str = "", by: User) -> DecisionPoint:
    """An officer has read the words that `version` names: nobody can be recognised, or back to the author.

    Raises NotToCheckError, QuestionChangedError, ReasonMissingError.
    """
    point = _locked_point(point)
    if not DecisionPoint.objects.awaiting_check().checkable_by(by).filter(pk=point.pk).exists():
        raise NotToCheckError
    if version != point.version:
        raise QuestionChangedError
    if not is_clear and not remark.strip():
        raise ReasonMissingError
    if is_clear:
        point.checked_by, point.checked_at = by, timezone.now()
    else:
        point.remark = remark
        text = _("An officer sent a question of “%(title)s” back to you. Read why.")
        _tell_of_point(point, point.recording.author, text, "teleconsults:decisions")
    point.save(update_fields=["checked_by", "checked_at", "remark"])
    log(point.recording, "teleconsults.check_question", user=by, data={"point": point.pk, "is_clear": is_clear})
    return point


@transaction.atomic
def move_points(video: Video, cuts: list[tuple[float, float]]) -> None:
    """Registered with the video room: the questions follow a film out of which `cuts` were taken.

    One inside a cut is asked where the cut was; no two at one moment.
    """
    before_s = -1.0
    for point in DecisionPoint.objects.in_force().filter(recording__video=video).order_by("at_s"):
        moved_s = min(position_after_cuts(point.at_s, cuts), max(0.0, video.duration_s - 0.5))
        point.at_s = before_s = max(round(moved_s, 1), round(before_s + 0.1, 1))
        point.save(update_fields=["at_s"])


def question_of(point: DecisionPoint) -> Question:
    """What a point asks, as plain values."""
    options = list(point.options.all())
    preferred = next((index for index, option in enumerate(options) if option.is_preferred), None)
    return Question(point.question, tuple(option.text for option in options), point.reasoning, preferred)


def _locked_point(point: DecisionPoint) -> DecisionPoint:
    points = DecisionPoint.objects.in_force().select_for_update(of=("self",)).select_related("recording__video")
    found = points.filter(pk=point.pk).first()
    if found is None or found.recording.is_withdrawn:
        raise NotAskedError
    return found


def _refuse_moment(recording: Recording, at_s: float, *, of: DecisionPoint | None = None, by: User) -> None:
    if recording.is_withdrawn:
        raise WithdrawnError
    if recording.live:
        recording.refuse_who_left(by)
    if not 0 <= at_s < recording.video.duration_s:
        raise OutsideFilmError
    there = recording.decision_points.in_force().filter(at_s=at_s).first()
    if there and there != of:
        raise MomentTakenError


def _put_options(point: DecisionPoint, question: Question) -> None:
    """Rows that people have chosen stay the same rows."""
    if point.texts() != list(question.options):
        point.options.all().delete()
        point.options.bulk_create(
            DecisionOption(point=point, order=order, text=text) for order, text in enumerate(question.options)
        )
    point.options.filter(is_preferred=True).update(is_preferred=False)
    if question.preferred is not None:
        point.options.filter(order=question.preferred).update(is_preferred=True)


def _ask_to_read(point: DecisionPoint) -> None:
    """Tell the officers, once for all that waits at a film."""
    recording = point.recording
    waiting = DecisionPoint.objects.awaiting_check().filter(recording=recording)
    if not point.is_unread or waiting.exclude(pk=point.pk).exists():
        return
    text = _("Questions in “%(title)s” wait for you to read them: can a patient be recognised?")
    for officer in User.objects.filter(is_active=True, groups__name=Role.DEID_OFFICER):
        if officer.pk not in {recording.author_id, recording.consent_by_id}:
            _tell_of_point(point, officer, text, "teleconsults:check_decisions")


def _tell_of_point(point: DecisionPoint, person: User, text: Promise, page: str) -> None:
    recording = point.recording
    with translation.override(person.language):
        words, url = text % {"title": recording.title}, reverse(page, args=[recording.public_id])
    tell(person, kind="teleconsults.question", text=words, url=url)


def _tell_watchers(video: Video) -> None:
    """Whoever lacked nothing but an answer that is no longer asked for."""
    for record in video.watch_records.select_related("user").defer("bitmap").iterator():
        tell_again(record.user, video)


@transaction.atomic
def delete_recording(recording: Recording, *, by: User) -> None:
    """Delete a draft, its film and the film's files. Raises what `check_may_delete` does."""
    recording = _locked(recording)
    check_may_delete([recording])
    log(recording, "teleconsults.delete", user=by)
    recording.delete()
    remove_film(recording.video, by=by)


def check_may_delete(recordings: Iterable[Recording]) -> None:
    """Only what nobody has ever been shown or vouched for. Raises WasPublishedError, WasAnsweredError."""
    recordings = list(recordings)
    if any(recording.live or recording.published_at or recording.is_withdrawn for recording in recordings):
        raise WasPublishedError
    if Consent.objects.filter(recording__in=recordings).exists():
        raise WasAnsweredError


def tell_author(video: Video) -> None:
    """Registered with the video room: the film is ready, or nothing will come of it."""
    _tell_of_film(video, _TOLD[video.state], kind=f"teleconsults.{video.state}")


def tell_of_stuck_film(video: Video) -> None:
    """Registered with the video room: the film can be watched, but nobody makes its qualities any more."""
    _tell_of_film(video, _STUCK, kind="teleconsults.failed")


def _tell_of_film(video: Video, text: Promise, *, kind: str) -> None:
    recording = Recording.objects.select_related("author").filter(video=video).first()
    if recording is None:
        return
    with translation.override(recording.author.language):
        url = reverse("teleconsults:prepare", args=[recording.public_id])
    tell(recording.author, kind=kind, text=text % {"title": recording.title}, url=url)


def _locked(recording: Recording) -> Recording:
    return Recording.objects.select_for_update(of=("self",)).select_related("video").get(pk=recording.pk)
