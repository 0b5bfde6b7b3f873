"""Files of recordings, their renditions, and the proof of watching."""

import secrets
from typing import Any, ClassVar, Self

from django.conf import settings
from django.core.files.storage import storages
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


def new_public_id() -> str:
    """An unguessable name for a URL: 128 random bits."""
    return secrets.token_urlsafe(16)


def quarantine_storage() -> Any:
    return storages["quarantine"]


def quarantine_path(video: "Video", filename: str) -> str:
    """The user's file name never reaches the disk."""
    return f"video/{video.public_id}/source"


class VideoQuerySet(models.QuerySet["Video"]):
    def ready(self) -> Self:
        """Those that can be played."""
        return self.filter(state=Video.State.READY)


class Video(models.Model):
    """One uploaded file and what was made of it. The original stays in quarantine; only renditions are served."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("Uploaded")
        ENCODING = "encoding", _("Being prepared")
        READY = "ready", _("Ready")
        REFUSED = "refused", _("Refused")
        FAILED = "failed", _("Failed")

    public_id = models.CharField(max_length=32, unique=True, default=new_public_id, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    original = models.FileField(storage=quarantine_storage, upload_to=quarantine_path, max_length=200)
    original_name = models.CharField(_("file name"), max_length=255)
    original_bytes = models.PositiveBigIntegerField(default=0)
    original_sha256 = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.UPLOADED)
    refusal_code = models.CharField(max_length=40, blank=True)
    duration_s = models.FloatField(default=0.0)
    width_px = models.PositiveIntegerField(default=0)
    height_px = models.PositiveIntegerField(default=0)
    has_audio = models.BooleanField(default=False)
    # Directory of the current version in the clean storage; empty until the first encode is whole.
    directory = models.CharField(max_length=120, blank=True)
    # [{"name", "height_px", "bandwidth_bps", "bytes"}], best first.
    renditions = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[VideoQuerySet] = VideoQuerySet.as_manager()  # type: ignore[assignment]  # as_manager is typed as Manager

    class Meta:
        verbose_name = _("video file")
        verbose_name_plural = _("video files")

    def __str__(self) -> str:
        return self.original_name

    @property
    def job_subject(self) -> str:
        return f"video:{self.pk}"

    @property
    def is_ready(self) -> bool:
        return self.state == self.State.READY


class WatchRecord(models.Model):
    """What one person has provably watched of one video: one bit a second. Personal data (see docs/privacy.md)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="watch_records")
    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="watch_records")
    bitmap = models.BinaryField(default=bytes)
    seconds_watched = models.PositiveIntegerField(default=0)
    position_s = models.FloatField(default=0.0)
    wall_s = models.FloatField(default=0.0)
    beats = models.PositiveIntegerField(default=0)
    refused_beats = models.PositiveIntegerField(default=0)
    last_seq = models.PositiveIntegerField(default=0)
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("watch record")
        verbose_name_plural = _("watch records")
        constraints = [models.UniqueConstraint(fields=["user", "video"], name="video_one_record_a_person")]

    def __str__(self) -> str:
        return f"{self.user_id}/{self.video_id}: {self.seconds_watched} s"

    @property
    def coverage(self) -> float:
        """Share of the video's seconds watched, 0 to 1."""
        return min(1.0, self.seconds_watched / max(1, int(self.video.duration_s)))
