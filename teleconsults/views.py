"""HTTP in, HTTP out: the library, the watch page, and an author's way to a published recording, the officers' check."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from foundation.accounts.access import MemberRequest, SignedInRequest, member_required, staff_role_required
from foundation.accounts.models import Facility, Specialty, User
from foundation.jobs.models import Job
from foundation.kernel.errors import RefusedError
from foundation.kernel.paging import page_of
from foundation.kernel.roles import Role
from foundation.kernel.templatetags.portal import hours as hours_in_words
from foundation.video import originals, ranges
from foundation.video.actions import (
    begin_or_go_on,
    is_being_redacted,
    look_for_candidates,
    read_original,
    receive_upload,
    retry_encode,
    take_upload,
    throw_away_upload,
)
from foundation.video.candidates import candidate_finders
from foundation.video.captions import webvtt_of
from foundation.video.chapters import lines_of, proposed
from foundation.video.models import CaptionTrack, Upload, WatchRecord
from foundation.video.playback import playback_for, poster_url_for
from foundation.video.refusals import StaleError, TextFileError, TooBigError, VideoRefusedError
from foundation.video.slides import slide_changes
from foundation.video.transcription import transcriber_for
from foundation.video.uploads import QuarantineUploadHandler
from foundation.video.watching import watch_record_for
from teleconsults.actions import (
    GuardianMissingError,
    MomentTakenError,
    OutsideFilmError,
    ReasonMissingError,
    answer_consent,
    ask_at,
    ask_for_transcript,
    change_captions,
    change_chapters,
    change_details,
    change_point,
    check_point,
    check_recording,
    claim_hours,
    decide,
    decide_on_finding,
    drop_marks,
    mark_recording,
    publish_recording,
    question_of,
    redact_recording,
    submit_arrived,
    submit_recording,
    take_away_point,
    withdraw_recording,
)
from teleconsults.consent import current_wording
from teleconsults.decisions import asked_points, points_for, results_of
from teleconsults.forms import (
    ACCEPT,
    CaptionsForm,
    ChaptersForm,
    CheckForm,
    ConsentForm,
    DetailsForm,
    FileToCome,
    MarkFormSet,
    MarksFormSet,
    PointCheckForm,
    PointForm,
    ReadOriginalForm,
    UploadForm,
    WithdrawForm,
    data_of,
)
from teleconsults.models import (
    DecisionPoint,
    DecisionPointQuerySet,
    Programme,
    Recording,
    RecordingQuerySet,
    hubs_of,
    unfinished_uploads_of,
)
from teleconsults.refusals import WithdrawnError
from teleconsults.words import public_words, sha256_of

PAGE_SIZE = 24
FILTERS = ("programme", "specialty", "hub", "length", "watched")


@dataclass(frozen=True, slots=True)
class Card:
    """A recording as one person sees it in a list."""

    recording: Recording
    poster_url: str
    record: WatchRecord | None


# --- readers --------------------------------------------------------------------------------------------------------
@member_required
@require_safe
def library(request: MemberRequest) -> HttpResponse:
    chosen = {name: request.GET.get(name, "") for name in FILTERS}
    matching = {name: value for name, value in chosen.items() if name != "watched"}
    recordings = Recording.objects.visible_to(request.user).published().matching(**matching)
    if chosen["watched"] == "no":
        recordings = recordings.not_begun_by(request.user)
    recordings = recordings.for_library(request.user)
    page = page_of(recordings, by=("-held_on", "-pk"), cursor=request.GET.get("page", ""), size=PAGE_SIZE)
    filters = _filters(chosen)
    context = {
        "page": page,
        "cards": [_card(recording, request.user) for recording in page],
        "filters": filters,
        "chosen": [offer["chosen"] for offer in filters if offer["chosen"]],
        "is_author": bool(request.user.has_role(Role.AUTHOR)),
    }
    return render(request, "teleconsults/library.html", context)


def _card(recording: Recording, user: User) -> Card:
    records = getattr(recording.video, "records_of_reader", [])
    for record in records:
        record.video = recording.video
    return Card(recording, poster_url_for(recording.video, user), records[0] if records else None)


def _filters(chosen: dict[str, str]) -> list[dict[str, Any]]:
    published = Recording.objects.published()
    offered: list[tuple[str, str, QuerySet[Any]]] = [
        (_("Programme"), "programme", Programme.objects.filter(pk__in=published.values("programme"))),
        (_("Specialty"), "specialty", Specialty.objects.filter(pk__in=published.values("specialty"))),
        (_("Hub"), "hub", Facility.objects.filter(pk__in=published.values("hub"))),
    ]
    filters = [_filter(label, name, [(row.slug, row.name) for row in rows], chosen) for label, name, rows in offered]
    lengths = [("short", _("up to 15 min")), ("medium", _("15 to 45 min")), ("long", _("over 45 min"))]
    return [
        # A choice between all and the only one is none.
        *(offer for offer in filters if len(offer["options"]) > 2),
        _filter(_("Length"), "length", lengths, chosen),
        _filter(_("Watched"), "watched", [("no", _("Not yet watched"))], chosen),
    ]


def _filter(label: str, name: str, choices: list[tuple[str, str]], chosen: dict[str, str]) -> dict[str, Any]:
    """Links of one filter, each keeping the other filters; `choices` are values for the address, and words."""
    others = {other: value for other, value in chosen.items() if other != name and value}
    words = dict(choices).get(chosen[name])
    return {
        "label": label,
        "chosen": {"words": words, "without_url": _query(others)} if words else None,
        "options": [
            {
                "url": _query(others | ({name: value} if value else {})),
                "label": text,
                "is_current": chosen[name] == value,
            }
            for value, text in [("", _("All")), *choices]
        ],
    }


def _query(values: dict[str, str]) -> str:
    return f"?{urlencode(values)}"


@login_required
@require_safe
@never_cache
def watch(request: SignedInRequest, public_id: str) -> HttpResponse:
    """The author and reviewers also before publication; members what is published; others learn what they lack."""
    visible = Recording.objects.visible_to(request.user).for_watching()
    recording = visible.filter(public_id=public_id).first()
    if recording is None:
        withdrawn = Recording.objects.withdrawn().filter(public_id=public_id)
        return _tombstone(request) if withdrawn.by(request.user).exists() else _missing(request, public_id)
    shown = Recording.objects.visible_to(request.user).published()
    context = {
        "recording": recording,
        "video": recording.video,
        "playback": playback_for(recording.video, request.user),
        "record": watch_record_for(request.user, recording.video),
        "earlier": shown.earlier_than(recording).first(),
        "later": shown.later_than(recording).first(),
        "tracks": list(recording.video.caption_tracks.offered()),
        "chapters": list(recording.video.chapters.all()),
        "related": recording.related_seen_by(request.user),
        "credit": recording.credit_of(request.user),
        "points": points_for(recording, request.user),
        "is_own": recording.author_id == request.user.pk,
        "may_withdraw": request.user.has_perm("teleconsults.withdraw_recording"),
    }
    return render(request, "teleconsults/watch.html", context)


@member_required
@require_POST
def hours(request: MemberRequest, public_id: str) -> HttpResponse:
    """Take the hours of what one has watched."""
    recording = get_object_or_404(Recording.objects.visible_to(request.user).published(), public_id=public_id)
    try:
        entry = claim_hours(recording, by=request.user)
    except RefusedError as refusal:
        messages.error(request, str(refusal))
        return redirect(recording)
    messages.success(request, _("%(hours)s are on your account.") % {"hours": hours_in_words(entry.hours)})
    return redirect(recording)


@member_required
def _missing(request: MemberRequest, public_id: str) -> HttpResponse:
    if Recording.objects.withdrawn().filter(public_id=public_id).exists():
        return _tombstone(request)
    raise Http404


@login_required
@require_POST
def answer_decision(request: SignedInRequest, public_id: str, point_id: int) -> HttpResponse:
    """Keep what somebody would do. A script gets what colleagues chose; without one the page comes again."""
    points = DecisionPoint.objects.visible_to(request.user).filter(recording__public_id=public_id)
    point = get_object_or_404(points.in_film_order(), pk=point_id)
    option = request.POST.get("option", "")
    try:
        decide(point, option_id=int(option) if option.isdecimal() else None, by=request.user)
    except RefusedError as refusal:
        if "stay" in request.POST:
            return HttpResponse(str(refusal), status=409, content_type="text/plain; charset=utf-8")
        messages.error(request, str(refusal))
    if "stay" in request.POST:
        [asked] = asked_points([point], request.user)
        return render(request, "components/decisions.html#result", {"asked": asked})
    asked_from = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(asked_from, allowed_hosts={request.get_host()})
    return redirect(f"{asked_from if is_ours else point.recording.get_absolute_url()}#decision-{point.pk}")


def _tombstone(request: SignedInRequest) -> HttpResponse:
    return render(request, "teleconsults/withdrawn.html", status=410)


# --- authors --------------------------------------------------------------------------------------------------------
@staff_role_required(Role.AUTHOR)
@require_safe
def mine(request: SignedInRequest) -> HttpResponse:
    recordings = Recording.objects.by(request.user)
    page = page_of(recordings, by=("-created_at", "-pk"), cursor=request.GET.get("page", ""))
    return render(request, "teleconsults/mine.html", {"page": page})


@csrf_exempt  # only until the handler is set: the token is checked by `_upload`, before anything is kept
@staff_role_required(Role.AUTHOR)
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: SignedInRequest) -> HttpResponse:
    if not hubs_of(request.user):
        return _no_hub(request)
    handler = QuarantineUploadHandler(request)
    if request.method == "POST":
        request.upload_handlers = [handler]
    return _upload(request, handler)


def _no_hub(request: SignedInRequest) -> HttpResponse:
    """Why this author cannot upload: not verified (any more), or not at a hub."""
    if not request.user.is_verified_member:
        return redirect("accounts:standing")
    return render(request, "teleconsults/no_hub.html", status=403)


@csrf_protect
def _upload(request: SignedInRequest, handler: QuarantineUploadHandler) -> HttpResponse:
    data = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = UploadForm(*data, hubs=hubs_of(request.user), author=request.user, refusal=handler.refusal)
    if form.is_bound:
        try:
            recording = _take(form, request)
        except VideoRefusedError as refusal:
            form.add_error("file", str(refusal))
        else:
            if recording:
                return redirect("teleconsults:prepare", recording.public_id)
    return _upload_page(request, form)


def _upload_page(request: SignedInRequest, form: UploadForm) -> HttpResponse:
    context = {
        "form": form,
        "unfinished": unfinished_uploads_of(request.user),
        "accept": ACCEPT,
        "max_bytes": settings.UPLOAD_MAX_BYTES,
        "too_big": TooBigError.message,
        "text_file": TextFileError.message,
    }
    return render(request, "teleconsults/upload.html", context, status=422 if form.is_bound else 200)


def _take(form: UploadForm, request: SignedInRequest) -> Recording | None:
    """The new recording; None when a field is wrong, but then a film that has arrived is kept for the next try."""
    is_valid = form.is_valid()
    file = form.cleaned_data.get("file")
    video = receive_upload(file, by=request.user) if file else form.kept_video
    if not is_valid:
        if video:
            form.with_kept(video)
        return None
    if video is None:
        raise VideoRefusedError
    draft = form.save(commit=False)
    return submit_recording(draft, video=video, tags=form.cleaned_data["tags"], by=request.user)


@staff_role_required(Role.AUTHOR)
@require_POST
def begin_upload(request: SignedInRequest) -> HttpResponse:
    """Check and keep what was typed, before the first byte; the script then sends the file by the tus protocol.

    An unfinished upload of the same file is gone on with, under the words that were typed last.
    """
    if not hubs_of(request.user):
        return _no_hub(request)
    form = UploadForm(request.POST, hubs=hubs_of(request.user), author=request.user, is_file_to_come=True)
    file = FileToCome(request.POST)
    if not (form.is_valid() and file.is_valid()):
        return _upload_page(request, form)
    try:
        upload = begin_or_go_on(**file.cleaned_data, details=form.as_typed(), by=request.user)
    except RefusedError as refusal:
        form.add_error("file", str(refusal))
        return _upload_page(request, form)
    urls = {
        "tus": reverse("video:upload", args=[upload.public_id]),
        "finish": reverse("teleconsults:finish_upload", args=[upload.public_id]),
    }
    return JsonResponse(urls, status=201)


@staff_role_required(Role.AUTHOR)
@require_POST
def finish_upload(request: SignedInRequest, public_id: str) -> HttpResponse:
    """A recording of what has arrived, with the words typed for it; where those will not do, the form asks again."""
    upload = get_object_or_404(Upload.objects.visible_to(request.user), public_id=public_id)
    try:
        video = take_upload(upload, by=request.user)
    except RefusedError as refusal:
        messages.error(request, str(refusal))
        return redirect("teleconsults:upload")
    recording = Recording.objects.filter(video=video).first()
    if recording is None:
        data = data_of(upload.details, kept=video)
        form = UploadForm(data, hubs=hubs_of(request.user), author=request.user)
        if not form.is_valid():
            return _upload_page(request, form)
        draft, tags = form.save(commit=False), form.cleaned_data["tags"]
        recording = submit_arrived(draft, video=video, tags=tags, by=request.user)
    return redirect("teleconsults:prepare", recording.public_id)


@staff_role_required(Role.AUTHOR)
@require_POST
def discard_upload(request: SignedInRequest, public_id: str) -> HttpResponse:
    upload = get_object_or_404(Upload.objects.visible_to(request.user), public_id=public_id)
    try:
        throw_away_upload(upload)
    except RefusedError as refusal:
        messages.error(request, str(refusal))
    return redirect("teleconsults:upload")


@login_required
@require_safe
@never_cache
def prepare(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Where a recording stands on its way, and the next step."""
    recording = _own(request, public_id)
    context = {
        "recording": recording,
        "video": recording.video,
        "job": Job.objects.latest_for(recording.video.job_subject),
        "playback": None if recording.is_withdrawn else playback_for(recording.video, request.user),
        "record": watch_record_for(request.user, recording.video),
        "sent_back": recording.checks.first() if not recording.is_consent_answered else None,
    }
    return render(request, "teleconsults/prepare.html", context)


@staff_role_required(Role.AUTHOR)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: SignedInRequest, public_id: str) -> HttpResponse:
    recording = _own(request, public_id)
    if recording.is_withdrawn:
        return _stays_as_it_is(request, recording)
    draft = recording.get_latest_revision_as_object()
    hubs = list({hub.pk: hub for hub in [draft.hub, *hubs_of(request.user)]}.values())
    form = DetailsForm(request.POST or None, instance=draft, hubs=hubs)
    if form.is_valid():
        try:
            change_details(form.save(commit=False), tags=form.cleaned_data["tags"], by=request.user)
        except RefusedError as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("teleconsults:prepare", public_id)
    context = {"form": form, "recording": recording, "lock": recording.lock_sentence_for(request.user)}
    return render(request, "teleconsults/edit.html", context, status=422 if form.is_bound else 200)


@staff_role_required(Role.AUTHOR)
@require_http_methods(["GET", "HEAD", "POST"])
def captions(request: SignedInRequest, public_id: str) -> HttpResponse:
    """What is said in the film, one language at a time; the script saves without leaving the page."""
    recording = _own(request, public_id)
    if recording.is_withdrawn:
        return _stays_as_it_is(request, recording)
    language = _language(request)
    track = recording.video.caption_tracks.filter(language=language).first()
    written = {"captions": webvtt_of(track.rows()) if track else ""}
    form = CaptionsForm(request.POST or None, request.FILES or None, initial=written)
    if form.is_valid():
        try:
            seen = request.POST.get("seen", "")
            change_captions(recording, language=language, text=form.text, seen=seen, by=request.user)
        except RefusedError as refusal:
            form.add_error(form.source, _error_of(refusal))
        else:
            return _saved(request, _("The captions are saved."), seen=recording.video.seen_captions(language))
    context = {
        "seen": _seen(request, form, recording.video.seen_captions(language)),
        "language": language,
        "languages": CaptionTrack.Language.choices,
        "track": track,
        "job": None if track else Job.objects.latest_for(recording.video.captions_subject(language)),
        "can_transcribe": bool(transcriber_for(language)),
    }
    return _editor(request, "captions", recording, form, **context)


@staff_role_required(Role.AUTHOR)
@require_POST
def transcribe(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Have captions written by a machine, where the portal has one."""
    language = _language(request)
    try:
        ask_for_transcript(_own(request, public_id), language=language, by=request.user)
    except RefusedError as refusal:
        messages.error(request, str(refusal))
    return redirect(reverse("teleconsults:captions", args=[public_id]) + _query({"language": language}))


def _language(request: SignedInRequest) -> str:
    given = request.GET.get("language", "")
    return given if given in CaptionTrack.Language else CaptionTrack.Language.VIETNAMESE


@staff_role_required(Role.AUTHOR)
@require_http_methods(["GET", "HEAD", "POST"])
def chapters(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Where the parts of the film begin; `?from=slides` proposes some."""
    recording = _own(request, public_id)
    if recording.is_withdrawn:
        return _stays_as_it_is(request, recording)
    video, marks = recording.video, recording.video.marks()
    changes = slide_changes(video)
    is_proposal = request.GET.get("from") == "slides"
    if is_proposal:
        marks = proposed(changes, marks, duration_s=video.duration_s, title=_("Part %(number)s"))
    form = ChaptersForm(request.POST or None, initial={"chapters": lines_of(marks)})
    if form.is_valid():
        try:
            seen = request.POST.get("seen", "")
            change_chapters(recording, text=form.cleaned_data["chapters"], seen=seen, by=request.user)
        except RefusedError as refusal:
            form.add_error("chapters", _error_of(refusal))
        else:
            return _saved(request, _("The chapters are saved."), seen=video.seen_chapters())
    seen = _seen(request, form, video.seen_chapters())
    context = {"has_slides": len(changes) > 1, "is_proposal": is_proposal, "seen": seen}
    return _editor(request, "chapters", recording, form, **context)


def _error_of(refusal: RefusedError) -> ValidationError:
    return ValidationError(str(refusal), code="stale" if isinstance(refusal, StaleError) else refusal.code)


def _is_stale(form: forms.BaseForm) -> bool:
    return any(error.code == "stale" for found in form.errors.as_data().values() for error in found)


def _seen(request: SignedInRequest, form: forms.BaseForm, now: str) -> str:
    """What a form is opened on: as before where it comes back, unless it has just said that this is past."""
    return request.POST.get("seen", "") if form.is_bound and not _is_stale(form) else now


def _saved(request: SignedInRequest, words: str, *, seen: str) -> HttpResponse:
    """Back to the same editor; a script reads the words itself, and what its form is opened on from now on."""
    if not request.accepts("text/html"):
        return JsonResponse({"saved": words, "seen": seen})
    messages.success(request, words)
    language = request.GET.get("language", "")
    return redirect(request.path + (_query({"language": language}) if language else ""))


def _editor(
    request: SignedInRequest, name: str, recording: Recording, form: forms.Form, **context: object
) -> HttpResponse:
    """A page on which something is changed beside the film."""
    if form.errors and not request.accepts("text/html"):
        errors = [error for field in form.errors.values() for error in field]
        return JsonResponse({"errors": errors, "is_stale": _is_stale(form)}, status=422)
    context |= {
        "form": form,
        "recording": recording,
        "video": recording.video,
        "playback": playback_for(recording.video, request.user),
        "record": watch_record_for(request.user, recording.video),
    }
    return render(request, f"teleconsults/{name}.html", context, status=422 if form.is_bound else 200)


@staff_role_required(Role.AUTHOR)
@require_http_methods(["GET", "HEAD", "POST"])
def consent(request: SignedInRequest, public_id: str) -> HttpResponse:
    recording = _own(request, public_id)
    if recording.is_withdrawn:
        return _stays_as_it_is(request, recording)
    form = ConsentForm(request.POST or None)
    if form.is_valid():
        try:
            answer_consent(
                recording,
                answer=form.cleaned_data["answer"],
                agreement=form.agreement,
                approval=form.approval,
                by=request.user,
            )
        except GuardianMissingError as refusal:
            form.add_error("agreed_by", str(refusal))
        except RefusedError as refusal:
            form.add_error(None, str(refusal))
        if form.is_valid():
            return redirect("teleconsults:prepare", public_id)
    context = {"form": form, "recording": recording, "wording": current_wording(get_language() or "vi")}
    return render(request, "teleconsults/consent.html", context, status=422 if form.is_bound else 200)


@staff_role_required(Role.AUTHOR)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def redact(request: SignedInRequest, public_id: str) -> HttpResponse:
    """What is to go from the film: marked, kept, and made; the film itself changes only when it is made anew."""
    recording = _own(request, public_id)
    if recording.is_withdrawn:
        return _stays_as_it_is(request, recording)
    video = recording.video
    redaction = video.redactions.open().first()
    marks = redaction.rows() if redaction else []
    forms = MarkFormSet(request.POST or None, video=video, marks=[] if request.POST else marks)
    if forms.is_bound and (act := _act_on_candidates(request, recording)):
        return _redacted(request, recording, act)
    if forms.is_bound and "give_up" in request.POST:
        return _redacted(request, recording, partial(drop_marks, recording, by=request.user))
    refusal = None
    if forms.is_bound and forms.is_valid():
        refusal = _refusal_of_marks(request, recording, forms)
        if refusal is None:
            # What was drawn stays, whatever becomes of the rest.
            make = partial(redact_recording, recording, marks=forms.marks, by=request.user)
            return _redacted(request, recording, *([make] if "make" in request.POST else []))
    is_fresh = not forms.is_bound or isinstance(refusal, StaleError)
    context = {
        "forms": forms,
        "seen": video.seen_marks() if is_fresh else request.POST.get("seen", ""),
        "refusal": refusal,
        "recording": recording,
        "video": video,
        "redaction": redaction,
        "is_under_way": is_being_redacted(video),
        "job": Job.objects.latest_for(video.job_subject),
        "has_finders": bool(len(candidate_finders)),
        "search": Job.objects.latest_for(f"{video.job_subject}:candidates"),
        "playback": playback_for(video, request.user),
        "record": watch_record_for(request.user, video),
    }
    return render(request, "teleconsults/redact.html", context, status=422 if forms.is_bound else 200)


def _refusal_of_marks(request: SignedInRequest, recording: Recording, forms: MarksFormSet) -> RefusedError | None:
    """Keep what was drawn; why that is not done, None where it is."""
    try:
        mark_recording(recording, forms.marks, seen=request.POST.get("seen", ""), by=request.user)
    except RefusedError as refusal:
        return refusal
    return None


def _act_on_candidates(request: SignedInRequest, recording: Recording) -> Callable[[], object] | None:
    """What a button beside the machine's findings asks for, if it was one of those."""
    if "look" in request.POST:
        return partial(look_for_candidates, recording.video, by=request.user)
    for name, is_taken in (("take", True), ("leave", False)):
        if (number := request.POST.get(name, "")).isdecimal():
            seen = request.POST.get("seen", "")
            return partial(decide_on_finding, recording, int(number), is_taken=is_taken, seen=seen, by=request.user)
    return None


def _redacted(request: SignedInRequest, recording: Recording, *acts: Callable[[], object]) -> HttpResponse:
    try:
        for act in acts:
            act()
    except RefusedError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Saved."))
    return redirect("teleconsults:redact", recording.public_id)


@staff_role_required(Role.AUTHOR)
@require_POST
def publish(request: SignedInRequest, public_id: str) -> HttpResponse:
    recording = _own(request, public_id)
    try:
        publish_recording(recording, by=request.user)
    except RefusedError as refusal:
        messages.error(request, str(refusal))
        return redirect("teleconsults:prepare", public_id)
    messages.success(request, _("The recording is published. Every verified practitioner can watch it now."))
    return redirect(recording)


@staff_role_required(Role.AUTHOR)
@require_POST
def retry(request: SignedInRequest, public_id: str) -> HttpResponse:
    try:
        retry_encode(_own(request, public_id).video, by=request.user)
    except RefusedError as refusal:
        messages.error(request, str(refusal))
    return redirect("teleconsults:prepare", public_id)


@staff_role_required(Role.AUTHOR)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def decisions(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Where the film stops and asks, beside the film, and a form for one more."""
    recording = _own(request, public_id)
    if recording.is_withdrawn:
        return _stays_as_it_is(request, recording)
    form = PointForm(request.POST or None)
    if form.is_valid():
        try:
            ask_at(recording, form.asked, **form.place, seen=request.POST.get("seen", ""), by=request.user)
        except RefusedError as refusal:
            form.add_error(_field_of(refusal), _error_of(refusal))
        else:
            messages.success(request, _("The question is kept."))
            return redirect("teleconsults:decisions", public_id)
    seen = _seen(request, form, recording.video.seen_with())
    context = {"form": form, "seen": seen, "points": results_of(recording), **_beside_film(request, recording)}
    return render(request, "teleconsults/decisions.html", context, status=422 if form.is_bound else 200)


@staff_role_required(Role.AUTHOR)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def decision(request: SignedInRequest, public_id: str, point_id: int) -> HttpResponse:
    recording = _own(request, public_id)
    point = get_object_or_404(recording.decision_points.in_force(), pk=point_id)
    if recording.is_withdrawn:
        return _stays_as_it_is(request, recording)
    form = PointForm.of(point, request.POST or None, question=question_of(point))
    if form.is_valid():
        try:
            change_point(point, form.asked, **form.place, seen=request.POST.get("seen", ""), by=request.user)
        except RefusedError as refusal:
            form.add_error(_field_of(refusal), _error_of(refusal))
        else:
            messages.success(request, _("The question is kept."))
            return redirect("teleconsults:decisions", public_id)
    seen = _seen(request, form, point.seen)
    context = {"form": form, "seen": seen, "point": point, **_beside_film(request, recording)}
    return render(request, "teleconsults/decision.html", context, status=422 if form.is_bound else 200)


def _field_of(refusal: RefusedError) -> str | None:
    """The field of a question that a refusal is about; None for all of it."""
    return "at" if isinstance(refusal, OutsideFilmError | MomentTakenError) else None


def _beside_film(request: SignedInRequest, recording: Recording) -> dict[str, Any]:
    return {
        "recording": recording,
        "video": recording.video,
        "playback": playback_for(recording.video, request.user),
        "record": watch_record_for(request.user, recording.video),
    }


@staff_role_required(Role.AUTHOR)
@require_POST
def remove_decision(request: SignedInRequest, public_id: str, point_id: int) -> HttpResponse:
    points = _own(request, public_id).decision_points.in_force()
    try:
        take_away_point(get_object_or_404(points, pk=point_id), by=request.user)
    except RefusedError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The question is taken away. What colleagues answered is kept."))
    return redirect("teleconsults:decisions", public_id)


# --- officers -------------------------------------------------------------------------------------------------------
@member_required
@permission_required("teleconsults.clear_recording", raise_exception=True)
@require_safe
def checks(request: MemberRequest) -> HttpResponse:
    """What waits for this officer's eyes, oldest first."""
    page = page_of(_to_check(request), by=("consent_at", "pk"), cursor=request.GET.get("page", ""))
    context = {"page": page, "asking": Recording.objects.asking(_unread(request)).newest_first()}
    return render(request, "teleconsults/checks.html", context)


@member_required
@permission_required("teleconsults.clear_recording", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def check(request: MemberRequest, public_id: str) -> HttpResponse:
    recording = get_object_or_404(_to_check(request), public_id=public_id)
    video = recording.video
    words = public_words(recording)
    seen = {"film": video.directory, "words": sha256_of(words)}
    form = CheckForm(request.POST or None, initial=seen)
    if form.is_valid():
        facts = {name: form.cleaned_data[name] for name in ("film", "words", "remark")}
        try:
            check_recording(recording, is_clear=form.is_clear, **facts, by=request.user)
        except ReasonMissingError as refusal:
            form.add_error("remark", str(refusal))
        except RefusedError as refusal:
            # What was written goes on; what was found has to be said anew.
            messages.error(request, str(refusal))
            form = CheckForm(initial=seen | {"remark": facts["remark"]})
        else:
            messages.success(request, _("Thank you. The author is told."))
            return redirect("teleconsults:checks")
    context = {
        "form": form,
        "recording": recording,
        "video": video,
        "words": words,
        "chapters": list(video.chapters.all()),
        "playback": playback_for(video, request.user),
        "record": watch_record_for(request.user, video),
    }
    return render(request, "teleconsults/check.html", context, status=422 if request.method == "POST" else 200)


@member_required
@permission_required("teleconsults.clear_recording", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def original(request: MemberRequest, public_id: str) -> HttpResponse:
    """The film as it was handed in, for whoever says why; every look is in the log."""
    recording = get_object_or_404(_of_others(request), public_id=public_id)
    form, address = ReadOriginalForm(request.POST or None), ""
    if form.is_valid():
        try:
            key = read_original(recording.video, reason=form.cleaned_data["reason"], by=request.user)
        except RefusedError as refusal:
            messages.error(request, str(refusal))
        else:
            address = reverse("teleconsults:original_file", args=[public_id, key])
    context = {"form": form, "recording": recording, "video": recording.video, "address": address}
    status = 422 if form.is_bound and not form.is_valid() else 200
    return render(request, "teleconsults/original.html", context, status=status)


@member_required
@permission_required("teleconsults.clear_recording", raise_exception=True)
@require_safe
def original_file(request: MemberRequest, public_id: str, key: str) -> HttpResponse:
    video = get_object_or_404(_of_others(request), public_id=public_id).video
    if not video.has_original or not originals.opens(key, video, user=request.user):
        raise Http404
    kind = originals.content_type_of(video)
    response = ranges.answer(request, str(video.original.name), storage="quarantine", content_type=kind)
    response["Cache-Control"] = "no-store"
    return response  # type: ignore[return-value]  # a streaming one, which the decorators pass on as well


def _of_others(request: MemberRequest) -> RecordingQuerySet:
    return Recording.objects.visible_to(request.user).exclude(author=request.user).for_watching()


@member_required
@permission_required("teleconsults.clear_recording", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def check_decisions(request: MemberRequest, public_id: str) -> HttpResponse:
    """The questions of one film whose words nobody but their author has read."""
    visible = Recording.objects.visible_to(request.user).for_watching()
    recording = get_object_or_404(visible, public_id=public_id)
    points = _unread(request).filter(recording=recording).in_film_order()
    form, written = PointCheckForm(request.POST or None), {}
    if form.is_valid():
        point = get_object_or_404(points, pk=form.cleaned_data["point"])
        try:
            check_point(point, **form.facts, by=request.user)
        except RefusedError as refusal:
            messages.error(request, str(refusal))
            written[point.pk] = form.cleaned_data["remark"]
        else:
            messages.success(request, _("Thank you. It is kept."))
            return redirect(request.path if points.all().exists() else "teleconsults:checks")
    asked = [(point, PointCheckForm.of(point, remark=written.get(point.pk, ""))) for point in points]
    context = {"points": asked, **_beside_film(request, recording)}
    return render(request, "teleconsults/check_decisions.html", context, status=422 if form.is_bound else 200)


def _unread(request: MemberRequest) -> DecisionPointQuerySet:
    return DecisionPoint.objects.visible_to(request.user).awaiting_check().checkable_by(request.user)


def _to_check(request: MemberRequest) -> RecordingQuerySet:
    mine = Recording.objects.visible_to(request.user).awaiting_check().checkable_by(request.user)
    return mine.for_watching()


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: SignedInRequest, public_id: str) -> HttpResponse:
    recordings = Recording.objects.visible_to(request.user).withdrawable_by(request.user)
    recording = get_object_or_404(recordings, public_id=public_id)
    form = WithdrawForm(request.POST or None)
    if form.is_valid():
        try:
            withdraw_recording(recording, reason=form.cleaned_data["reason"], by=request.user)
        except RefusedError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The recording is withdrawn. Nobody can watch it any more."))
            return redirect("teleconsults:library")
    context = {"form": form, "recording": recording}
    return render(request, "teleconsults/withdraw.html", context, status=422 if form.is_bound else 200)


def _stays_as_it_is(request: SignedInRequest, recording: Recording) -> HttpResponse:
    """Instead of a form: that the recording is withdrawn, and no word of it changes."""
    messages.error(request, str(WithdrawnError.message))
    return redirect("teleconsults:prepare", recording.public_id)


def _own(request: SignedInRequest, public_id: str) -> Recording:
    own = Recording.objects.filter(author=request.user).for_watching()
    return get_object_or_404(own, public_id=public_id)
