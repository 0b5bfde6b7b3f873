"""The bar that a person watches, and who may watch it."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import NoReverseMatch, reverse
from django.utils.translation import override

from foundation.accounts.reference import load_roles
from foundation.jobs.models import Job
from foundation.jobs.registry import job
from foundation.kernel.roles import Role
from tests.factories.accounts import UserFactory
from tests.factories.jobs import JobFactory

pytestmark = pytest.mark.django_db


@job("tests.shared", label="Issuing certificates", seen_with="jobs.add_job", can_cancel=True)
def shared(handle):
    return None


@job("tests.guarded", may_act=lambda job, user: False)
def guarded(handle):
    return None


@pytest.fixture
def owner():
    return UserFactory()


def address(of, name="progress"):
    return reverse(f"jobs:{name}", args=[of.pk])


def poll(client, of, query=""):
    return client.get(address(of) + query, headers={"HX-Request": "true"})


def with_permission(codename):
    user = UserFactory()
    user.user_permissions.add(Permission.objects.get(codename=codename, content_type__app_label="jobs"))
    return user


def test_the_owner_and_those_who_look_after_the_work_see_it_nobody_else(client, owner):
    mine, shared_job = JobFactory(owner=owner), JobFactory(kind="tests.shared", owner=UserFactory())
    for user, sees in [
        (owner, {mine}),
        (UserFactory(), set()),
        (with_permission("add_job"), {shared_job}),
        (with_permission("view_job"), {mine, shared_job}),
    ]:
        client.force_login(user)
        for row in (mine, shared_job):
            expected = 200 if row in sees else 404
            assert client.get(address(row)).status_code == expected
            assert poll(client, row).status_code == expected


def test_a_stranger_is_asked_to_sign_in_by_the_page_not_inside_the_bar(client):
    waiting = JobFactory()
    assert client.get(address(waiting)).status_code == 302
    answer = poll(client, waiting)
    assert (answer.status_code, answer["HX-Refresh"]) == (200, "true")


def test_the_bar_shows_share_message_and_what_is_left_and_asks_again(client, owner):
    client.force_login(owner)
    running = JobFactory(owner=owner, running=True, message="Encoding 480p")
    html = poll(client, running, "?then=refresh").content.decode()
    assert "<html" not in html
    assert 'value="25"' in html
    assert "Encoding 480p" in html
    assert "about 4 minutes left" in html
    assert f'hx-get="{address(running)}?then=refresh"' in html
    assert 'hx-trigger="every 2s"' in html


def test_a_waiting_job_says_how_many_are_before_it(client, owner):
    client.force_login(owner)
    JobFactory.create_batch(2)
    assert "2 pieces of work are before this one" in poll(client, JobFactory(owner=owner)).content.decode()


def test_the_bar_stops_asking_when_the_work_is_over(client, owner):
    client.force_login(owner)
    answer = poll(client, JobFactory(owner=owner, done=True))
    assert "hx-get" not in answer.content.decode()
    assert "HX-Refresh" not in answer
    assert poll(client, JobFactory(owner=owner, done=True), "?then=refresh")["HX-Refresh"] == "true"


def test_without_script_the_page_loads_itself_anew_until_the_work_is_over(client, owner):
    client.force_login(owner)
    refresh = '<noscript><meta http-equiv="refresh"'
    assert refresh in client.get(address(JobFactory(owner=owner))).content.decode()
    assert refresh not in client.get(address(JobFactory(owner=owner, done=True))).content.decode()


def test_a_failure_is_told_in_words_and_offers_another_try_only_where_it_helps(client, owner):
    client.force_login(owner)
    crashed, refused = JobFactory(owner=owner, crashed=True), JobFactory(owner=owner, refused=True)
    assert "Try again" in poll(client, crashed).content.decode()
    html = poll(client, refused).content.decode()
    assert "This file is not a video." in html
    assert "Try again" not in html


def test_trying_again_goes_back_to_the_page_that_asked(client, owner):
    client.force_login(owner)
    crashed = JobFactory(owner=owner, crashed=True)
    assert client.post(address(crashed, "retry"), {"next": "/en/inbox/"}).url == "/en/inbox/"
    assert Job.objects.get(pk=crashed.pk).state == Job.State.QUEUED
    again = client.post(address(crashed, "retry"), {"next": "https://elsewhere.example/"}, follow=True)
    assert again.redirect_chain[0][0] == address(crashed)
    assert "cannot be tried again" in again.content.decode()


def test_others_neither_retry_nor_stop_and_a_link_alone_does_nothing(client, owner):
    crashed = JobFactory(owner=owner, crashed=True)
    client.force_login(UserFactory())
    assert client.post(address(crashed, "retry")).status_code == 404
    assert client.post(address(crashed, "cancel")).status_code == 404
    client.force_login(owner)
    assert client.get(address(crashed, "retry")).status_code == 405


def test_who_may_only_see_a_job_neither_stops_it_nor_tries_it_again(client, owner):
    waiting, crashed = (JobFactory(kind="tests.shared", owner=owner, **traits) for traits in ({}, {"crashed": True}))
    for onlooker in (with_permission("view_job"), with_permission("add_job")):
        client.force_login(onlooker)
        assert "Stop this work" not in client.get(address(waiting)).content.decode()
        assert "Try again" not in client.get(address(crashed)).content.decode()
        assert "Try again" not in poll(client, crashed).content.decode()
        assert client.post(address(waiting, "cancel")).status_code == 403
        assert client.post(address(crashed, "retry")).status_code == 403
    client.force_login(UserFactory(is_superuser=True))
    assert client.post(address(waiting, "cancel")).status_code == 302
    assert client.post(address(crashed, "retry")).status_code == 302


def test_the_desk_offers_buttons_only_to_those_who_may_act(client):
    crashed = JobFactory(crashed=True, owner=UserFactory())
    editor = with_permission("view_job")
    editor.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(editor)
    page = client.get(reverse("jobs_desk:inspect", args=[crashed.pk]))
    assert page.status_code == 200
    assert address(crashed, "retry") not in page.content.decode()


def test_reviewers_see_every_job_with_its_log_and_try_it_again(client):
    load_roles()
    owner, reviewer = UserFactory(), UserFactory(roles=[Role.SPECIALTY_REVIEWER])
    crashed = JobFactory(crashed=True, log_tail="ffmpeg: no space left", owner=owner)
    running = JobFactory(owner=owner, state=Job.State.RUNNING, progress=0.4, message="Making the qualities")
    of_a_body = JobFactory(kind="tests.guarded", crashed=True, owner=owner)
    client.force_login(reviewer)
    listed = client.get(reverse("jobs_desk:index")).content.decode()
    assert 'value="40"' in listed
    assert str(Job.Trouble.CRASHED.label) in listed
    detail = client.get(reverse("jobs_desk:inspect", args=[crashed.pk])).content.decode()
    assert "ffmpeg: no space left" in detail
    assert address(crashed, "retry") in detail
    assert 'http-equiv="refresh"' in client.get(reverse("jobs_desk:inspect", args=[running.pk])).content.decode()
    assert client.post(address(crashed, "retry")).status_code == 302
    crashed.refresh_from_db()
    assert crashed.state == Job.State.QUEUED
    assert client.post(address(of_a_body, "retry")).status_code == 403


def test_stopping_a_waiting_job(client, owner):
    client.force_login(owner)
    waiting = JobFactory(kind="tests.shared", owner=owner)
    assert "Stop this work" in client.get(address(waiting)).content.decode()
    client.post(address(waiting, "cancel"))
    assert Job.objects.get(pk=waiting.pk).state == Job.State.CANCELLED


def test_the_desk_lists_jobs_and_shows_the_tail_of_the_log(client):
    crashed = JobFactory(crashed=True, log_tail="ValueError: page 3 is upside down", owner=UserFactory())
    client.force_login(UserFactory(is_superuser=True, is_staff=True))
    assert crashed.kind in client.get(reverse("jobs_desk:index")).content.decode()
    detail = client.get(reverse("jobs_desk:inspect", args=[crashed.pk])).content.decode()
    assert "page 3 is upside down" in detail
    assert address(crashed, "retry") in detail


def test_more_jobs_cost_the_desk_no_more_queries(client, count_queries):
    client.force_login(UserFactory(is_superuser=True, is_staff=True))
    JobFactory(owner=UserFactory())
    count_queries(reverse("jobs_desk:index"))
    one = count_queries(reverse("jobs_desk:index"))
    for _number in range(9):
        JobFactory(owner=UserFactory())
    assert count_queries(reverse("jobs_desk:index")) == one


def test_the_desk_is_for_those_who_look_after_the_work_and_only_shows(client):
    client.force_login(UserFactory(is_superuser=True, is_staff=True))
    html = client.get(reverse("jobs_desk:index")).content.decode()
    assert "/new/" not in html
    for name in ("add", "edit", "delete"):
        with pytest.raises(NoReverseMatch):
            reverse(f"jobs_desk:{name}")
    client.force_login(UserFactory(is_staff=True))
    assert client.get(reverse("jobs_desk:index")).status_code == 302


def test_what_happens_is_said_in_the_readers_language(client, owner):
    at_work = JobFactory(owner=owner, state=Job.State.RUNNING, message="Making the qualities")
    client.force_login(owner)
    for language, sentence in (("vi", "Đang tạo các mức chất lượng"), ("en", "Making the qualities")):
        with override(language):
            assert sentence in poll(client, at_work).content.decode()
