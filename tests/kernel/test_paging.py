"""Keyset paging through people, places and times."""

import datetime

import pytest
from django.contrib.auth.models import Group
from django.db.models import Count
from django.utils import timezone

from foundation.accounts.models import User
from foundation.kernel.paging import page_of
from tests.factories.accounts import PractitionerFactory, UserFactory

pytestmark = pytest.mark.django_db


def walk(queryset, *, by, size):
    """All rows by following `next`, page by page."""
    cursor, pages = "", []
    while True:
        page = page_of(queryset, by=by, cursor=cursor, size=size)
        pages.append(page)
        cursor = page.next_cursor
        if not cursor:
            return pages


def test_walking_forward_shows_every_row_once_and_in_order():
    UserFactory.create_batch(7)
    pages = walk(User.objects.all(), by=("-email", "pk"), size=3)
    assert [len(page) for page in pages] == [3, 3, 1]
    assert [user for page in pages for user in page] == list(User.objects.order_by("-email", "pk"))


def test_walking_back_shows_the_same_pages():
    UserFactory.create_batch(7)
    pages = walk(User.objects.all(), by=("email", "pk"), size=3)
    back = page_of(User.objects.all(), by=("email", "pk"), cursor=pages[2].previous_cursor, size=3)
    assert back.items == pages[1].items
    first = page_of(User.objects.all(), by=("email", "pk"), cursor=back.previous_cursor, size=3)
    assert first.items == pages[0].items
    assert (first.previous_cursor, bool(first.next_cursor)) == ("", True)


def test_rows_with_the_same_time_are_neither_lost_nor_shown_twice():
    moment = timezone.now()
    UserFactory.create_batch(5, date_joined=moment)
    UserFactory.create_batch(2, date_joined=moment + datetime.timedelta(microseconds=1))
    pages = walk(User.objects.all(), by=("-date_joined", "-pk"), size=2)
    seen = [user.pk for page in pages for user in page]
    assert len(seen) == len(set(seen)) == 7


def test_a_row_added_meanwhile_does_not_shift_the_next_page():
    UserFactory.create_batch(4)
    first = page_of(User.objects.all(), by=("-pk",), size=2)
    UserFactory()
    second = page_of(User.objects.all(), by=("-pk",), cursor=first.next_cursor, size=2)
    assert not {user.pk for user in first} & {user.pk for user in second}
    assert len(second) == 2


def test_order_may_cross_a_relation_or_use_an_annotation():
    PractitionerFactory.create_batch(3)
    practitioners = PractitionerFactory._meta.model.objects.select_related("user")
    assert sum(len(page) for page in walk(practitioners, by=("user__name_sort", "pk"), size=2)) == 3
    for number in range(3):
        Group.objects.create(name=f"g{number}")
    assert sum(len(page) for page in walk(Group.objects.annotate(n=Count("user")), by=("-n", "pk"), size=1)) >= 3


@pytest.mark.parametrize("cursor", ["x", "%%%", "WyJuIl0", "bnVsbA", "WyJuIiwgbnVsbCwgMV0", "WyJuIiwgIngiLCAieSJd"])
def test_a_broken_cursor_shows_the_first_page(cursor):
    UserFactory.create_batch(2)
    page = page_of(User.objects.all(), by=("date_joined", "pk"), cursor=cursor, size=10)
    assert len(page) == 2
    assert page.is_whole


def test_an_empty_list_has_one_empty_page():
    page = page_of(User.objects.none(), by=("pk",))
    assert page.items == []
    assert page.is_whole


def test_a_page_whose_rows_are_gone_falls_back_to_the_first():
    users = UserFactory.create_batch(3)
    page = page_of(User.objects.all(), by=("pk",), size=2)
    users[2].delete()
    assert len(page_of(User.objects.all(), by=("pk",), cursor=page.next_cursor, size=2)) == 2


def test_a_page_is_one_query(django_assert_num_queries):
    UserFactory.create_batch(5)
    with django_assert_num_queries(1):
        page_of(User.objects.all(), by=("-date_joined", "-pk"), size=2)
