"""Telling one person something: in the inbox, by e-mail, in their language."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core import mail
from django.test import Client, RequestFactory
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from foundation.accounts.actions import refuse_practitioner, verify_practitioner
from foundation.jobs.models import Job
from foundation.jobs.runner import run_job
from foundation.kernel.erasure import erasers, exporters
from foundation.notifications.actions import tell
from foundation.notifications.erasure import erase, export
from foundation.notifications.inbox import unread_count
from foundation.notifications.jobs import forget_old_notifications
from foundation.notifications.models import Notification, Preference
from tests.factories.accounts import CoordinatorFactory, PractitionerFactory, UserFactory
from tests.factories.notifications import NotificationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    return UserFactory()


@pytest.fixture
def signed_in(client, person):
    client.force_login(person)
    return client


@pytest.fixture
def told(settings, django_capture_on_commit_callbacks):
    """`tell`, with its e-mail sent at once."""
    settings.JOBS_EAGER = True

    def tell_now(user, **message):
        with django_capture_on_commit_callbacks(execute=True):
            return tell(user, kind="tests.told", **message)

    return tell_now


def page(client, query=""):
    return client.get(reverse("notifications:inbox") + query).content.decode()


def test_a_person_is_told_in_their_own_language_by_inbox_and_mail(told):
    reader = UserFactory(language="vi", full_name="Nguyễn Văn An")
    line = told(reader, text=_("Vietnamese"), url=reverse_lazy("notifications:inbox"))
    assert line.url == "/vi/inbox/"
    [message] = mail.outbox
    assert message.to == [reader.email]
    assert f"http://localhost:8000/vi/inbox/{line.pk}/" in message.body
    assert "Nguyễn Văn An" in message.body
    html = message.alternatives[0][0]
    assert f"/vi/inbox/{line.pk}/" in html
    assert 'lang="vi"' in html


def test_an_address_made_in_the_actors_language_leads_to_the_readers(told):
    assert told(UserFactory(language="vi"), text="x", url="/en/inbox/").url == "/vi/inbox/"


def test_marks_in_the_text_arrive_as_they_were_written(told, person):
    told(person, text="Khoá học <Sốt> & 'Dengue'")
    [message] = mail.outbox
    assert message.subject == "Khoá học <Sốt> & 'Dengue'"
    assert "Khoá học <Sốt> & 'Dengue'" in message.body
    assert "&lt;Sốt&gt;" in message.alternatives[0][0]


def test_a_line_break_cannot_smuggle_a_header(told, person):
    told(person, text="One\nBcc: all@example.org")
    assert "\n" not in mail.outbox[0].subject


@pytest.mark.parametrize("url", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)", "inbox"])
def test_a_notification_leads_nowhere_else(person, url):
    with pytest.raises(ValueError, match="path of this portal"):
        tell(person, kind="tests.told", text="x", url=url)


def test_a_mail_is_sent_once_however_often_its_job_runs(told, person):
    told(person, text="x")
    job = Job.objects.get()
    Job.objects.update(state=Job.State.QUEUED)
    run_job(job.pk)
    assert len(mail.outbox) == 1
    assert Notification.objects.get().mailed_at is not None


def test_no_mail_where_nobody_wants_one(told, person):
    told(person, text="x", email=False)
    Preference.objects.create(user=person, by_email=False)
    told(person, text="y")
    gone = UserFactory(is_active=False)
    told(gone, text="z")
    assert mail.outbox == []
    assert Notification.objects.count() == 3


def test_a_mail_server_that_is_away_is_tried_again(settings, person, monkeypatch, django_capture_on_commit_callbacks):
    def away(*args, **options):
        raise OSError("no mail server")

    monkeypatch.setattr("foundation.notifications.jobs.send_mail_to", away)
    settings.JOBS_EAGER = True
    with pytest.raises(OSError, match="no mail server"), django_capture_on_commit_callbacks(execute=True):
        tell(person, kind="tests.told", text="x")
    assert Job.objects.get().state == Job.State.QUEUED
    assert Notification.objects.get().mailed_at is None


def test_the_inbox_shows_ones_own_newest_first_with_what_is_new(signed_in, person):
    NotificationFactory(user=person, text="Older", read=True, created_at=timezone.now() - timedelta(days=1))
    NotificationFactory(user=person, text="Newest")
    NotificationFactory(text="Somebody else's")
    html = page(signed_in)
    assert html.index("Newest") < html.index("Older")
    assert "Somebody else" not in html
    assert html.count(">New<") == 1
    assert "1 unread" in html


def test_opening_marks_as_read_and_goes_on(signed_in, person):
    line = NotificationFactory(user=person, url="/en/inbox/?page=2")
    assert signed_in.get(line.get_absolute_url()).url == "/en/inbox/?page=2"
    first = Notification.objects.get().read_at
    signed_in.get(line.get_absolute_url())
    assert Notification.objects.get().read_at == first is not None


def test_an_address_that_is_none_of_ours_is_not_followed(signed_in, person):
    for url in ("https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", ""):
        line = NotificationFactory(user=person, url=url)
        assert signed_in.get(line.get_absolute_url()).url == reverse("notifications:inbox")


def test_nobody_opens_what_another_was_told(signed_in):
    line = NotificationFactory()
    assert signed_in.get(line.get_absolute_url()).status_code == 404
    assert Client().get(line.get_absolute_url()).status_code == 302
    assert Notification.objects.get().read_at is None


def test_all_are_marked_read_only_ones_own(signed_in, person):
    NotificationFactory.create_batch(2, user=person)
    NotificationFactory()
    assert "Mark all as read" in page(signed_in)
    signed_in.post(reverse("notifications:read_all"))
    assert Notification.objects.unread().count() == 1
    assert "Mark all as read" not in page(signed_in)


def test_an_empty_inbox_says_what_will_come(signed_in):
    assert "Nothing here yet" in page(signed_in)


def test_mails_are_turned_off_and_on(signed_in, person):
    signed_in.post(reverse("notifications:mail_choice"), {"by_email": "off"})
    assert "Turn e-mails on" in page(signed_in)
    signed_in.post(reverse("notifications:mail_choice"), {"by_email": "on"})
    assert Preference.objects.of(person).by_email


def test_older_messages_stand_on_the_next_page_and_cost_no_more_queries(signed_in, person, count_queries):
    NotificationFactory(user=person)
    page(signed_in)
    one = count_queries(reverse("notifications:inbox"))
    NotificationFactory.create_batch(29, user=person)
    assert count_queries(reverse("notifications:inbox")) == one
    assert "Older" in page(signed_in)


def test_strangers_pay_no_query_for_the_counter(client, django_assert_num_queries):
    request = RequestFactory().get("/")
    with django_assert_num_queries(0):
        assert unread_count(request) == 0
        request.user = AnonymousUser()
        assert unread_count(request) == 0


def test_a_person_takes_their_messages_along_or_has_them_erased(person):
    NotificationFactory(user=person, text="Your profile is confirmed.")
    other = NotificationFactory()
    assert export in list(exporters)
    assert export(person)[1]["messages"][0]["text"] == "Your profile is confirmed."
    assert erase in list(erasers)
    erase(person)
    assert list(Notification.objects.all()) == [other]


def test_what_was_read_a_year_ago_is_forgotten_and_nothing_unread():
    long_ago = timezone.now() - timedelta(days=366)
    NotificationFactory(read_at=long_ago)
    kept = [NotificationFactory(created_at=long_ago), NotificationFactory(created_at=long_ago, read=True)]
    assert forget_old_notifications() == 1
    assert set(Notification.objects.all()) == set(kept)


def test_the_coordinators_answer_lands_in_the_inbox_and_its_letter_is_sent_once(
    client, settings, django_capture_on_commit_callbacks
):
    settings.JOBS_EAGER = True
    confirmed, returned = PractitionerFactory.create_batch(2, pending=True, user__language="en")
    coordinator = CoordinatorFactory(facilities=[confirmed.facility, returned.facility])
    with django_capture_on_commit_callbacks(execute=True):
        verify_practitioner(confirmed, by=coordinator)
        refuse_practitioner(returned, reason="The licence is of somebody else.", by=coordinator)
    for practitioner, sentence in (
        (confirmed, "Your profile is confirmed"),
        (returned, "Your profile came back"),
    ):
        client.force_login(practitioner.user)
        assert sentence in page(client)
        assert [message.to for message in mail.outbox].count([practitioner.user.email]) == 1
