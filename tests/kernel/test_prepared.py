"""A query that is worked out once answers as the queryset does, for every value and in every thread."""

import threading

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from foundation.accounts.models import User
from foundation.kernel.prepared import Prepared, PreparedUpdate
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db


def people(*, name: str, after: int) -> QuerySet[User]:
    return User.objects.filter(full_name=name, pk__gt=after, is_active=True).defer("language").order_by("pk")


def speakers(*, code: str) -> QuerySet[User]:
    return User.objects.filter(language="vi" if code == "vi" else "en")


def test_it_answers_for_the_values_of_each_call(django_assert_num_queries):
    prepared = Prepared(people)
    first, second, other = (UserFactory(full_name=name) for name in ("An", "An", "Bình"))
    with django_assert_num_queries(4):
        assert prepared(name="An", after=0) == [first, second]
        assert prepared(name="An", after=first.pk) == [second]
        assert prepared(name="Bình", after=0) == [other]
        assert prepared(name="Chi", after=0) == []


@pytest.mark.django_db(transaction=True)
def test_each_thread_asks_over_its_own_connection():
    prepared, person, seen = Prepared(people), UserFactory(full_name="An"), []
    assert prepared(name="An", after=0) == [person]

    def ask() -> None:
        seen.extend((connection.connection is None, prepared(name="An", after=0), connection.connection is None))
        connection.close()

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert seen == [True, [person], False]


def test_a_value_that_changes_the_question_is_refused():
    with pytest.raises(TypeError, match="code"):
        Prepared(speakers)(code="vi")


def test_a_write_changes_the_fields_it_is_for_and_lets_a_text_grow():
    write = PreparedUpdate(User, ["language", "last_login"], growing="search_text")
    person, other = UserFactory(), UserFactory()
    User.objects.update(search_text="một")
    person.language, person.last_login, person.full_name = "en", timezone.now(), "not written"
    write(person, growth=", hai: 100 %")
    now = User.objects.get(pk=person.pk)
    assert (now.language, now.last_login, now.search_text) == ("en", person.last_login, "một, hai: 100 %")
    assert now.full_name != "not written"
    assert User.objects.get(pk=other.pk).search_text == "một"
