"""Recorded teleconsults, through the same door and the same encoder as anybody's."""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from django.core.files import File
from django.db import connection
from wagtail.rich_text import RichText

from foundation.accounts.models import Facility, Specialty, User
from foundation.jobs.models import Job
from foundation.jobs.runner import run_job
from foundation.video.actions import receive_upload
from portal.demo.content import MEDIA, NAMESPACE, read
from teleconsults.actions import (
    answer_consent,
    ask_at,
    change_captions,
    change_chapters,
    check_recording,
    publish_recording,
    submit_recording,
)
from teleconsults.models import Presenter, Programme, Recording
from teleconsults.plain_text import html_of
from teleconsults.rules import FacilityApproval, Question, people_in
from teleconsults.words import public_words, sha256_of

# One encode leaves a good part of two cores idle.
ENCODES_AT_ONCE = 2
CHAIR = "chủ tọa"


def load_recordings(users: dict[str, User]) -> dict[str, Recording]:
    """All recordings by slug, published; one whose film could not be prepared waits with its author."""
    texts = read("recordings")["recordings"]
    _load_programmes()
    with _work_put_off() as jobs:
        recordings = {text["slug"]: _handed_in(text, users[text["author"]]) for text in texts}
        # The examination of a film leaves its encode in the list.
        while batch := [jobs.pop() for _job in list(jobs)]:
            with ThreadPoolExecutor(ENCODES_AT_ONCE) as pool:
                list(pool.map(_run, batch))
    officer = users["deid-1"]
    return {text["slug"]: _published(text, recordings[text["slug"]], users[text["author"]], officer) for text in texts}


def _load_programmes() -> None:
    for order, text in enumerate(read("facilities")["programmes"]):
        names = {"name_vi": text["title"], "name_en": text["title_en"], "order": order}
        Programme.objects.update_or_create(slug=text["slug"], defaults=names)


@contextmanager
def _work_put_off() -> Iterator[list[Job]]:
    """Within the block, jobs wait in the list instead of being run one after the other."""
    jobs: list[Job] = []
    with patch("foundation.jobs.actions.deliver", jobs.append):
        yield jobs


def _run(job: Job) -> None:
    try:
        run_job(job.pk)
    finally:
        connection.close()


def _handed_in(text: dict[str, Any], author: User) -> Recording:
    public_id = uuid.uuid5(NAMESPACE, text["slug"]).hex[:24]
    return Recording.objects.filter(public_id=public_id).first() or _hand_in(public_id, text, author)


def _published(text: dict[str, Any], recording: Recording, author: User, officer: User) -> Recording:
    recording.video.refresh_from_db()
    if not recording.live and not recording.is_withdrawn and recording.video.is_whole:
        _name_chapters(text, recording, author)
        approval = FacilityApproval(f"{author.full_name} (demo)", recording.held_on)
        for asked in text.get("questions", []) if not recording.decision_points.exists() else []:
            _ask(asked, recording, author)
        answer_consent(recording, answer=Recording.Consent.NO_PATIENT, approval=approval, by=author)
        film, words = recording.video.directory, sha256_of(public_words(recording))
        check_recording(recording, is_clear=True, film=film, words=words, by=officer)
        recording = publish_recording(recording, by=author)
    return recording


def _ask(text: dict[str, Any], recording: Recording, author: User) -> None:
    question = Question(text["question"], tuple(text["options"]), text["reasoning"], text["preferred"])
    ask_at(recording, question, at_s=text["at_s"], is_required=text["required"], by=author)


def _hand_in(public_id: str, text: dict[str, Any], author: User) -> Recording:
    with (MEDIA / text["media"]).open("rb") as film:
        video = receive_upload(File(film, name=text["media"]), by=author)
    draft = Recording(
        public_id=public_id,
        title=text["title"],
        held_on=text["held_on"],
        hub=Facility.objects.get(slug=text["hub"]),
        programme=Programme.objects.filter(slug=text["programme"]).first(),
        specialty=Specialty.objects.get(slug=text["specialty"]),
        summary=[("text", RichText(html_of(text["summary"])))],
        key_points=[("point", point) for point in text["key_points"]],
    )
    people = people_in("\n".join(text["presenters"]))
    draft.chair = ", ".join(person.name for person in people if person.role == CHAIR)
    others = [person for person in people if person.role != CHAIR]
    draft.presenters.set(
        Presenter(name=person.name, role=person.role, sort_order=order) for order, person in enumerate(others)
    )
    draft.asking_facilities.set(Facility.objects.filter(slug__in=text["asking_facilities"]))
    recording = submit_recording(draft, video=video, tags=text["tags"], by=author)
    words = (MEDIA / text["media"]).with_suffix(".vtt")
    if words.is_file():
        change_captions(recording, language="vi", text=words.read_text(encoding="utf-8"), by=author)
    return recording


def _name_chapters(text: dict[str, Any], recording: Recording, author: User) -> None:
    """As they were written down with the film; by hand, since they must lie within a length that is known."""
    parts = (MEDIA / text["media"]).with_suffix(".chapters.vtt")
    if parts.is_file() and not recording.video.chapters.exists():
        change_chapters(recording, text=parts.read_text(encoding="utf-8"), by=author)
