"""What the room gives and forgets when a person asks for a copy of their data, or for erasure."""

from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import transaction

from foundation.video.incoming import incoming
from foundation.video.models import CaptionTrack, Redaction, Upload, Video, WatchBudget, WatchRecord
from foundation.video.watching import proof_of

if TYPE_CHECKING:
    from foundation.accounts.models import User


def export(user: "User") -> tuple[str, dict[str, Any]]:
    """What was watched, second by second, and the files handed in (their names; the films belong to the hub)."""
    records = (
        WatchRecord.objects.filter(user=user).select_related("video").prefetch_related("sessions").order_by("first_at")
    )
    redactions = Redaction.objects.filter(proposed_by=user).select_related("video").order_by("pk")
    return "watching", {
        "records": [{"position_s": record.position_s} | proof_of(record) for record in records],
        "uploads": [
            {"file_name": video.original_name, "at": video.created_at.isoformat()}
            for video in Video.objects.owned_by(user).order_by("created_at")
        ],
        "redactions": [
            {"video": row.video.public_id, "state": row.state, "at": row.proposed_at and row.proposed_at.isoformat()}
            for row in redactions
        ],
        "unfinished_uploads": [
            {"file_name": upload.file_name, "at": upload.created_at.isoformat(), "details": upload.details}
            for upload in Upload.objects.visible_to(user).unfinished()
        ],
        "captions": [
            {"language": track.language, "at": track.updated_at.isoformat()}
            for track in CaptionTrack.objects.filter(updated_by=user).order_by("updated_at")
        ],
    }


def erase(user: "User") -> None:
    """Records of watching go; credits earned by it are kept by the ledger. Films stay, without their file's name.

    Uploads go with what has arrived of them.
    """
    for upload in Upload.objects.visible_to(user):
        transaction.on_commit(partial(incoming().delete, upload.public_id), robust=True)
        upload.delete()
    WatchBudget.objects.filter(user=user).delete()  # first, as a beat locks it first
    WatchRecord.objects.filter(user=user).delete()
    CaptionTrack.objects.filter(updated_by=user).update(updated_by=None)
    Redaction.objects.filter(proposed_by=user).update(proposed_by=None)
    Video.objects.owned_by(user).update(original_name="", owner=None)
