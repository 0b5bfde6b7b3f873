"""Two administrators press "issue" for the same people at once, and the worker is killed again and again."""

import os
import random
import time

import pytest

from tests.processes import PortalStack, copy_test_database

# The database mark makes pytest migrate its database, which is copied; the test itself never touches it.
pytestmark = [pytest.mark.processes, pytest.mark.django_db]
PEOPLE, KILLS, LEASE_S = 20, 3, 2
PRESS_TWICE = f"""
from cpd.actions import issue_certificates
from tests.factories.cpd import ActivityFactory, CpdAdminFactory, CreditEntryFactory, IssuingBodyFactory
body = IssuingBodyFactory()
entries = CreditEntryFactory.create_batch({PEOPLE}, activity=ActivityFactory(issuing_body=body))
for _press in range(2):
    issue_certificates(entries, by=CpdAdminFactory(bodies=[body]))
"""


def test_killed_at_random_there_is_one_certificate_each_and_no_gap(tmp_path):
    server_url = os.environ.get("PORTAL_DATABASE_URL")
    with PortalStack(tmp_path, server_url=server_url, settings={"PORTAL_JOBS_LEASE_S": str(LEASE_S)}) as stack:
        copy_test_database(stack)
        stack.start_broker()
        stack.start_beat()
        stack.python(PRESS_TWICE)
        stack.start_worker(concurrency=2)  # now, so that it does not finish while they still press

        def issued() -> int:
            return stack.query("SELECT COUNT(*) FROM cpd_certificate")[0][0]

        dice = random.Random(20261122)
        for kill in range(1, KILLS + 1):
            stack.wait_until("worker", lambda kill=kill: issued() >= 2 * kill)
            time.sleep(dice.random() / 3)
            stack.kill("worker")
            assert issued() < PEOPLE, "the batch was over before the kill, so nothing was proved"
            stack.start_worker(concurrency=2)
        batches = "SELECT state, attempt FROM jobs_job WHERE kind = 'cpd.issue_batch'"
        stack.wait_until("worker", lambda: all(state == "done" for state, _attempt in stack.query(batches)))

        assert max(attempt for _state, attempt in stack.query(batches)) > 1
        assert stack.query("SELECT number FROM cpd_certificate ORDER BY number") == [(n,) for n in range(1, PEOPLE + 1)]
        assert stack.query("SELECT COUNT(DISTINCT serial), COUNT(DISTINCT entry_id) FROM cpd_certificate") == [
            (PEOPLE, PEOPLE)
        ]
        assert stack.query("SELECT last_number FROM cpd_serialcounter") == [(PEOPLE,)]
        assert stack.query("SELECT outcome, COUNT(*) FROM cpd_issuerow GROUP BY outcome ORDER BY outcome") == [
            ("already", PEOPLE),
            ("issued", PEOPLE),
        ]
        assert stack.query("SELECT COUNT(*) FROM cpd_certificateevent WHERE kind = 'issued'") == [(PEOPLE,)]
        told = "SELECT COUNT(*) FROM notifications_notification WHERE kind = 'cpd.certificate_issued'"
        assert stack.query(told) == [(PEOPLE,)]
