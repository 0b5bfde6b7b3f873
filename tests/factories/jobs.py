"""Rows of long work in every state."""

import uuid
from datetime import timedelta

import factory
from django.utils import timezone

from foundation.jobs.models import Job
from tests.factories.accounts import World


def _ago(**ago: float) -> object:
    return factory.LazyFunction(lambda: timezone.now() - timedelta(**ago))


class JobFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Job

    kind = "tests.nothing"

    class Params:
        running = factory.Trait(
            state=Job.State.RUNNING,
            attempt=1,
            token=factory.LazyFunction(uuid.uuid4),
            lease_until=factory.LazyFunction(lambda: timezone.now() + timedelta(minutes=1)),
            started_at=_ago(minutes=1),
            progress=0.25,
        )
        abandoned = factory.Trait(running=True, lease_until=_ago(seconds=1))
        crashed = factory.Trait(
            state=Job.State.FAILED, attempt=3, error_code=Job.Trouble.CRASHED, finished_at=_ago(minutes=1)
        )
        refused = factory.Trait(
            state=Job.State.FAILED, attempt=1, error_code="not_a_video", message="This file is not a video."
        )
        done = factory.Trait(state=Job.State.DONE, attempt=1, progress=1.0, finished_at=_ago(minutes=1))


def _of_member(world: World) -> Job:
    if "job" not in world.made:
        world.made["job"] = JobFactory(owner=world.person("member"), crashed=True)
    return world.made["job"]


SAMPLES = {
    "jobs_desk:inspect": lambda world: {"pk": _of_member(world).pk},
    **{f"jobs:{name}": lambda world: {"job_id": _of_member(world).pk} for name in ("progress", "retry", "cancel")},
}
