"""Files of recordings, their renditions, and the proof of watching."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.core.files.storage import storages
from django.db import models
from django.utils import timezone
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext_lazy as _

from foundation.video import redaction, rules
from foundation.video.candidates import Candidate
from foundation.video.captions import Cue
from foundation.video.chapters import Mark
from foundation.video.listeners import holders
from foundation.video.refusals import sentence_of


def new_public_id() -> str:
    """An unguessable name for a URL and a folder: 128 random bits."""
    return secrets.token_hex(16)


def upload_expiry() -> datetime:
    """Until when an upload that is gone on with now may be gone on with again."""
    return timezone.now() + settings.UPLOAD_KEPT_FOR


def quarantine_storage() -> Any:  # typed as the storage protocol allows: the backend is a setting
    return storages["quarantine"]


def quarantine_path(video: "Video", filename: str) -> str:
    """The user's file name never reaches the disk."""
    return f"{video.folder}/source"


@dataclass(frozen=True, slots=True)
class Rendition:
    """One quality of a video as the player offers it.

    `key` is edge (144p), saver (240p), low, standard, clear or full (1080p); audio or, smaller, voice. `download` names
    the same as one plain file with picture and sound, where there is one.
    """

    key: str
    file: str
    width_px: int
    height_px: int
    bandwidth_bps: int
    average_bps: int
    bytes: int
    download: str = ""
    download_bytes: int = 0

    @property
    def is_audio(self) -> bool:
        return self.key in {"audio", "voice"}

    @property
    def kind(self) -> str:
        """What people are told it is: sound, saver, standard or clear."""
        kinds = {"audio": "sound", "voice": "sound", "edge": "saver", "saver": "saver"}
        return kinds.get(self.key, "standard" if self.key in {"low", "standard"} else "clear")

    @property
    def lines(self) -> int:
        """What people call the quality: 240 for 240p, also for a film taken upright."""
        return min(self.width_px, self.height_px)

    @property
    def megabytes(self) -> int:
        """Size of the whole film in this quality, at least 1 MB."""
        return max(1, round(self.bytes / 1_000_000))


# Where the folders of all films lie, in quarantine and in the clean storage.
FILMS = "video"
# Watched to the end, for lists of what is under way: nobody waits for the last words of thanks.
FINISHED_SHARE = 0.95


class VideoQuerySet(models.QuerySet["Video"]):
    def ready(self) -> Self:
        """Those that can be played."""
        return self.filter(state=Video.State.READY)

    def unused(self) -> Self:
        """Those that no room holds on to."""
        found = self.all()
        for held in holders:
            found = found.exclude(pk__in=held())
        return found

    def abandoned(self) -> Self:
        """Handed in long ago, and nobody made anything of it; what a recording holds is for its author to decide on."""
        return self.unused().filter(created_at__lt=timezone.now() - Video.KEPT_UNFINISHED_FOR)

    def removed(self) -> Self:
        """Those of which only the row is left, or must be."""
        return self.filter(state=Video.State.REMOVED)

    def standing(self) -> Self:
        """Those that were not taken away."""
        return self.exclude(state=Video.State.REMOVED)

    def owned_by(self, user: Any) -> Self:  # a User; the room does not name the class, settings do
        """Files that this person uploaded."""
        return self.filter(owner=user)

    def being_prepared(self) -> Self:
        """Those that the worker has still to do with."""
        return self.filter(state__in=[Video.State.UPLOADED, Video.State.ENCODING])

    def total_bytes(self) -> int:
        """How large the originals are."""
        return self.aggregate(total=models.Sum("original_bytes", default=0))["total"]  # type: ignore[no-any-return]  # an aggregate is Any


class Video(models.Model):
    """One uploaded file and what was made of it. The original stays in quarantine; only renditions are served.

    Personal data: who handed it in, the name they gave the file (see docs/privacy.md).
    """

    KEPT_UNFINISHED_FOR = timedelta(days=30)
    # What players and pages are told about the files of the version.
    MADE = ("renditions", "slides", "sprites", "download", "chapters_found")

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("Uploaded")
        ENCODING = "encoding", _("Being prepared")
        READY = "ready", _("Ready")
        REFUSED = "refused", _("Refused")
        FAILED = "failed", _("Failed")
        REMOVED = "removed", _("Removed")

    BROKEN = (State.REFUSED, State.FAILED)

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
    # Directory of the current version in the clean storage, "<public id>/<version>"; empty until an encode is whole.
    directory = models.CharField(max_length=120, blank=True)
    has_poster = models.BooleanField(default=False)
    # Rows of `Rendition`, best picture first, sound last.
    renditions = models.JSONField(default=list)
    # The version is the file itself in other wrapping, to be watched while the qualities are made.
    is_provisional = models.BooleanField(default=False)
    # Beside the renditions, or empty: {"count", "bytes"} of slides.json; sprites.json; {"file", "bytes"} of the film as
    # one plain file.
    slides = models.JSONField(default=dict)
    sprites = models.JSONField(default=dict)
    download = models.JSONField(default=dict)
    # [{"at_s", "title"}] as the file itself names them.
    chapters_found = models.JSONField(default=list)
    # SHA-256 over all files of the version (`content.sha256_of`); empty on versions from before it was written down.
    content_sha256 = models.CharField(max_length=64, blank=True)
    # Marks (`redaction.Plan`) on the timeline of the original: every encode of it leaves them out.
    plan = models.JSONField(default=list)
    redacted_at = models.DateTimeField(null=True)
    # Something in this version is to be hidden (an open redaction has marks): until that is done, or they are dropped,
    # only its owner and officers play it.
    is_withheld = models.BooleanField(default=False)
    # When the file in quarantine was deleted: nothing can be made of it any more.
    original_gone_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[VideoQuerySet] = VideoQuerySet.as_manager()  # type: ignore[assignment]  # as_manager is typed as Manager

    class Meta:
        verbose_name = _("video file")
        verbose_name_plural = _("video files")
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state="ready") | ~models.Q(directory=""), name="video_ready_has_a_directory"
            )
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def job_subject(self) -> str:
        return f"video:{self.pk}"

    @property
    def folder(self) -> str:
        """Where its files lie, in quarantine and in the clean storage."""
        return f"{FILMS}/{self.public_id}"

    @property
    def version(self) -> str:
        """The name of the folder in which the present version lies; empty until there is one."""
        return self.directory.rpartition("/")[2]

    @property
    def is_ready(self) -> bool:
        return self.state == self.State.READY

    @property
    def is_removed(self) -> bool:
        """Taken away for good; nothing is ever made of it again."""
        return self.state == self.State.REMOVED

    @property
    def is_whole(self) -> bool:
        """Every quality is there."""
        return self.is_ready and not self.is_provisional

    @property
    def is_broken(self) -> bool:
        """Nothing more will come of this file without a person doing something."""
        return self.state in self.BROKEN

    @property
    def has_original(self) -> bool:
        """It can be made anew."""
        return self.original_gone_at is None

    @property
    def plan_of_original(self) -> redaction.Plan:
        """What the present version has lost of the original."""
        return redaction.Plan.from_json(self.plan)

    @property
    def has_picture(self) -> bool:
        return bool(self.width_px)

    @property
    def whole_seconds(self) -> int:
        """How many seconds can be watched: the bits of a watch record."""
        return rules.whole_seconds(self.duration_s)

    @property
    def minutes(self) -> int:
        """Length for people, at least one minute."""
        return max(1, round(self.duration_s / 60))

    @property
    def refusal_sentence(self) -> str | Promise:
        """Why the file was refused, and what to do; empty for a file that was not."""
        return sentence_of(self.refusal_code)

    @cached_property
    def captions_offered(self) -> list["CaptionTrack"]:
        """In which languages the film has captions, Vietnamese first, without their words."""
        return list(self.caption_tracks.offered().defer("cues"))

    def captions_subject(self, language: str) -> str:
        """Of jobs that write captions in this language."""
        return f"video:{self.pk}:captions:{language}"

    @property
    def film_name(self) -> str:
        """Names what is seen and heard: another one once it was made anew, the same where its files were moved."""
        return self.content_sha256 or self.directory

    def seen_with(self, *beside: object) -> str:
        """Names the film and what stands beside it now, for a form that is opened on both."""
        return f"{self.film_name}:{hashlib.sha256(repr(beside).encode()).hexdigest()[:16]}"

    def seen_captions(self, language: str) -> str:
        return self.seen_with(*self.caption_tracks.filter(language=language).values_list("cues", "is_automatic"))

    def seen_chapters(self) -> str:
        return self.seen_with(*self.marks())

    def seen_marks(self) -> str:
        """With what somebody has marked so far to be hidden and cut."""
        return self.seen_with(*self.redactions.open().values_list("marks", flat=True))

    def marks(self) -> list[Mark]:
        """The chapters as plain values, by time."""
        return [Mark(chapter.at_s, chapter.title) for chapter in self.chapters.all()]

    def take_over_chapters(self) -> None:
        """Make the chapters that the file itself names the film's, unless it has some already."""
        if not self.chapters.exists():
            found = {row["at_s"]: row["title"] for row in self.chapters_found}
            Chapter.objects.bulk_create(Chapter(video=self, at_s=at_s, title=title) for at_s, title in found.items())

    def qualities(self) -> list[Rendition]:
        """What can be chosen, best picture first, sound last."""
        return [Rendition(**row) for row in self.renditions]

    def downloads(self) -> list[Rendition]:
        """Those that can be had as one plain file, the smallest picture first, sound last."""
        offered = [quality for quality in self.qualities() if quality.download]
        return sorted(offered, key=lambda quality: (quality.is_audio, quality.download_bytes))


class RedactionQuerySet(models.QuerySet["Redaction"]):
    def open(self) -> Self:
        """Still to be made: being written, under way, or stuck."""
        return self.exclude(state=Redaction.State.MADE)

    def made(self) -> Self:
        """What became versions, the last first."""
        return self.filter(state=Redaction.State.MADE).order_by("-made_at", "-pk")


class Redaction(models.Model):
    """What one person wants gone from one version of a film; of what is not made yet there is one a film.

    Personal data: who proposed it (see docs/privacy.md).
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Being written")
        PROPOSED = "proposed", _("Being made")
        FAILED = "failed", _("Could not be made")
        MADE = "made", _("Made")

    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="redactions")
    # Rows of `redaction.Mark`, on the timeline of the version `film`, which was the present one at the proposal.
    marks = models.JSONField(default=list)
    # Rows of `candidates.Candidate` that nobody has decided on.
    candidates = models.JSONField(default=list)
    film = models.CharField(max_length=120, blank=True)
    # The version that was made of it.
    made_film = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.DRAFT)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    proposed_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField(null=True)

    objects: ClassVar[RedactionQuerySet] = RedactionQuerySet.as_manager()  # type: ignore[assignment]  # as_manager is typed as Manager

    class Meta:
        verbose_name = _("redaction")
        verbose_name_plural = _("redactions")
        constraints = [
            models.UniqueConstraint(
                fields=["video"], condition=~models.Q(state="made"), name="video_one_open_redaction"
            ),
            models.CheckConstraint(
                condition=~models.Q(state="made") | ~models.Q(made_film=""), name="video_made_redaction_has_a_film"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.video_id}: {self.state}"

    @property
    def is_under_way(self) -> bool:
        return self.state == self.State.PROPOSED

    @property
    def has_failed(self) -> bool:
        return self.state == self.State.FAILED

    @property
    def is_made(self) -> bool:
        return self.state == self.State.MADE

    def rows(self) -> list[redaction.Mark]:
        """The marks as they were written down."""
        return [redaction.Mark.from_json(row) for row in self.marks]

    def found(self) -> list[Candidate]:
        """What a machine found, as it was written down."""
        return [Candidate.from_json(row) for row in self.candidates]


class UploadQuerySet(models.QuerySet["Upload"]):
    def visible_to(self, user: Any) -> Self:  # a User; the room does not name the class, settings do
        """One's own; nobody sees what others are sending."""
        return self.filter(owner=user)

    def unfinished(self) -> Self:
        """On their way, or whole and not yet made a film of; the one that ends first comes first."""
        return self.filter(video=None).order_by("expires_at", "pk")

    def alive(self) -> Self:
        """Those that can still be gone on with."""
        return self.filter(expires_at__gt=timezone.now())

    def same_file(self, *, fingerprint: str, length: int) -> Self:
        """Those that were begun with the very file, as far as a browser can tell."""
        return self.filter(fingerprint=fingerprint, length_bytes=length).exclude(fingerprint="")

    def expired(self) -> Self:
        """Nobody went on with them in time."""
        return self.filter(expires_at__lte=timezone.now())

    def total_bytes(self) -> int:
        """How long the files will be once they have come."""
        return self.aggregate(total=models.Sum("length_bytes", default=0))["total"]  # type: ignore[no-any-return]  # an aggregate is Any


class Upload(models.Model):
    """A file on its way into quarantine, with what its sender typed about it; the bytes lie in the incoming store.

    Personal data: who sends it, the name they gave the file, what they typed (see docs/privacy.md).
    """

    public_id = models.CharField(max_length=32, unique=True, default=new_public_id, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="uploads")
    file_name = models.CharField(_("file name"), max_length=255, blank=True)
    length_bytes = models.PositiveBigIntegerField()
    # What the store has kept, as far as this row knows; ask `arrived_bytes`.
    offset_bytes = models.PositiveBigIntegerField(default=0)
    # The browser's: a hash over the length and both ends, by which it knows the file again on any device.
    fingerprint = models.CharField(max_length=64, blank=True)
    # The browser's SHA-256 of the whole file, in hexadecimal digits; empty until it has worked it out.
    declared_sha256 = models.CharField(max_length=64, blank=True)
    # The form that belongs to it as it was typed: {field: [values]}. Rooms above read it.
    details = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(default=upload_expiry)
    # Set once the file has been taken; the row stays a while, so that who asks twice gets the same answer.
    video = models.OneToOneField(Video, null=True, blank=True, on_delete=models.CASCADE, related_name="+")

    objects: ClassVar[UploadQuerySet] = UploadQuerySet.as_manager()  # type: ignore[assignment]  # as_manager is typed as Manager

    class Meta:
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(offset_bytes__lte=models.F("length_bytes")), name="video_upload_within_its_length"
            )
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def is_expired(self) -> bool:
        return self.expires_at <= timezone.now()

    @property
    def has_arrived(self) -> bool:
        """All of it is here, as far as this row knows."""
        return self.offset_bytes == self.length_bytes

    @property
    def percent(self) -> int:
        """100 only when nothing is missing."""
        return 100 * self.offset_bytes // self.length_bytes

    @property
    def title(self) -> str:
        """What people call it: the title they typed, else the file's name."""
        return next(iter(self.details.get("title", [])), "") or self.file_name


class WatchRecordQuerySet(models.QuerySet["WatchRecord"]):
    def under_way_of(self, user: Any) -> Self:  # a User; the room does not name the class, settings do
        """What this person has begun and not watched to the end, the last touched first."""
        finished = models.Q(seconds_watched__gte=models.F("video__duration_s") * FINISHED_SHARE)
        return (
            self.filter(user=user, seconds_watched__gt=0)
            .exclude(finished)
            .select_related("video")
            .defer("bitmap")
            .order_by("-last_at")
        )


class WatchRecord(models.Model):
    """What one person has provably watched of one video: one bit a second. Personal data (see docs/privacy.md)."""

    # What a beat may change.
    COUNTED = (
        "bitmap",
        "seconds_watched",
        "position_s",
        "length_s",
        "wall_s",
        "chain",
        "beats",
        "refused_beats",
        "last_at",
    )

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="watch_records")
    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="watch_records")
    bitmap = models.BinaryField(default=bytes)
    seconds_watched = models.PositiveIntegerField(default=0)
    position_s = models.FloatField(default=0.0)
    # Length of the version that the bits were set on; 0 on records from before it was written down.
    length_s = models.PositiveIntegerField(default=0)
    # Seconds by the server's clock that the accepted claims took.
    wall_s = models.FloatField(default=0.0)
    # Last link of the rolling hash over accepted beats; the beats themselves stand in the sessions' journals.
    chain = models.CharField(max_length=64, default=rules.EMPTY_CHAIN)
    beats = models.PositiveIntegerField(default=0)
    refused_beats = models.PositiveIntegerField(default=0)
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[WatchRecordQuerySet] = WatchRecordQuerySet.as_manager()  # type: ignore[assignment]  # as_manager is typed as Manager

    class Meta:
        verbose_name = _("watch record")
        verbose_name_plural = _("watch records")
        constraints = [models.UniqueConstraint(fields=["user", "video"], name="video_one_record_a_person")]

    def __str__(self) -> str:
        return f"{self.user_id}/{self.video_id}: {self.seconds_watched} s"

    @property
    def coverage(self) -> float:
        """Share of the video's seconds watched, 0 to 1."""
        return min(1.0, self.seconds_watched / max(1, self.video.whole_seconds))

    @property
    def percent(self) -> int:
        """`coverage` for people; 100 only when nothing is missing."""
        return int(self.coverage * 100)

    @property
    def watched_ranges(self) -> list[tuple[int, int]]:
        """The seconds that count, as half-open ranges in order."""
        return rules.ranges_of(bytes(self.bitmap))

    @property
    def watched_bars(self) -> list[tuple[int, int]]:
        """`watched_ranges` as start and length, for a drawing."""
        return [(start, end - start) for start, end in self.watched_ranges]

    @property
    def resume_s(self) -> float:
        """Where to go on: the last position, or the start once the end was reached."""
        return 0.0 if self.position_s >= self.video.duration_s - 5 else self.position_s


class WatchSessionQuerySet(models.QuerySet["WatchSession"]):
    def under_way(self, key: str, *, user_id: int, directory: str) -> Self:
        """The opening of a player, with all that a beat asks for, locked; none where the film has another version now.

        In the order in which `take_beat` locks, too: two players of one person do not wait for each other in a circle.
        """
        budget = "record__user__watch_budget"
        return (
            self.filter(key=key, record__user=user_id, record__user__is_active=True, record__video__directory=directory)
            .filter(**{f"{budget}__isnull": False, "record__video__state": Video.State.READY})
            .select_related("record__video", budget)
            .defer("journal", *(f"record__video__{name}" for name in Video.MADE))
            .select_for_update(of=(budget, "record", "self"))
        )


class WatchSession(models.Model):
    """One opening of the player by one person; keeps a beat from counting twice. Personal data, as WatchRecord."""

    record = models.ForeignKey(WatchRecord, on_delete=models.CASCADE, related_name="sessions")
    key = models.CharField(max_length=32)
    started_at = models.DateTimeField()
    highest_seq = models.PositiveIntegerField(default=0)
    # Bit n is set when the beat `highest_seq - n` came; older ones count as seen.
    seen_mask = models.BigIntegerField(default=0)
    claimed_s = models.FloatField(default=0.0)
    # Accepted beats, one a line: the record's count of them, a space, and what the chain hashed (`rules.journal_line`).
    journal = models.TextField(default="", blank=True)

    objects: ClassVar[WatchSessionQuerySet] = WatchSessionQuerySet.as_manager()  # type: ignore[assignment]  # as_manager is typed as Manager

    class Meta:
        verbose_name = _("watch session")
        verbose_name_plural = _("watch sessions")
        constraints = [models.UniqueConstraint(fields=["record", "key"], name="video_session_once")]

    def __str__(self) -> str:
        return f"{self.record_id}/{self.key}"


class WatchBudget(models.Model):
    """The seconds that the server's clock still grants a person, over all tabs and devices. Personal data, as above."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="watch_budget", primary_key=True
    )
    level_s = models.FloatField(default=0.0)
    # Seconds of clock that no claim has called its own yet.
    idle_s = models.FloatField(default=0.0)
    filled_at = models.DateTimeField()

    class Meta:
        verbose_name = _("watch budget")
        verbose_name_plural = _("watch budgets")

    def __str__(self) -> str:
        return f"{self.user_id}: {self.level_s:.0f} s"


class CaptionTrackQuerySet(models.QuerySet["CaptionTrack"]):
    def offered(self) -> Self:
        """What viewers get: not what a machine wrote and nobody has read."""
        return self.filter(is_automatic=False)


class CaptionTrack(models.Model):
    """What is said in a film, in one language; served to those who may play the film.

    Personal data: who wrote it last (see docs/privacy.md).
    """

    class Language(models.TextChoices):
        VIETNAMESE = "vi", _("Vietnamese")
        ENGLISH = "en", _("English")

    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="caption_tracks")
    language = models.CharField(_("language"), max_length=2, choices=Language)
    # [{"start_s", "end_s", "text"}], by start.
    cues = models.JSONField(default=list)
    # Written by a machine; its author has still to read it, and until then nobody else sees it.
    is_automatic = models.BooleanField(default=False)
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    updated_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[CaptionTrackQuerySet] = CaptionTrackQuerySet.as_manager()  # type: ignore[assignment]  # as_manager is typed as Manager

    class Meta:
        verbose_name = _("captions")
        verbose_name_plural = _("captions")
        ordering = ["-language"]  # Vietnamese first
        constraints = [models.UniqueConstraint(fields=["video", "language"], name="video_one_track_a_language")]

    def __str__(self) -> str:
        return f"{self.video_id}/{self.language}"

    def rows(self) -> list[Cue]:
        """The cues, by start."""
        return [Cue(**row) for row in self.cues]


class Chapter(models.Model):
    """Where a part of a film begins, and what it is about."""

    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="chapters")
    at_s = models.FloatField()
    title = models.CharField(_("title"), max_length=200)

    class Meta:
        verbose_name = _("chapter")
        verbose_name_plural = _("chapters")
        ordering = ["at_s"]
        constraints = [models.UniqueConstraint(fields=["video", "at_s"], name="video_one_chapter_a_moment")]

    def __str__(self) -> str:
        return self.title
