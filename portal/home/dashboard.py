"""What the dashboard shows: each part one queryset or action of a room below, a fixed number of queries."""

from dataclasses import dataclass, field, replace
from datetime import date

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from courses.models import CoursePage, Enrolment
from cpd.actions import hours_summary
from cpd.models import Activity, CreditEntry
from cpd.rules import HoursSummary
from foundation.accounts.models import Practitioner, User
from foundation.kernel.roles import Role
from foundation.video.models import WatchRecord
from teleconsults.models import Recording

CONTINUE_AT_MOST = 3
NEW_AT_MOST = 3


@dataclass(frozen=True, slots=True)
class Step:
    """Something begun, or something new, as one row; `percent` is None where nothing was begun."""

    title: str
    url: str
    meta: list[str]
    percent: int | None = None


@dataclass(frozen=True, slots=True)
class WaitingItem:
    """Work that waits for this person, and how much of it."""

    title: str
    url: str
    count: int


@dataclass(slots=True)
class Dashboard:
    """One person's page; the parts that ask for a verified practitioner stay empty for others."""

    greeting_name: str
    practitioner: Practitioner | None
    hours: HoursSummary | None = None
    # False for staff who have no profile of their own: nothing waits for their verification.
    learns: bool = True
    continue_with: list[Step] = field(default_factory=list)
    waiting: list[WaitingItem] = field(default_factory=list)
    new: list[Step] = field(default_factory=list)

    @classmethod
    def of(cls, user: User) -> "Dashboard":
        practitioner = user.practitioner_or_none
        dashboard = cls(practitioner.greeting_name if practitioner else user.given_name, practitioner)
        dashboard.waiting = waiting_for(user)
        if practitioner is None:
            dashboard.learns = not user.holds_staff_role
            return dashboard
        dashboard.hours = hours_summary(practitioner)
        if practitioner.is_verified:
            dashboard.continue_with = courses_under_way(practitioner) + recordings_under_way(user)
            dashboard.new = new_courses(practitioner) + new_recordings(user, practitioner)
        return dashboard

    @property
    def is_member(self) -> bool:
        return self.practitioner is not None and self.practitioner.is_verified


def courses_under_way(practitioner: Practitioner) -> list[Step]:
    """Courses begun and not finished, the last touched first."""
    enrolments = Enrolment.objects.visible_to(practitioner.user).active().for_my_courses()[:CONTINUE_AT_MOST]
    return [
        Step(
            enrolment.title,
            enrolment.course.address,
            [_("Course"), str(enrolment.course.specialty)],
            enrolment.percent,
        )
        for enrolment in enrolments
    ]


def recordings_under_way(user: User) -> list[Step]:
    """Recordings watched in part, the last watched first."""
    records = {record.video_id: record for record in WatchRecord.objects.under_way_of(user)[:CONTINUE_AT_MOST]}
    recordings = Recording.objects.visible_to(user).filter(video__in=records).select_related("hub")
    steps = [
        (records[recording.video_id].last_at, _recording_step(recording, records[recording.video_id].percent))
        for recording in recordings
    ]
    return [step for _at, step in sorted(steps, key=lambda pair: pair[0], reverse=True)]


def new_courses(practitioner: Practitioner) -> list[Step]:
    """The latest courses that one has not begun."""
    courses = _of_ones_specialties_first(CoursePage.objects.not_begun_by(practitioner), practitioner)
    return [Step(course.title, course.address, [_("Course"), str(course.specialty)]) for course in courses]


def new_recordings(user: User, practitioner: Practitioner) -> list[Step]:
    """The latest recordings that one has not begun."""
    recordings = Recording.objects.visible_to(user).published().not_begun_by(user)
    return [_recording_step(recording) for recording in _of_ones_specialties_first(recordings, practitioner)]


def _of_ones_specialties_first[M: CoursePage | Recording](items: QuerySet[M], practitioner: Practitioner) -> list[M]:
    """The first few of one's specialties; of all where one's specialties have none. One query."""
    of_mine = Exists(practitioner.specialties.filter(pk=OuterRef("specialty")))
    shown = list(items.annotate(is_of_mine=of_mine).order_by("-is_of_mine", *items.query.order_by)[:NEW_AT_MOST])
    return [item for item in shown if item.is_of_mine] or shown


def _recording_step(recording: Recording, percent: int | None = None) -> Step:
    held_on: date = recording.held_on
    meta = [_("Teleconsult"), str(recording.hub), date_format(held_on, "SHORT_DATE_FORMAT")]
    return Step(recording.title, recording.get_absolute_url(), meta, percent)


def waiting_for(user: User) -> list[WaitingItem]:
    """What the person's roles ask of them, with how much of it waits; empty queues are left out."""
    items: list[WaitingItem] = []
    if user.has_role(Role.COORDINATOR):
        people = Practitioner.objects.of_facilities_coordinated_by(user).awaiting_verification().count()
        title = ngettext("%(n)s person waits for your confirmation", "%(n)s people wait for your confirmation", people)
        items.append(WaitingItem(title, reverse("accounts:people"), people))
    if user.has_role(Role.CPD_ADMIN):
        entries = CreditEntry.objects.administered_by(user).uncertified().count()
        title = ngettext(
            "%(n)s person has hours without a certificate", "%(n)s people have hours without a certificate", entries
        )
        items.append(WaitingItem(title, reverse("cpd:desk"), entries))
        activities = Activity.objects.administered_by(user).awaiting_confirmation().count()
        title = ngettext("%(n)s activity waits for its hours", "%(n)s activities wait for their hours", activities)
        items.append(WaitingItem(title, reverse("cpd:activities"), activities))
    if user.has_role(Role.AUTHOR):
        recordings = Recording.objects.by(user).awaiting_publication().count()
        title = ngettext(
            "%(n)s recording of yours is not published", "%(n)s recordings of yours are not published", recordings
        )
        items.append(WaitingItem(title, reverse("teleconsults:mine"), recordings))
    return [replace(item, title=item.title % {"n": number_format(item.count)}) for item in items if item.count]
