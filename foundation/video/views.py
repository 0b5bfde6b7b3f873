"""HTTP in, HTTP out: uploads by the tus protocol, the player's questions, its beats, and the bytes of renditions."""

import json
import time
from collections.abc import Callable, Iterator
from functools import partial, wraps
from http import HTTPStatus

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, UnreadablePostError
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from foundation.accounts.access import SignedInRequest
from foundation.kernel.errors import RefusedError
from foundation.video import ranges, tus
from foundation.video.actions import arrived_bytes, begin_upload, send_piece, throw_away_upload
from foundation.video.captions import webvtt_of
from foundation.video.listeners import may_send
from foundation.video.models import Upload, Video
from foundation.video.playback import download_url_for, is_browser_of, is_signed, may_play, playback_for
from foundation.video.watching import (
    BadSessionError,
    MalformedBeatError,
    beat_from,
    new_session_token,
    take_beat,
    take_known_beat,
    watch_record_for,
)

# --- uploads --------------------------------------------------------------------------------------------------------
READ_BYTES = 64 * 1024
# Without nginx in front, a device that vanished holds its connection, and the lock of its upload, no longer than this.
SILENCE_S = 30


def _sender_required(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """By the protocol, for those who may send files; a script reads the status, so nobody is sent to a sign-in page."""

    @wraps(view)
    def checked(request: SignedInRequest, *args: object, **kwargs: object) -> HttpResponse:
        if request.method == "OPTIONS":
            return tus.abilities(max_bytes=settings.UPLOAD_MAX_BYTES)
        if not may_send(request.user):
            return tus.answer(HTTPStatus.FORBIDDEN, text=_("Sign in as an author of a hub to send files."))
        try:
            return view(request, *args, **kwargs)
        except RefusedError as refusal:
            return tus.refused(refusal)

    return checked


@_sender_required
def uploads(request: SignedInRequest) -> HttpResponse:
    """Begin an upload, perhaps with its first bytes."""
    if request.method != "POST":
        return _not_allowed("POST")
    tus.check_version(request.headers)
    wish = tus.wish_in(request.headers)
    begun = begin_upload(wish.name, length=wish.length, fingerprint=wish.fingerprint, by=request.user)
    if wish.piece:
        try:
            begun = send_piece(begun, _pieces(request), piece=wish.piece)
        except RefusedError:
            throw_away_upload(begun)
            raise
    response = _state_of(begun, HTTPStatus.CREATED)
    response.headers["Location"] = reverse("video:upload", args=[begun.public_id])
    return response


@_sender_required
def upload(request: SignedInRequest, public_id: str) -> HttpResponse:
    """How much has arrived (HEAD), more bytes (PATCH), or throw it away (DELETE)."""
    found = Upload.objects.visible_to(request.user).filter(public_id=public_id).first()
    if found is None:
        return tus.answer(HTTPStatus.NOT_FOUND)
    method = request.method
    if method == "POST":
        # For what lies between and lets only old methods through.
        method = request.headers.get("X-HTTP-Method-Override")
    if method not in {"HEAD", "PATCH", "DELETE"}:
        return _not_allowed("HEAD", "PATCH", "DELETE")
    tus.check_version(request.headers)
    if method == "DELETE":
        throw_away_upload(found)
        return tus.answer(HTTPStatus.NO_CONTENT)
    if method == "PATCH":
        sent = send_piece(found, _pieces(request), piece=tus.piece_in(request.headers))
        return _state_of(sent, HTTPStatus.NO_CONTENT)
    if found.is_expired:
        raise tus.GoneError
    return _state_of(found, HTTPStatus.OK, with_length=True)


def _state_of(found: Upload, status: int, *, with_length: bool = False) -> HttpResponse:
    length = found.length_bytes if with_length else None
    return tus.answer(status, offset=arrived_bytes(found), length=length, expires=found.expires_at)


def _not_allowed(*methods: str) -> HttpResponse:
    response = tus.answer(HTTPStatus.METHOD_NOT_ALLOWED)
    response.headers["Allow"] = ", ".join(["OPTIONS", *methods])
    return response


def _pieces(request: HttpRequest) -> Iterator[bytes]:
    """The body as it comes; where the line is cut, what came is all there is."""
    connection = request.META.get("gunicorn.socket")
    if connection is not None:
        connection.settimeout(SILENCE_S)
    try:
        while data := request.read(READ_BYTES):
            yield data
    except UnreadablePostError:
        return


# --- watching -------------------------------------------------------------------------------------------------------
@login_required
@require_POST
@never_cache
def play(request: SignedInRequest, public_id: str) -> JsonResponse:
    """Fresh addresses and a fresh watch session, asked for when play is pressed and when an address has expired."""
    video = _playable(request, public_id)
    playback = playback_for(video, request.user)
    if playback is None:
        raise Http404
    record = watch_record_for(request.user, video)
    return JsonResponse(
        {
            "master": playback.master_url,
            "audio": playback.audio_url,
            "saver": playback.saver_url,
            "slides": playback.slides_url,
            "under_slides": playback.under_slides_url,
            "sprites": playback.sprites or None,
            "files": playback.files,
            "session": playback.session,
            "expires": playback.expires,
            "position": record.resume_s,
            "watched_ranges": record.watched_ranges,
        }
    )


@require_POST
def beat(request: SignedInRequest, public_id: str) -> HttpResponse:
    """One report of what was watched: JSON, or a form with the field `beat` (sendBeacon cannot set a header).

    That somebody is signed in is looked at in two ways: see `is_theirs`, and the decorator below.
    """
    try:
        raw = json.loads(request.body if request.content_type == "application/json" else request.POST.get("beat", ""))
    except ValueError:
        raw = None
    answer = take_known_beat(raw, public_id=public_id, is_theirs=partial(is_browser_of, request))
    return _beat_after_all_checks(request, public_id, raw) if answer is None else JsonResponse(answer.as_json())


@login_required
def _beat_after_all_checks(request: SignedInRequest, public_id: str, raw: object) -> JsonResponse:
    """The first of a player, one after some minutes, and whatever is odd. The player's next ones say so: `session`."""
    video = _playable(request, public_id)
    try:
        heard = beat_from(raw, user=request.user, video=video)
        answer = take_beat(heard, user=request.user, video=video)
    except MalformedBeatError as refusal:
        return JsonResponse({"accepted": False, "reason": refusal.code}, status=400)
    except BadSessionError as refusal:
        return JsonResponse({"accepted": False, "reason": refusal.code}, status=409)
    session = new_session_token(request.user, video, of=heard.session)
    return JsonResponse(answer.as_json() | {"session": session})


@login_required
@require_safe
@never_cache
def captions(request: SignedInRequest, public_id: str, language: str) -> HttpResponse:
    """What is said, as WebVTT, for those who may play the film."""
    track = get_object_or_404(_playable(request, public_id).caption_tracks.offered(), language=language)
    return HttpResponse(webvtt_of(track.rows()), content_type="text/vtt; charset=utf-8")


@login_required
@require_safe
@never_cache
def download(request: SignedInRequest, public_id: str, key: str) -> HttpResponse:
    """On to the plain file of one quality; `name` is what the file is to be called."""
    address = download_url_for(_playable(request, public_id), request.user, key=key, name=request.GET.get("name", ""))
    if not address:
        raise Http404
    return redirect(address)


def _playable(request: SignedInRequest, public_id: str) -> Video:
    video = get_object_or_404(Video.objects.ready(), public_id=public_id)
    if not may_play(request.user, video):
        raise Http404
    return video


@require_safe
def rendition(
    request: HttpRequest, *, expires: int, user_id: int, signature: str, video_id: str, version: str, file_name: str
) -> HttpResponseBase:
    """One file of one version: for the person it was signed for, until it expires, of the kinds we make."""
    directory = f"{video_id}/{version}"
    if not request.user.is_authenticated or request.user.pk != user_id:
        raise PermissionDenied
    if not is_signed(signature, directory, user=request.user, expires=expires):
        raise PermissionDenied
    if expires < time.time():
        # The player reads the status and asks for a fresh address; who opened the address itself reads the words.
        words = _("This address of a film has expired. Open the page of the recording and press play again.")
        return HttpResponse(words, status=410, content_type="text/plain; charset=utf-8")
    if not ranges.is_servable(file_name):
        raise Http404
    path = f"video/{directory}/{file_name}"
    if there := ranges.elsewhere(request, path, until=expires):
        return there
    return ranges.handed_to_nginx(request, path) if settings.X_ACCEL else ranges.answer(request, path)
