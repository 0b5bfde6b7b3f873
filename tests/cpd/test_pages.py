"""The desk, one's own hours, the public check: what each person sees and may do."""

from io import BytesIO

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from openpyxl import load_workbook
from wagtail.models import ModelLogEntry

from cpd.actions import issue_certificates, revoke_certificate
from cpd.issuing import issue_for_row
from cpd.models import Activity, Certificate, IssueBatch
from foundation.jobs.models import Job
from foundation.kernel.roles import Role
from foundation.video.models import WatchRecord, WatchSession
from foundation.video.rules import EMPTY_CHAIN, chain_of, chained, journal_line
from tests.factories.accounts import PractitionerFactory, UserFactory
from tests.factories.cpd import (
    ActivityFactory,
    ActivityKindFactory,
    CpdAdminFactory,
    CreditEntryFactory,
    IssuingBodyFactory,
    issued,
)
from tests.factories.video import VideoFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def body():
    return IssuingBodyFactory()


@pytest.fixture
def activity(body):
    return ActivityFactory(issuing_body=body)


@pytest.fixture
def admin(body):
    return CpdAdminFactory(bodies=[body])


@pytest.fixture
def desk(client, admin):
    client.force_login(admin)
    return client


def text(response):
    return " ".join(response.content.decode().split())


# --- The desk


def test_the_desk_shows_who_completed_activities_of_ones_own_body(desk, activity):
    mine, other = CreditEntryFactory(activity=activity), CreditEntryFactory()
    page = text(desk.get(reverse("cpd:desk")))
    assert mine.practitioner.full_name in page
    assert other.practitioner.full_name not in page


def test_more_entries_cost_no_more_queries(desk, activity, count_queries):
    issued(activity=activity)
    desk.get(reverse("cpd:desk"))  # fills what the frame remembers
    one = count_queries(reverse("cpd:desk"), by=desk)
    for _ in range(4):
        issued(activity=activity)
    CreditEntryFactory.create_batch(5, activity=activity)
    assert count_queries(reverse("cpd:desk"), by=desk) == one


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=nguyen duc", True),
        ("?q=Nguyễn", True),
        ("?q=tran", False),
        ("?certificate=with", True),
        ("?certificate=without", False),
        ("?since=2026-11-03&until=2026-11-03", True),
        ("?since=2026-11-04", False),
        ("?since=rubbish&activity=999", True),
    ],
)
def test_the_desk_filters(desk, activity, query, found):
    holder = PractitionerFactory(verified=True, user__full_name="Nguyễn Văn Đức")
    issued(activity=activity, practitioner=holder)
    assert ("Nguyễn Văn Đức" in text(desk.get(reverse("cpd:desk") + query))) is found


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("", ["Lê Ánh", "Bùi Yến", "Trần Bình"]),
        ("oldest", ["Trần Bình", "Bùi Yến", "Lê Ánh"]),
        ("name", ["Lê Ánh", "Trần Bình", "Bùi Yến"]),
        ("rubbish", ["Lê Ánh", "Bùi Yến", "Trần Bình"]),
    ],
)
def test_the_desk_sorts_and_pages_in_that_order(desk, activity, sort, order, monkeypatch):
    monkeypatch.setattr("cpd.views.DESK_PAGE", 2)
    for day, name in enumerate(["Trần Bình", "Bùi Yến", "Lê Ánh"], start=1):
        holder = PractitionerFactory(verified=True, user__full_name=name)
        CreditEntryFactory(
            activity=activity, practitioner=holder, began_on=f"2026-11-0{day}", on_date=f"2026-11-0{day}"
        )
    first = desk.get(reverse("cpd:desk"), {"sort": sort}).context["page"]
    rest = desk.get(reverse("cpd:desk"), {"sort": sort, "page": first.next_cursor}).context["page"]
    names = [entry.practitioner.full_name for entry in [*first, *rest]]
    assert names == order


def test_the_list_is_taken_as_a_spreadsheet_and_that_is_logged(desk, activity, admin):
    odd = PractitionerFactory(verified=True, user__full_name="=1+1 Nguyễn Ân")
    certificate = issued(activity=activity, practitioner=odd)
    CreditEntryFactory(activity=activity), CreditEntryFactory()
    answer = desk.get(reverse("cpd:desk_file"), {"certificate": "with"})
    rows = list(load_workbook(BytesIO(answer.content)).active.iter_rows(min_row=2))
    assert [[cell.value for cell in row[:1]] for row in rows] == [["=1+1 Nguyễn Ân"]]
    assert rows[0][0].data_type == "s"
    assert rows[0][6].value.date() == certificate.entry.on_date
    assert rows[0][8].value == certificate.serial
    assert len(list(load_workbook(BytesIO(desk.get(reverse("cpd:desk_file")).content)).active)) == 3
    assert ModelLogEntry.objects.filter(action="cpd.take_list", user=admin).count() == 2


def test_a_serial_finds_its_row(desk, activity):
    first, second = issued(activity=activity), issued(activity=activity)
    page = text(desk.get(reverse("cpd:desk"), {"q": first.serial.lower()}))
    assert first.serial in page
    assert second.serial not in page


@pytest.mark.parametrize("who", ["stranger", "member", "editor", "admin_of_another_body"])
def test_others_get_nothing_of_the_desk(client, activity, who, admin):
    certificate = issued(activity=activity)
    batch = IssueBatch.objects.get()
    person = {
        "stranger": lambda: None,
        "member": lambda: PractitionerFactory(verified=True).user,
        "editor": lambda: UserFactory(roles=[Role.EDITOR]),
        "admin_of_another_body": lambda: CpdAdminFactory(bodies=[IssuingBodyFactory()]),
    }[who]()
    if person:
        client.force_login(person)
    pages = [
        reverse("cpd:batch", args=[batch.pk]),
        reverse("cpd:certificate", args=[certificate.public_id]),
        reverse("cpd:certificate_file", args=[certificate.public_id]),
        reverse("cpd:certificate_revoke", args=[certificate.public_id]),
        reverse("cpd:activity_confirm", args=[activity.pk]),
    ]
    for page in pages:
        assert client.get(page).status_code in {302, 403, 404}
    client.post(reverse("cpd:certificate_revoke", args=[certificate.public_id]), {"reason": "x"})
    client.post(reverse("cpd:issue"), {"entries": str(certificate.entry_id), "confirmed": "1"})
    assert not Certificate.objects.get().is_revoked
    assert IssueBatch.objects.count() == 1
    if who != "admin_of_another_body":
        assert client.get(reverse("cpd:desk")).status_code in {302, 403}


def test_selected_people_are_shown_once_more_then_issued(desk, activity, settings, django_capture_on_commit_callbacks):
    settings.JOBS_EAGER = True
    first, second, third = CreditEntryFactory.create_batch(3, activity=activity)
    answer = desk.post(reverse("cpd:issue"), {"entry": [first.pk, second.pk]})
    page = text(answer)
    assert "Issue 2 certificates?" in page
    assert first.practitioner.full_name in page
    assert third.practitioner.full_name not in page
    assert not Certificate.objects.exists()
    with django_capture_on_commit_callbacks(execute=True):
        answer = desk.post(reverse("cpd:issue"), {"entries": answer.context["ids"], "confirmed": "1"})
    assert "2 of 2 issued" in text(desk.get(answer.url))
    assert {certificate.entry for certificate in Certificate.objects.all()} == {first, second}


def test_whose_profile_no_coordinator_confirmed_is_marked_before_issuing(desk, activity):
    waiting = CreditEntryFactory(activity=activity, practitioner=PractitionerFactory(pending=True))
    assert "profile not confirmed" in text(desk.post(reverse("cpd:issue"), {"entry": [waiting.pk]}))
    confirmed = CreditEntryFactory(activity=activity)
    assert "profile not confirmed" not in text(desk.post(reverse("cpd:issue"), {"entry": [confirmed.pk]}))


def test_only_those_who_issue_for_the_body_stop_its_batch(client, activity, admin):
    batch = issue_certificates([CreditEntryFactory(activity=activity)], by=admin)
    cancel = reverse("jobs:cancel", args=[Job.objects.latest_for(batch.job_subject).pk])
    colleague = CpdAdminFactory(bodies=[activity.issuing_body])
    admin.groups.clear()  # who started it and issues no more
    for person, status in [
        (UserFactory(roles=[Role.EDITOR]), {403, 404}),
        (CpdAdminFactory(bodies=[IssuingBodyFactory()]), {403, 404}),
        (admin, {403}),
        (colleague, {302}),
    ]:
        client.force_login(person)
        # Permissions of roles are loaded with the reference data; here the kind's permission is given by hand.
        person.user_permissions.add(Permission.objects.get(codename="issue_certificate"))
        assert client.post(cancel).status_code in status


def test_a_double_click_says_that_they_have_one_already(desk, activity, settings, django_capture_on_commit_callbacks):
    settings.JOBS_EAGER = True
    entry = CreditEntryFactory(activity=activity)
    for words in ("1 of 1 issued", "Had one already"):
        with django_capture_on_commit_callbacks(execute=True):
            answer = desk.post(reverse("cpd:issue"), {"entries": str(entry.pk), "confirmed": "1"})
        assert words in text(desk.get(answer.url))
    assert Certificate.objects.count() == 1


def test_issue_for_all_takes_what_the_filter_shows_and_lacks_a_certificate(desk, activity, body):
    issued(activity=activity)
    CreditEntryFactory.create_batch(2, activity=activity)
    CreditEntryFactory(activity=ActivityFactory(issuing_body=body))
    answer = desk.post(f"{reverse('cpd:issue')}?activity={activity.pk}", {"all": "1"})
    assert len(answer.context["entries"]) == 2
    assert f'href="{reverse("cpd:desk")}?activity={activity.pk}"' in answer.content.decode()


def test_issuing_for_nobody_says_so(desk):
    assert "Choose at least one person" in text(desk.post(reverse("cpd:issue"), {}, follow=True))


def test_the_batch_page_tells_why_somebody_got_none(desk, activity, admin):
    incomplete = PractitionerFactory(verified=True, date_of_birth=None)
    batch = issue_certificates([CreditEntryFactory(activity=activity, practitioner=incomplete)], by=admin)
    issue_for_row(batch.rows.get().pk, by=admin)
    assert "date of birth or workplace is missing" in text(desk.get(batch.get_absolute_url()))
    assert "0 of 1 issued" in text(desk.get(reverse("cpd:batches")))


def test_the_issuer_confirms_a_proposal_by_typing_the_hours(desk, body):
    proposed = ActivityFactory(proposed=True, issuing_body=body, hours=2)
    ActivityKindFactory()
    assert proposed.title in text(desk.get(reverse("cpd:activities")))
    page = reverse("cpd:activity_confirm", args=[proposed.pk])
    assert "steps of 0.25" in str(
        desk.post(page, {"kind": "course_learner", "hours": "1.3"}).context["form"]["hours"].errors
    )
    desk.post(page, {"kind": "course_learner", "hours": "1.5", "responsible": "Khoa Nhi"})
    confirmed = Activity.objects.get(pk=proposed.pk)
    assert (confirmed.hours, confirmed.responsible, confirmed.is_confirmed) == (1.5, "Khoa Nhi", True)


def test_revoking_asks_for_a_reason_and_shows_it(desk, activity):
    certificate = issued(activity=activity)
    page = reverse("cpd:certificate_revoke", args=[certificate.public_id])
    assert certificate.holder_name in text(desk.get(page))
    assert "This field is required" in text(desk.post(page, {"reason": ""}))
    assert "Reason: Sai ngày sinh" in text(desk.post(page, {"reason": "Sai ngày sinh"}, follow=True))
    assert Certificate.objects.get().is_revoked


# --- One's own


def test_a_member_sees_the_ring_the_ledger_and_takes_the_file(client, activity):
    certificate = issued(activity=activity)
    holder = certificate.entry.practitioner
    client.force_login(holder.user)
    page = text(client.get(reverse("cpd:hours")))
    assert "118 hours missing until" in page or "118" in page
    assert certificate.serial in page
    answer = client.get(reverse("cpd:certificate_file", args=[certificate.public_id]))
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "filename*=utf-8''Gi%E1%BA%A5y%20ch%E1%BB%A9ng" in answer.headers["Content-Disposition"]
    assert answer.content == bytes(certificate.pdf)
    assert list(certificate.events.values_list("kind", flat=True)) == ["issued", "downloaded"]


def test_more_credit_costs_no_more_queries(client, activity, count_queries):
    holder = PractitionerFactory(verified=True)
    issued(activity=activity, practitioner=holder)
    client.force_login(holder.user)
    client.get(reverse("cpd:hours"))
    one = count_queries(reverse("cpd:hours"))
    for _ in range(4):
        issued(practitioner=holder)
    assert count_queries(reverse("cpd:hours")) == one


def test_a_revoked_certificate_is_not_handed_out_to_the_holder(client, activity, admin):
    certificate = issued(activity=activity)
    revoke_certificate(certificate, reason="Sai tên", by=admin)
    client.force_login(certificate.entry.practitioner.user)
    file = reverse("cpd:certificate_file", args=[certificate.public_id])
    assert client.get(file).status_code == 302
    assert "Reason: Sai tên" in text(client.get(certificate.get_absolute_url()))
    client.force_login(admin)
    assert client.get(file).status_code == 200


def test_a_changed_file_is_not_handed_out(client, activity, monkeypatch):
    certificate = issued(activity=activity)
    monkeypatch.setattr("cpd.views.sha256_bytes", lambda data: "0" * 64)
    client.force_login(certificate.entry.practitioner.user)
    assert client.get(reverse("cpd:certificate_file", args=[certificate.public_id])).status_code == 302


def test_without_a_profile_there_is_no_page_of_hours(client):
    client.force_login(UserFactory())
    assert client.get(reverse("cpd:hours")).status_code == 302


# --- The public check


@pytest.mark.parametrize(
    ("accepts", "path"), [("", "/vi/check/"), ("en-GB,en;q=0.9", "/en/check/"), ("fr", "/vi/check/")]
)
def test_the_code_leads_to_the_check_page_in_the_visitors_language(client, accepts, path):
    answer = client.get("/c/AbCdEfGhIjKlMnOpQrStUv", headers={"accept-language": accepts} if accepts else {})
    assert answer.headers["Location"] == f"{path}AbCdEfGhIjKlMnOpQrStUv/"
    assert "noindex" in answer.headers["X-Robots-Tag"]


def test_anyone_sees_valid_and_every_printed_field_but_no_address(client, activity):
    certificate = issued(activity=activity)
    answer = client.get(certificate.check_path)
    page, payload = text(answer), certificate.payload
    assert '<p class="verdict__word">Valid</p>' in page
    row = payload["activities"][0]
    fields = [
        payload["holder"]["name"],
        "06/05/1994",
        payload["holder"]["workplace"]["en"],
        payload["serial"],
        payload["issuing_body"]["en"],
        payload["governing_body"]["en"],
        row["title"],
        row["form"]["en"],
        row["responsible"],
        "01/10/2026 – 03/11/2026",
        payload["signatory"]["name"],
        payload["signatory"]["title"]["en"],
        payload["place"]["en"],
        payload["legal_basis"]["en"],
    ]
    assert [field for field in fields if field not in page] == []
    assert certificate.entry.practitioner.user.email not in page
    assert certificate.entry.practitioner.licence_number not in page
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert 'name="robots" content="noindex' in page
    assert "no-store" in answer.headers["Cache-Control"]


def test_a_revoked_one_says_so_with_reason_and_day(client, activity, admin):
    certificate = issued(activity=activity)
    revoke_certificate(certificate, reason="In sai tên", by=admin)
    page = text(client.get(certificate.check_path))
    assert "Revoked" in page
    assert "Reason: In sai tên" in page
    assert '<p class="verdict__word">Valid</p>' not in page
    assert certificate.holder_name in page


def test_an_unknown_code_says_so(client):
    answer = client.get(reverse("cpd:check", args=["AbCdEfGhIjKlMnOpQrStUv"]))
    assert answer.status_code == 404
    assert "Unknown" in text(answer)


def test_changed_data_are_not_to_be_trusted(client, activity, monkeypatch):
    certificate = issued(activity=activity)
    monkeypatch.setattr("cpd.models.sha256_hex", lambda value: "0" * 64)
    page = text(client.get(certificate.check_path))
    assert "Not to be trusted" in page
    assert '<p class="verdict__word">Valid</p>' not in page


def test_the_check_costs_one_query(client, activity, django_assert_num_queries):
    certificate = issued(activity=activity)
    client.get(certificate.check_path)
    with django_assert_num_queries(1):
        client.get(certificate.check_path)


def test_guessing_is_slowed_down(client):
    for _ in range(60):
        client.get(reverse("cpd:check", args=["x"]))
    answer = client.get(reverse("cpd:check", args=["x"]))
    assert answer.status_code == 429
    assert answer.headers["Retry-After"]


def test_a_paper_is_found_by_serial_and_name_together(client, activity):
    certificate = issued(
        activity=activity, practitioner=PractitionerFactory(verified=True, user__full_name="Đỗ Thị Ánh")
    )
    page = reverse("cpd:look_up")
    assert "No certificate has this serial and this name" in text(
        client.post(page, {"serial": certificate.serial, "name": "Đỗ Thị"})
    )
    answer = client.post(page, {"serial": certificate.serial.lower(), "name": "do thi anh"})
    assert answer.headers["Location"] == certificate.check_path


# --- What the hours rest on


@pytest.fixture
def watched_entry(activity):
    """Hours given for one recording, with the record that they were given for."""
    holder = PractitionerFactory(verified=True)
    record = WatchRecord.objects.create(user=holder.user, video=VideoFactory(duration_s=600.0), beats=1)
    line = journal_line("abcd", 1, 1_800_000_000.0, [(0.0, 20.0)])
    record.chain = chained(EMPTY_CHAIN, line)
    record.save()
    WatchSession.objects.create(record=record, key="abcd", started_at=record.first_at, journal=f"1 {line}\n")
    item = {"kind": "recording", "title": "Sốc dengue", "video": record.video.public_id, "coverage": 0.934}
    evidence = {"items": {"a": item | {"wall_s": 420.0, "chain": record.chain}, "b": {"kind": "reading"}}}
    return CreditEntryFactory(activity=activity, practitioner=holder, evidence=evidence)


def test_holder_and_body_see_how_a_credit_was_watched(client, admin, watched_entry):
    for person in (admin, watched_entry.practitioner.user):
        client.force_login(person)
        page = text(client.get(reverse("cpd:watching", args=[watched_entry.pk])))
        assert "Sốc dengue" in page
        assert "93 %" in page
        assert "7 minutes" in page
        assert "The reports are those that the hours were given for" in page
        answer = client.get(reverse("cpd:watching_file", args=[watched_entry.pk])).json()
        assert answer["schema"] == "lien-tuyen/credit-proof/1"
        (recording,) = answer["recordings"]
        assert recording["is_credited"]
        assert recording["watched"]["journal"] == ['["abcd",1,1800000000000,[[0.0,20.0]]]']
        assert chain_of(recording["watched"]["journal"]) == recording["credited"]["chain"]


def test_a_report_changed_after_the_credit_shows(desk, watched_entry):
    session = WatchSession.objects.get()
    session.journal = session.journal.replace("20.0", "600.0")
    session.save()
    page = text(desk.get(reverse("cpd:watching", args=[watched_entry.pk])))
    assert "The reports were changed after the hours were given" in page


def test_what_is_left_after_an_erasure_is_said(desk, watched_entry):
    WatchRecord.objects.all().delete()
    page = text(desk.get(reverse("cpd:watching", args=[watched_entry.pk])))
    assert "93 %" in page
    assert "only what the hours were given for is left" in page


def test_others_see_nothing_of_how_somebody_watched(client, watched_entry):
    for person in (PractitionerFactory(verified=True).user, CpdAdminFactory(bodies=[IssuingBodyFactory()])):
        client.force_login(person)
        for name in ("cpd:watching", "cpd:watching_file"):
            assert client.get(reverse(name, args=[watched_entry.pk])).status_code == 404


def test_a_certificate_leads_to_the_proof(desk, watched_entry, activity):
    certificate, plain = issued(watched_entry), issued(activity=activity)
    link = reverse("cpd:watching", args=[watched_entry.pk])
    assert link in text(desk.get(reverse("cpd:certificate", args=[certificate.public_id])))
    assert "watching/" not in text(desk.get(reverse("cpd:certificate", args=[plain.public_id])))
