"""Recordings: drafts, and published ones."""

import datetime

import factory
from django.utils import timezone

from teleconsults.models import Recording
from tests.factories.accounts import FacilityFactory, SpecialtyFactory, UserFactory
from tests.factories.video import VideoFactory


class RecordingFactory(factory.django.DjangoModelFactory):
    """A recording whose video is ready and whose consent question is open; trait `published` answers it."""

    class Meta:
        model = Recording
        skip_postgeneration_save = True

    title = factory.Sequence(lambda n: f"Dengue with warning signs {n}")
    held_on = datetime.date(2026, 3, 5)
    hub = factory.SubFactory(FacilityFactory, hub=True)
    author = factory.SubFactory(UserFactory)
    presenters = "BSCKII. Trần Thị Mẫu"
    specialty = factory.SubFactory(SpecialtyFactory)
    summary = "When to give fluids, and when to stop."
    video = factory.SubFactory(VideoFactory, owner=factory.SelfAttribute("..author"))

    class Params:
        published = factory.Trait(
            live=True,
            published_at=factory.LazyFunction(timezone.now),
            consent=Recording.Consent.NO_PATIENT,
            consent_version="2026-11",
            consent_at=factory.LazyFunction(timezone.now),
            consent_by=factory.SelfAttribute("author"),
            is_facility_approved=True,
        )
