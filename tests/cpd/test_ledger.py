"""An hour is credited once, only for what an issuer confirmed, and never changed."""

import datetime
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from cpd.actions import (
    KindDisabledError,
    NotConfirmedError,
    NotIssuerError,
    UnusableHoursError,
    award_credit,
    confirm_activity,
    hours_summary,
    propose_activity,
)
from cpd.confirmations import confirmation_listeners
from cpd.models import ActivityKind, CreditEntry
from cpd.reference import load_activity_kinds
from foundation.kernel.roles import Role
from tests.factories.accounts import PractitionerFactory, UserFactory
from tests.factories.cpd import (
    ActivityFactory,
    ActivityKindFactory,
    CpdAdminFactory,
    CreditEntryFactory,
    IssuingBodyFactory,
    confirm_proposal,
)

pytestmark = pytest.mark.django_db
DAY = datetime.date(2026, 11, 3)


def confirm(body, by, **changes):
    given = {"kind_code": ActivityKindFactory().code, "title": "Đột quỵ", "hours": Decimal(2)} | changes
    return confirm_activity("course:1", issuing_body=body, by=by, **given)


def test_the_issuer_confirms_hours_and_finishing_gives_them_once():
    body = IssuingBodyFactory()
    activity = confirm(body, CpdAdminFactory(bodies=[body]))
    practitioner = PractitionerFactory(verified=True)
    first = award_credit(practitioner, activity, on=DAY, evidence={"score": 90}, since=datetime.date(2026, 10, 1))
    second = award_credit(practitioner, activity, on=DAY + datetime.timedelta(9), evidence={})
    assert first == second
    assert (first.hours, first.began_on, first.on_date) == (Decimal(2), datetime.date(2026, 10, 1), DAY)
    assert CreditEntry.objects.count() == 1


def test_only_an_administrator_of_the_body_confirms():
    body, other = IssuingBodyFactory(), IssuingBodyFactory()
    for stranger in (CpdAdminFactory(bodies=[other]), UserFactory(roles=[Role.EDITOR])):
        with pytest.raises(NotIssuerError):
            confirm(body, stranger)
    named_without_the_role = UserFactory()
    body.admins.add(named_without_the_role)
    with pytest.raises(NotIssuerError):
        confirm(body, named_without_the_role)


def test_a_proposal_gives_nothing_until_it_is_confirmed():
    body = IssuingBodyFactory()
    activity = propose_activity(
        "course:1",
        kind_code=ActivityKindFactory().code,
        title="Rắn cắn",
        issuing_body=body,
        hours=Decimal("1.5"),
        by=UserFactory(),
    )
    with pytest.raises(NotConfirmedError):
        award_credit(PractitionerFactory(verified=True), activity, on=DAY, evidence={})
    heard = []
    confirmation_listeners.register(heard.append)
    try:
        confirm_proposal(activity, by=CpdAdminFactory(bodies=[body]))
    finally:
        confirmation_listeners._items.remove(heard.append)
    assert heard == [activity]
    assert award_credit(PractitionerFactory(verified=True), activity, on=DAY, evidence={}).hours == Decimal("1.5")


def test_a_changed_proposal_loses_its_confirmation_and_a_new_title_keeps_it():
    activity = ActivityFactory()
    same = {
        "kind_code": activity.kind.code,
        "issuing_body": activity.issuing_body,
        "by": UserFactory(),
    }
    assert propose_activity(activity.key, title="Tên mới", hours=activity.hours, **same).is_confirmed
    assert not propose_activity(activity.key, title="Tên mới", hours=Decimal(4), **same).is_confirmed


def test_a_stale_object_does_not_give_credit():
    activity = ActivityFactory()
    type(activity).objects.filter(pk=activity.pk).update(confirmed_at=None, confirmed_by=None)
    with pytest.raises(NotConfirmedError):
        award_credit(PractitionerFactory(verified=True), activity, on=DAY, evidence={})


def test_confirming_other_hours_leaves_what_was_credited():
    body = IssuingBodyFactory()
    admin = CpdAdminFactory(bodies=[body])
    activity = confirm(body, admin)
    entry = award_credit(PractitionerFactory(verified=True), activity, on=DAY, evidence={})
    confirm(body, admin, hours=Decimal(5))
    entry.refresh_from_db()
    assert entry.hours == Decimal(2)
    assert award_credit(PractitionerFactory(verified=True), activity, on=DAY, evidence={}).hours == Decimal(5)


@pytest.mark.parametrize("hours", [Decimal(0), Decimal(-1), Decimal("0.1"), Decimal("2.3"), Decimal(501)])
def test_hours_go_in_quarters(hours):
    body = IssuingBodyFactory()
    with pytest.raises(UnusableHoursError):
        confirm(body, CpdAdminFactory(bodies=[body]), hours=hours)


def test_a_kind_that_is_not_in_use_is_refused():
    body = IssuingBodyFactory()
    ActivityKindFactory(code="online_learning", is_enabled=False)
    with pytest.raises(KindDisabledError):
        confirm(body, CpdAdminFactory(bodies=[body]), kind_code="online_learning")


def test_the_database_refuses_to_change_or_delete_credit():
    entry = CreditEntryFactory()
    for change in (
        lambda: CreditEntry.objects.filter(pk=entry.pk).update(hours=Decimal(40)),
        lambda: CreditEntry.objects.filter(pk=entry.pk).delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    with connection.cursor() as cursor:
        cursor.execute("SELECT hours FROM cpd_creditentry WHERE id = %s", [entry.pk])
        assert Decimal(str(cursor.fetchone()[0])) == entry.hours


def test_the_summary_counts_the_running_five_years_in_one_query(django_assert_num_queries):
    practitioner = PractitionerFactory(verified=True, licence_date=datetime.date(2018, 3, 1))
    for day, hours in [("2023-02-28", 9), ("2023-03-01", 3), ("2026-11-03", "2.5"), ("2028-03-01", 9)]:
        on = datetime.date.fromisoformat(day)
        CreditEntryFactory(practitioner=practitioner, began_on=on, on_date=on, hours=Decimal(hours))
    with django_assert_num_queries(1):
        summary = hours_summary(practitioner, today=datetime.date(2026, 11, 21))
    assert summary.earned == Decimal("5.5")
    assert summary.missing == Decimal("114.5")
    assert summary.period_start == datetime.date(2023, 3, 1)
    assert summary.period_end == datetime.date(2028, 2, 29)


def test_the_table_of_kinds_loads_twice_without_doubles_and_keeps_a_switch():
    assert load_activity_kinds() == "27 kinds of CPD activity"
    ActivityKind.objects.filter(code="online_learning").update(is_enabled=True)
    load_activity_kinds()
    assert ActivityKind.objects.count() == 27
    assert ActivityKind.objects.get(code="online_learning").is_enabled
    assert not ActivityKind.objects.get(code="legacy_course").is_enabled
    assert ActivityKind.objects.get(code="course_learner").hours_per_unit == 1
    assert ActivityKind.objects.get(code="teaching").hours_per_unit is None
