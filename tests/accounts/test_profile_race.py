"""Two first saves of one person's profile at the same moment, on two connections of PostgreSQL."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from foundation.accounts.actions import save_profile
from foundation.accounts.models import Practitioner, ProfileFacts, User
from tests.factories.accounts import FacilityFactory, ProfessionFactory, UserFactory

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time"),
]


def test_two_first_saves_keep_one_profile_and_fail_nobody():
    user = UserFactory()
    facts = ProfileFacts(
        full_name="Nguyễn Văn An", profession=ProfessionFactory(), facility=FacilityFactory(), date_of_birth=None
    )
    saved, ended = threading.Event(), threading.Event()

    def save(*, holds: bool) -> int:
        try:
            with transaction.atomic():
                if not holds:
                    saved.wait(20)
                someone = User.objects.get(pk=user.pk)
                practitioner = save_profile(someone, facts, by=someone)
                if holds:
                    saved.set()
                    ended.wait(1.5)
            return practitioner.pk
        finally:
            (saved if holds else ended).set()
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        first, second = threads.submit(save, holds=True), threads.submit(save, holds=False)
        assert first.result(timeout=30) == second.result(timeout=30)
    assert Practitioner.objects.get().user == user
