"""A certificate is issued once, never changes, and says when it is void."""

import datetime
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from cpd import issuing
from cpd.actions import (
    AlreadyRevokedError,
    NoReasonError,
    NothingChosenError,
    NotIssuerError,
    SeveralBodiesError,
    issue_certificates,
    resume_batch,
    revoke_certificate,
)
from cpd.erasure import export
from cpd.issuing import issue_for_row
from cpd.models import Certificate, CertificateEvent, CreditEntry, IssueRow, SerialCounter
from cpd.rules import sha256_bytes, sha256_hex
from foundation.accounts.models import Facility, User
from foundation.jobs.models import Job
from tests.factories.accounts import PractitionerFactory
from tests.factories.cpd import ActivityFactory, CpdAdminFactory, CreditEntryFactory, IssuingBodyFactory, issued

pytestmark = pytest.mark.django_db


@pytest.fixture
def body():
    return IssuingBodyFactory(serial_code="HUB07")


@pytest.fixture
def admin(body):
    return CpdAdminFactory(bodies=[body])


@pytest.fixture
def activity(body):
    return ActivityFactory(issuing_body=body)


def work_off(batch):
    for row in batch.rows.waiting():
        issue_for_row(row.pk, by=batch.requested_by)


def outcomes(batch):
    return list(batch.rows.values_list("outcome", flat=True))


def test_a_batch_runs_in_the_background_and_gives_serials_without_gaps(
    activity, admin, settings, django_capture_on_commit_callbacks
):
    settings.JOBS_EAGER = True
    entries = CreditEntryFactory.create_batch(3, activity=activity)
    with django_capture_on_commit_callbacks(execute=True):
        batch = issue_certificates(entries, by=admin)
    job = Job.objects.latest_for(batch.job_subject)
    assert (job.state, job.message, job.result) == ("done", "3 / 3", {"issued": 3})
    year = datetime.date.today().year
    serials = list(Certificate.objects.order_by("number").values_list("serial", flat=True))
    assert serials == [f"HUB07/{year}/{number:06}" for number in (1, 2, 3)]


def test_pressing_issue_twice_gives_no_second_certificate_and_says_so(activity, admin):
    entries = CreditEntryFactory.create_batch(2, activity=activity)
    first, second = issue_certificates(entries, by=admin), issue_certificates(entries, by=admin)
    work_off(first)
    work_off(second)
    third = issue_certificates(entries, by=admin)
    assert outcomes(first) == ["issued", "issued"]
    assert outcomes(second) == outcomes(third) == ["already", "already"]
    assert [row.certificate for row in second.rows.all()] == [row.certificate for row in first.rows.all()]
    assert Certificate.objects.count() == 2
    assert SerialCounter.objects.get().last_number == 2


def test_the_holder_is_told_once_in_their_language(activity, admin):
    entry = CreditEntryFactory(activity=activity)
    entry.practitioner.user.language = "vi"
    entry.practitioner.user.save()
    for _ in range(2):
        work_off(issue_certificates([entry], by=admin))
    certificate = Certificate.objects.get()
    told = entry.practitioner.user.notifications.get()
    assert told.kind == "cpd.certificate_issued"
    assert certificate.serial in told.text
    assert told.url == f"/vi/cpd/certificates/{certificate.public_id}/"
    revoke_certificate(certificate, reason="Sai tên", by=admin)
    assert "Sai tên" in entry.practitioner.user.notifications.get(kind="cpd.certificate_revoked").text


def test_a_person_takes_their_ledger_and_files_along(activity):
    certificate = issued(activity=activity)
    name, content = export(certificate.entry.practitioner.user)
    assert name == "cpd"
    assert content["credit"][0]["hours"] == Decimal(2)
    assert content["certificates"][0]["printed"] == certificate.payload
    assert list(content["files"].values()) == [bytes(certificate.pdf)]


def test_a_row_worked_off_twice_issues_once(activity, admin):
    batch = issue_certificates([CreditEntryFactory(activity=activity)], by=admin)
    row = batch.rows.get()
    issue_for_row(row.pk, by=admin)
    issue_for_row(row.pk, by=admin)
    assert outcomes(batch) == ["issued"]
    assert Certificate.objects.count() == 1


def test_a_crash_between_setting_and_storing_uses_up_no_number(activity, admin, monkeypatch):
    entries = CreditEntryFactory.create_batch(2, activity=activity)
    batch = issue_certificates(entries, by=admin)
    first, _second = batch.rows.all()

    def crash(*args, **kwargs):
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr(issuing, "log", crash)
        with pytest.raises(MemoryError):
            issue_for_row(first.pk, by=admin)
    assert not Certificate.objects.exists()
    work_off(batch)
    assert sorted(Certificate.objects.values_list("number", flat=True)) == [1, 2]


def test_a_number_taken_meanwhile_sets_the_page_again(activity, admin, monkeypatch):
    entry, quicker = CreditEntryFactory.create_batch(2, activity=activity)
    batch = issue_certificates([entry], by=admin)
    real, calls = issuing._draft, []

    def slow(*args):
        draft = real(*args)
        calls.append(draft.number)
        if len(calls) == 1:
            monkeypatch.setattr(issuing, "_draft", real)
            issued(quicker, by=admin)
            monkeypatch.setattr(issuing, "_draft", slow)
        return draft

    monkeypatch.setattr(issuing, "_draft", slow)
    work_off(batch)
    assert calls == [1, 2]
    assert Certificate.objects.get(entry=entry).serial.endswith("000002")


def test_always_too_late_it_holds_the_counter_and_gets_its_number(activity, admin, monkeypatch):
    batch = issue_certificates([CreditEntryFactory(activity=activity)], by=admin)
    real, refused = issuing._store, []

    def late(certificate, row):
        if len(refused) < issuing.TRIES_WITHOUT_LOCK:
            refused.append(certificate.number)
            return False
        return real(certificate, row)

    monkeypatch.setattr(issuing, "_store", late)
    work_off(batch)
    assert outcomes(batch) == ["issued"]


def test_who_may_issue(activity, admin):
    entry = CreditEntryFactory(activity=activity)
    with pytest.raises(NotIssuerError):
        issue_certificates([entry], by=CpdAdminFactory(bodies=[IssuingBodyFactory()]))
    with pytest.raises(NothingChosenError):
        issue_certificates([], by=admin)
    other = CreditEntryFactory()
    other.activity.issuing_body.admins.add(admin)
    with pytest.raises(SeveralBodiesError):
        issue_certificates([entry, other], by=admin)


@pytest.mark.parametrize(
    ("practitioner", "code"),
    [
        ({"date_of_birth": None}, "incomplete_profile"),
        ({"user__full_name": ""}, "incomplete_profile"),
        ({"user__full_name": "Nguyễn Văn 🩺"}, "unprintable"),
    ],
)
def test_what_cannot_be_printed_right_is_not_issued_and_uses_up_no_number(activity, admin, practitioner, code):
    entry = CreditEntryFactory(activity=activity, practitioner=PractitionerFactory(verified=True, **practitioner))
    batch = issue_certificates([entry, CreditEntryFactory(activity=activity)], by=admin)
    work_off(batch)
    assert sorted(batch.rows.values_list("outcome", "refusal_code")) == [("issued", ""), ("refused", code)]
    assert Certificate.objects.get().number == 1


@pytest.mark.parametrize("verification", ["draft", "pending", "refused"])
def test_what_no_coordinator_confirmed_is_not_printed(activity, admin, verification):
    holder = PractitionerFactory(verified=True, verification=verification)
    batch = issue_certificates([CreditEntryFactory(activity=activity, practitioner=holder)], by=admin)
    work_off(batch)
    assert list(batch.rows.values_list("outcome", "refusal_code")) == [("refused", "profile_not_confirmed")]
    assert not Certificate.objects.exists()


def test_a_verification_whose_term_has_passed_is_enough(activity, admin):
    holder = PractitionerFactory(verified=True, verified_until=datetime.date.today() - datetime.timedelta(days=1))
    batch = issue_certificates([CreditEntryFactory(activity=activity, practitioner=holder)], by=admin)
    work_off(batch)
    assert outcomes(batch) == ["issued"]


def test_a_stopped_batch_is_taken_up_again(activity, admin):
    batch = issue_certificates([CreditEntryFactory(activity=activity)], by=admin)
    assert resume_batch(batch, by=admin) is None  # its job still waits
    Job.objects.update(state=Job.State.FAILED)
    assert resume_batch(batch, by=admin).state == Job.State.QUEUED
    work_off(batch)
    Job.objects.update(state=Job.State.DONE)
    assert resume_batch(batch, by=admin) is None


def test_the_payload_holds_every_printed_field(activity):
    certificate = issued(activity=activity)
    payload = certificate.payload
    assert payload["serial"] == certificate.serial
    assert payload["check_url"].endswith(f"/c/{certificate.public_id}")
    assert payload["holder"]["date_of_birth"] == "1994-05-06"
    assert payload["activities"][0]["hours"] == "2"
    assert payload["signatory"]["name"] == "PGS. TS. Đặng Thị Mẫu"
    assert "@" not in str(payload)
    assert len(certificate.public_id) == 22
    assert certificate.payload_sha256 == sha256_hex(payload)
    assert certificate.pdf_sha256 == sha256_bytes(bytes(certificate.pdf))


def test_renaming_everything_leaves_the_certificate_byte_for_byte(activity, body):
    certificate = issued(activity=activity)
    before = (certificate.payload, bytes(certificate.pdf), certificate.serial)
    User.objects.update(full_name="Ai Đó Khác")
    Facility.objects.update(name_vi="Nơi khác")
    type(body).objects.update(name_vi="Tên khác", signatory_name="Người khác", place_vi="Huế")
    type(activity).objects.update(title="Tên khác", hours=Decimal(9))
    certificate = Certificate.objects.get(pk=certificate.pk)
    assert (certificate.payload, bytes(certificate.pdf), certificate.serial) == before
    assert certificate.is_payload_intact


@pytest.mark.parametrize(
    "change",
    [
        {"payload": {}},
        {"pdf": b"%PDF"},
        {"serial": "X"},
        {"payload_sha256": "0" * 64},
        {"pdf_sha256": "0" * 64},
        {"public_id": "x"},
        {"number": 9},
        {"search_text": "x"},
        {"issued_at": datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)},
    ],
)
def test_the_database_refuses_to_change_what_was_issued(activity, change):
    certificate = issued(activity=activity)
    with pytest.raises(DatabaseError), transaction.atomic():
        Certificate.objects.filter(pk=certificate.pk).update(**change)


def test_the_database_refuses_to_delete_and_to_unrevoke(activity, admin):
    certificate = issued(activity=activity)
    revoke_certificate(certificate, reason="Sai tên", by=admin)
    events = CertificateEvent.objects.filter(certificate=certificate)
    for change in (
        lambda: Certificate.objects.filter(pk=certificate.pk).update(revoked_at=None),
        lambda: Certificate.objects.filter(pk=certificate.pk)._raw_delete("default"),
        lambda: events.update(reason="Khác"),
        lambda: events._raw_delete("default"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_revoking_needs_a_reason_and_an_administrator_of_the_body(activity, admin):
    certificate = issued(activity=activity)
    with pytest.raises(NotIssuerError):
        revoke_certificate(certificate, reason="Sai tên", by=certificate.entry.practitioner.user)
    with pytest.raises(NotIssuerError):
        revoke_certificate(certificate, reason="Sai tên", by=CpdAdminFactory(bodies=[IssuingBodyFactory()]))
    with pytest.raises(NoReasonError):
        revoke_certificate(certificate, reason="  ", by=admin)
    revoke_certificate(certificate, reason="Sai  tên", by=admin)
    with pytest.raises(AlreadyRevokedError):
        revoke_certificate(certificate, reason="Sai tên", by=admin)
    events = certificate.events.values_list("kind", "reason", "actor")
    assert list(events) == [("issued", "", certificate.issued_by_id), ("revoked", "Sai tên", admin.pk)]


def test_after_a_revocation_a_new_one_is_issued_with_a_new_serial(activity, admin):
    entry = CreditEntryFactory(activity=activity)
    first = issued(entry, by=admin)
    revoke_certificate(first, reason="Sai tên", by=admin)
    assert list(CreditEntry.objects.uncertified()) == [entry]
    second = issued(entry, by=admin)
    assert (first.number, second.number) == (1, 2)
    assert list(CreditEntry.objects.certified()) == [entry]
    assert {row.outcome for row in IssueRow.objects.all()} == {"issued"}


def test_each_body_and_year_counts_for_itself(activity, admin, monkeypatch):
    issued(activity=activity)
    assert issued().number == 1
    monkeypatch.setattr(issuing.timezone, "localdate", lambda *args: datetime.date(2031, 1, 1))
    next_year = issued(activity=activity)
    assert (next_year.number, next_year.serial) == (1, "HUB07/2031/000001")
    assert next_year.payload["issued_on"] == "2031-01-01"
