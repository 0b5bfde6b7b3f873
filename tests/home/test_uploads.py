"""What a browser would run is refused as a picture, a document and a recording, whatever it calls itself."""

import io
import zipfile

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from foundation.accounts.reference import load_roles
from foundation.kernel.models import PortalDocument, PortalImage
from foundation.kernel.roles import Role
from foundation.video.models import Video
from tests.factories.accounts import FacilityFactory, PractitionerFactory, UserFactory

pytestmark = pytest.mark.django_db

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
XML_SVG = b'<?xml version="1.0"?>\n' + SVG
HTML = "\ufeff <!DOCTYPE html><title>Bài</title><script>alert(1)</script>".encode()
LATE_HTML = b"Protocol of the day\n" * 20 + b"<script>alert(1)</script>"

each_body = pytest.mark.parametrize("body", [SVG, XML_SVG, HTML, LATE_HTML], ids=["svg", "xml", "html", "late html"])


@pytest.fixture
def admin(client):
    load_roles()
    client.force_login(UserFactory(is_superuser=True, admin_language="en"))
    return client


def picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (8, 8)).save(made, "PNG")
    return made.getvalue()


def archive() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        packed.writestr("word/document.xml", "<w:document/>")
    return made.getvalue()


@each_body
@pytest.mark.parametrize(
    ("name", "says"),
    [("a.svg", "image/svg+xml"), ("a.html", "text/html"), ("a.png", "image/png"), ("a.webp", "image/webp")],
)
def test_no_picture(admin, body, name, says):
    sent = {"title": "A", "file": SimpleUploadedFile(name, body, says), "collection": 1}
    answer = admin.post(reverse("wagtailimages:add"), sent)
    assert answer.context["form"].errors["file"]
    several = {"title": "A", "files[]": SimpleUploadedFile(name, body, says), "collection": 1}
    assert not admin.post(reverse("wagtailimages:add_multiple"), several).json()["success"]
    assert not PortalImage.objects.exists()


@each_body
@pytest.mark.parametrize(
    ("name", "says"),
    [
        *(("a.svg", "image/svg+xml"), ("a.html", "text/html"), ("a.htm", "application/pdf"), ("a.xml", "text/xml")),
        *(("a.pdf", "application/pdf"), ("a.txt", "text/plain"), ("a.csv", "text/csv"), ("a.TXT", "text/plain")),
        ("a.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ],
)
def test_no_document(admin, body, name, says):
    sent = {"title": "A", "file": SimpleUploadedFile(name, body, says), "collection": 1}
    answer = admin.post(reverse("wagtaildocs:add"), sent)
    assert answer.context["form"].errors["file"]
    several = {"title": "A", "files[]": SimpleUploadedFile(name, body, says), "collection": 1}
    assert not admin.post(reverse("wagtaildocs:add_multiple"), several).json()["success"]
    assert not PortalDocument.objects.exists()


@each_body
@pytest.mark.parametrize(
    ("name", "says"), [("a.svg", "image/svg+xml"), ("a.html", "text/html"), ("a.mp4", "video/mp4")]
)
def test_no_recording(client, body, name, says):
    load_roles()
    author = PractitionerFactory(
        verified=True, facility=FacilityFactory(hub=True), user=UserFactory(roles=[Role.AUTHOR])
    ).user
    client.force_login(author)
    answer = client.post(reverse("teleconsults:upload"), {"title": "A", "file": SimpleUploadedFile(name, body, says)})
    assert answer.status_code == 422
    assert answer.context["form"].errors["file"]
    assert not Video.objects.exists()


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("a.pdf", b"%PDF-1.7\n"),
        ("a.docx", archive()),
        ("a.TXT", "Phác đồ: SpO2 < 94 %, mạch > 120".encode()),
        ("a.csv", "họ,tên\nLê,An\n".encode("utf-16")),
    ],
)
def test_an_honest_document_is_saved_by_the_browser_and_never_shown(admin, name, body):
    sent = {"title": "A", "file": SimpleUploadedFile(name, body), "collection": 1}
    assert admin.post(reverse("wagtaildocs:add"), sent).status_code == 302
    answer = admin.get(PortalDocument.objects.get().url)
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert not answer.headers["Content-Type"].startswith(("text/html", "image/svg", "text/xml", "application/xhtml"))


def test_even_a_page_that_came_in_another_way_is_only_saved(admin):
    document = PortalDocument.objects.create(title="Old", file=ContentFile(HTML, name="old.html"))
    answer = admin.get(document.url)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_an_honest_picture_is_taken(admin):
    sent = {"title": "A", "file": SimpleUploadedFile("a.png", picture(), "image/png"), "collection": 1}
    assert admin.post(reverse("wagtailimages:add"), sent).status_code == 302
