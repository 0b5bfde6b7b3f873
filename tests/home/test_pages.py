"""The front page, the editors' pages and the frame around every page."""

import pytest
from django.urls import reverse
from wagtail.models import Page, Site

from portal.home.models import HomePage, InfoPage

pytestmark = pytest.mark.django_db


@pytest.fixture
def front() -> HomePage:
    return HomePage.objects.get()


@pytest.fixture
def about(front: HomePage) -> InfoPage:
    return front.add_child(
        instance=InfoPage(
            title="Giới thiệu",
            title_en="About",
            slug="about",
            body="<p>Mạng lưới học tập.</p>",
            body_en="<p>A learning network.</p>",
            is_in_footer=True,
        )
    )


def test_a_new_portal_has_a_front_page_at_its_root(client):
    assert Site.objects.get().root_page.specific == HomePage.objects.get()
    assert Page.objects.filter(depth=2).count() == 1
    assert client.get("/").status_code == 302
    assert "the whole network learns" in client.get("/en/").content.decode()


def test_an_information_page_speaks_both_languages(client, about):
    assert "A learning network." in client.get("/en/about/").content.decode()
    assert "Mạng lưới học tập." in client.get("/vi/about/").content.decode()


def test_an_empty_english_text_falls_back_to_vietnamese(client, about):
    about.body_en = ""
    about.save_revision().publish()
    assert "Mạng lưới học tập." in client.get("/en/about/").content.decode()


def test_the_footer_links_the_pages_an_editor_chose(client, about):
    page = client.get("/en/").content.decode()
    assert 'href="/en/about/"' in page
    assert 'href="/en/check/"' in page


def test_the_language_switch_keeps_the_place_and_its_filters(client, about):
    assert 'href="/vi/about/?q=1"' in client.get("/en/about/?q=1").content.decode()


def test_strangers_are_asked_to_sign_in_before_the_dashboard(client):
    response = client.get(reverse("home:dashboard"))
    assert response.status_code == 302
    assert reverse("account_login") in response.url


def test_the_public_policy_forbids_inline_code_and_the_admin_has_its_own(client, admin_client):
    public = client.get("/en/").headers["Content-Security-Policy"]
    assert "unsafe-inline" not in public
    assert "default-src 'none'" in public
    assert "unsafe-inline" in admin_client.get("/admin/").headers["Content-Security-Policy"]


def test_the_health_address_answers_without_a_session(client):
    response = client.get(reverse("health"))
    assert response.content == b"ok"
    assert not response.cookies
