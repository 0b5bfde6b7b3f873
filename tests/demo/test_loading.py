"""`manage.py load_demo`: twice without doubles, and the same network wherever it is loaded."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.processes import PortalStack, copy_test_database

pytestmark = [pytest.mark.django_db, pytest.mark.processes, pytest.mark.once]

# Films and PDFs take long, and are tested where they are made: here a film only gets its length, a PDF its first bytes.
LOAD = """
import json
from django.apps import apps
from django.core.management import call_command
from courses.models import Attempt, CoursePage, Enrolment, GradeEvent, ItemProgress
from cpd import issuing
from cpd.models import Certificate, CreditEntry
from foundation.accounts.models import Practitioner, User
from foundation.video import jobs
from foundation.video.models import Video, WatchRecord
from portal.demo.content import ROOT
from teleconsults.models import DecisionAnswer, Recording
from wagtail.models import Page

LENGTHS = json.loads((ROOT / "content" / "timelines.json").read_text())

def encode(video, handle, *, source):
    length_s = LENGTHS[video.original_name.removesuffix(".mp4")]["duration_s"]
    video.state, video.duration_s, video.directory = Video.State.READY, length_s, f"{video.public_id}/made"
    video.content_sha256 = "0" * 64
    video.save()
    return type("Made", (), {"renditions": []})

class Source:
    def as_json(self):
        return {}

jobs._examine = lambda video, handle: Source()
jobs._encode = encode
issuing.certificate_pdf = lambda payload: b"%PDF-"

def counts():
    return {model._meta.label: model._base_manager.count() for model in apps.get_models(include_auto_created=True)}

def rows(queryset, *names):
    return sorted([str(value) for value in row] for row in queryset.values_list(*names))

def printed():
    for payload in Certificate.objects.order_by("serial").values_list("payload", flat=True):
        yield {name: value for name, value in payload.items() if name not in {"public_id", "check_url"}}

call_command("load_reference", verbosity=0)
counted = []
for _load in range(TIMES):
    call_command("load_demo")
    counted.append(counts())
content = {
    "pages": rows(Page.objects.all(), "url_path", "title", "first_published_at__date"),
    "courses": rows(CoursePage.objects.all(), "uid", "title", "credit_hours", "activity__hours"),
    "people": rows(User.objects.all(), "email", "full_name", "language", "groups__name"),
    "practitioners": rows(
        Practitioner.objects.all(), "user__email", "facility__slug", "verification", "verified_at", "licence_number"
    ),
    "recordings": rows(Recording.objects.all(), "public_id", "title", "held_on", "live", "video__duration_s"),
    "enrolments": rows(Enrolment.objects.all(), "practitioner__user__email", "course__title", "enrolled_at"),
    "progress": rows(ItemProgress.objects.all(), "enrolment__practitioner__user__email", "item_uid", "first_done_at"),
    "watched": rows(WatchRecord.objects.all(), "user__email", "video__original_name", "seconds_watched"),
    "decisions": rows(DecisionAnswer.objects.all(), "user__email", "point__question", "option__text", "answered_at"),
    "attempts": rows(Attempt.objects.all(), "enrolment__practitioner__user__email", "started_at", "submitted_at"),
    "credit": rows(CreditEntry.objects.all(), "practitioner__user__email", "hours", "activity__title"),
    "certificates": rows(
        Certificate.objects.all(), "serial", "entry__practitioner__user__email", "issued_at", "revoked_at"
    ),
    "grades": rows(GradeEvent.objects.all(), "attempt__enrolment__practitioner__user__email", "score", "at"),
    "printed": list(printed()),
}
print(json.dumps({"counted": counted, "content": content}, default=str))
"""


def loaded(folder: Path, *, times: int) -> dict[str, Any]:
    """The rows of every table after each load, and what the last one left."""
    with PortalStack(folder) as stack:
        copy_test_database(stack)
        return json.loads(stack.python(f"TIMES = {times}\n{LOAD}").splitlines()[-1])


def test_two_loads_leave_one_network_and_two_places_the_same(tmp_path):
    here, there = loaded(tmp_path / "here", times=2), loaded(tmp_path / "there", times=1)
    once, twice = here["counted"]
    assert twice == once
    assert once["cpd.Certificate"] > 30
    assert once["teleconsults.Recording"] == 7
    for name, rows in here["content"].items():
        assert rows, name
        assert there["content"][name] == rows, name
    assert there["counted"] == [once]
