"""HTTP in, HTTP out: the player's questions, its beats, and the bytes of renditions."""

import json
import time

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from foundation.accounts.access import SignedInRequest
from foundation.video import ranges
from foundation.video.models import Video
from foundation.video.playback import is_signed, may_play, playback_for
from foundation.video.watching import BadSessionError, MalformedBeatError, beat_from, take_beat, watch_record_for


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
            "session": playback.session,
            "expires": playback.expires,
            "position": record.resume_s,
            "watched_ranges": record.watched_ranges,
        }
    )


@login_required
@require_POST
def beat(request: SignedInRequest, public_id: str) -> JsonResponse:
    """One report of what was watched: JSON, or a form with the field `beat` (sendBeacon cannot set a header)."""
    video = _playable(request, public_id)
    try:
        is_json = request.content_type == "application/json"
        raw = json.loads(request.body if is_json else request.POST.get("beat", ""))
        answer = take_beat(beat_from(raw, user=request.user, video=video), user=request.user, video=video)
    except (ValueError, MalformedBeatError):
        return JsonResponse({"accepted": False, "reason": MalformedBeatError.code}, status=400)
    except BadSessionError as refusal:
        return JsonResponse({"accepted": False, "reason": refusal.code}, status=409)
    return JsonResponse(answer.as_json())


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
    if settings.X_ACCEL:
        return ranges.handed_to_nginx(f"video/{directory}/{file_name}")
    return ranges.answer(request, f"video/{directory}/{file_name}")
