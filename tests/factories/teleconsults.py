"""Recordings: drafts, and published ones."""

import datetime

import factory
from django.utils import timezone
from wagtail.rich_text import RichText

from foundation.video.models import CaptionTrack, Upload
from teleconsults.actions import ask_at
from teleconsults.models import DecisionPoint, Presenter, Programme, Recording, hubs_of
from teleconsults.rules import Question
from teleconsults.words import public_words, sha256_of, words_sha256
from tests.factories.accounts import FacilityFactory, PractitionerFactory, SpecialtyFactory, UserFactory, World
from tests.factories.video import UploadFactory, VideoFactory


class ProgrammeFactory(factory.django.DjangoModelFactory):
    """A series of sessions."""

    class Meta:
        model = Programme

    slug = factory.Sequence(lambda n: f"programme-{n}")
    name_vi = factory.Sequence(lambda n: f"Chương trình {n}")
    name_en = factory.Sequence(lambda n: f"Programme {n}")


class RecordingFactory(factory.django.DjangoModelFactory):
    """A recording whose video is ready and whose consent question is open; trait `published` answers it."""

    class Meta:
        model = Recording
        skip_postgeneration_save = True

    title = factory.Sequence(lambda n: f"Dengue with warning signs {n}")
    held_on = datetime.date(2026, 3, 5)
    author = factory.LazyFunction(lambda: PractitionerFactory(verified=True, facility=FacilityFactory(hub=True)).user)
    hub = factory.LazyAttribute(
        lambda recording: next(iter(hubs_of(recording.author)), None) or FacilityFactory(hub=True)
    )
    specialty = factory.SubFactory(SpecialtyFactory)
    summary = factory.LazyFunction(lambda: [("text", RichText("<p>When to give fluids, and when to stop.</p>"))])
    video = factory.SubFactory(VideoFactory, owner=factory.SelfAttribute("..author"))

    @factory.post_generation
    def presenters(self, create, names, **kwargs):
        """By name, one unless told."""
        names = ["BSCKII. Trần Thị Mẫu"] if names is None else names
        self.presenters = [Presenter(name=name, sort_order=order) for order, name in enumerate(names)]
        if create:
            self.presenters.commit()

    @factory.post_generation
    def words_read(self, create, extracted, **kwargs):
        """A check is about the words with which it is made here."""
        if create and self.checked_at:
            self.checked_words = words_sha256(self)
            Recording.objects.filter(pk=self.pk).update(checked_words=self.checked_words)

    class Params:
        published = factory.Trait(
            live=True,
            published_at=factory.LazyFunction(timezone.now),
            consent=Recording.Consent.NO_PATIENT,
            consent_version="2026-11",
            consent_at=factory.LazyFunction(timezone.now),
            consent_by=factory.SelfAttribute("author"),
            is_facility_approved=True,
            checked_by=factory.SubFactory(UserFactory),
            checked_at=factory.LazyFunction(timezone.now),
            checked_film=factory.SelfAttribute("video.directory"),
            checked_sha256=factory.SelfAttribute("video.content_sha256"),
        )
        awaiting_check = factory.Trait(
            consent=Recording.Consent.NO_PATIENT,
            consent_version="2026-11",
            consent_at=factory.LazyFunction(timezone.now),
            consent_by=factory.SelfAttribute("author"),
            is_facility_approved=True,
        )


def seen(recording: Recording) -> dict[str, str]:
    """What names the film and the words as they are now, for `check_recording`."""
    return {"film": recording.video.directory, "words": sha256_of(public_words(recording))}


FLUIDS = Question("Which fluid now?", ("Ringer lactate", "Platelets", "None"), "Crystalloids, then look again.", 0)


def make_point(recording: Recording, *, at_s: float = 60.0, is_read: bool = True, **facts) -> DecisionPoint:
    """A question at a second of the film that an officer has read, unless `is_read` is false."""
    point = ask_at(recording, facts.pop("question", FLUIDS), at_s=at_s, by=recording.author, **facts)
    if is_read:
        point.checked_by, point.checked_at = UserFactory(), timezone.now()
        point.save()
    return point


def _point_of_author(world: World) -> dict[str, object]:
    if "point" not in world.made:
        world.made["point"] = make_point(_of_author(world))
    return {"public_id": _of_author(world).public_id, "point_id": world.made["point"].pk}


def _of_author(world: World) -> Recording:
    if "recording" not in world.made:
        author = world.person("author")
        world.made["recording"] = RecordingFactory(author=author, hub=world.facility, published=True)
    return world.made["recording"]


def _upload_of_author(world: World) -> Upload:
    if "upload" not in world.made:
        world.made["upload"] = UploadFactory(owner=world.person("author"))
    return world.made["upload"]


def _captions_of(recording: Recording) -> dict[str, str]:
    cues = [{"start_s": 1.0, "end_s": 2.0, "text": "Truyền dịch"}]
    CaptionTrack.objects.get_or_create(video=recording.video, language="vi", defaults={"cues": cues})
    return {"public_id": recording.video.public_id, "language": "vi"}


SAMPLES = {
    "teleconsults:original": lambda world: {"public_id": RecordingFactory(awaiting_check=True).public_id},
    "teleconsults:original_file": lambda world: {
        "public_id": RecordingFactory(awaiting_check=True).public_id,
        "key": "no-key",
    },
    "teleconsults:check": lambda world: {"public_id": RecordingFactory(awaiting_check=True).public_id},
    **{
        f"teleconsults:{name}": lambda world: {"public_id": _of_author(world).public_id}
        for name in (
            "watch",
            "prepare",
            "edit",
            "captions",
            "transcribe",
            "chapters",
            "consent",
            "publish",
            "redact",
            "retry",
            "hours",
            "withdraw",
            "decisions",
        )
    },
    "teleconsults:check_decisions": lambda world: {"public_id": _of_author(world).public_id},
    **{f"teleconsults:{name}": _point_of_author for name in ("decision", "remove_decision", "answer_decision")},
    **{
        name: lambda world: {"public_id": _upload_of_author(world).public_id}
        for name in ("teleconsults:finish_upload", "teleconsults:discard_upload", "video:upload")
    },
    **{f"video:{name}": lambda world: {"public_id": _of_author(world).video.public_id} for name in ("play", "beat")},
    "video:captions": lambda world: _captions_of(_of_author(world)),
    "video:download": lambda world: {"public_id": _of_author(world).video.public_id, "key": "saver"},
    "rendition": lambda world: "/v/1/1/no-signature/no-video/no-version/master.m3u8",
}
