"""The worker is killed (-9) at ten moments on the way of one film: nothing is lost, and no half version is shown."""

import os
import signal
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files import File
from django.core.files.storage import storages
from django.db import connections
from django.utils import timezone

from foundation.jobs import runner
from foundation.jobs.models import Job
from foundation.jobs.runner import run_job, sweep_jobs
from foundation.kernel import storages as shelves
from foundation.video import encoding, jobs
from foundation.video.actions import receive_upload
from foundation.video.models import Video
from foundation.video.playlists import read_playlist
from tests.factories.accounts import UserFactory

# (job, where the worker is struck, at which call, before or after it)
MOMENTS = [
    ("video.probe", jobs, "probe", 1, "before"),
    ("video.probe", encoding, "remux", 1, "after"),
    ("video.probe", shelves, "_sync", 2, "after"),
    ("video.probe", jobs, "_offer_as_it_is", 1, "after"),
    ("video.encode", encoding, "make", 1, "before"),
    ("video.encode", jobs._Reporter, "__call__", 1, "after"),
    ("video.encode", encoding, "_refuse_silence", 1, "before"),
    ("video.encode", shelves, "_sync", 1, "before"),
    ("video.encode", shelves, "_sync", 2, "after"),
    ("video.encode", runner, "_finish", 1, "before"),
]


def struck_at(place, name, number, when):
    """Let the `number`-th call of a function be the last thing this process does."""
    function, calls = getattr(place, name), []

    def strike(*args, **kwargs):
        calls.append(name)
        if len(calls) == number and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*args, **kwargs)
        if len(calls) == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(place, name, strike)


def in_a_worker(job, *moment):
    """Run the job in a process of its own, which `moment` ends; returns the signal that ended it, 0 for none."""
    connections.close_all()
    worker = os.fork()
    if worker == 0:
        try:
            if moment:
                struck_at(*moment)
            run_job(job.pk)
        finally:
            os._exit(0)
    return os.waitpid(worker, 0)[1]


def sweep():
    """As beat does when the lease has run out; every moment is the first accident."""
    long_ago = timezone.now() - timedelta(seconds=1)
    Job.objects.filter(state=Job.State.RUNNING).update(lease_until=long_ago, attempt=1)
    sweep_jobs()


def is_whole(video: Video) -> bool:
    """What the row points to can be played to its end."""
    folder = Path(storages["clean"].path(f"video/{video.directory}"))
    tracks = [read_playlist(folder, Path(quality.file).stem) for quality in video.qualities()]
    plain = folder / video.download.get("file", "saver.mp4")
    return plain.stat().st_size > 0 and all(track.duration_s > 0.9 for track in tracks)


@pytest.mark.django_db(transaction=True)
def test_ten_kills_lose_nothing_and_show_no_half(empty_storages, small_clip, monkeypatch):
    monkeypatch.setattr("foundation.jobs.actions.deliver", lambda job: None)
    with small_clip.open("rb") as handle:
        video = receive_upload(File(handle, name="phim.mp4"), by=UserFactory())
    for kind, *moment in MOMENTS:
        job = Job.objects.filter(kind=kind).unfinished().first()
        if kind == "video.encode" and job is None:
            assert in_a_worker(Job.objects.unfinished().get()) == 0
            job = Job.objects.filter(kind=kind).unfinished().get()
        assert job is not None, moment
        assert in_a_worker(job, *moment) == signal.SIGKILL, moment
        video.refresh_from_db()
        assert video.is_ready == bool(video.directory), moment
        if video.is_ready:
            assert is_whole(video), moment
        sweep()
    for _rest in range(2):
        for job in Job.objects.unfinished():
            assert in_a_worker(job) == 0
    video.refresh_from_db()
    assert video.is_whole
    assert is_whole(video)
    assert [quality.key for quality in video.qualities()] == ["saver", "edge", "audio", "voice"]
    assert set(Job.objects.values_list("kind", "state")) == {("video.probe", "done"), ("video.encode", "done")}
    kept = [path.name for path in Path(storages["clean"].path(f"video/{video.public_id}")).iterdir()]
    assert not [name for name in kept if name.startswith(".")]
    assert video.directory.rpartition("/")[2] in kept
    assert Path(video.original.path).read_bytes() == small_clip.read_bytes()
