"""Documents hang on lessons: for members, unless an editor put them into the collection "Public"."""

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from wagtail.models import Collection

from foundation.kernel.models import PortalDocument
from foundation.kernel.roles import Role
from tests.factories.accounts import PractitionerFactory, UserFactory

pytestmark = pytest.mark.django_db


def served_to(user, document) -> int:
    client = Client()
    if user:
        client.force_login(user)
    return client.get(document.url).status_code


@pytest.fixture
def document() -> PortalDocument:
    return PortalDocument.objects.create(title="Protocol", file=ContentFile(b"text", name="protocol.txt"))


def test_a_stranger_signs_in_first_and_an_unverified_person_is_refused(document):
    assert served_to(None, document) == 302
    assert served_to(PractitionerFactory(pending=True).user, document) == 403
    assert served_to(PractitionerFactory(verified=True).user, document) == 200


def test_what_an_editor_made_public_is_for_everyone(document):
    document.collection = Collection.get_first_root_node().add_child(name="Public")
    document.save()
    assert served_to(None, document) == 200


def test_an_editor_sees_what_was_uploaded(document):
    from django.contrib.auth.models import Permission

    editor = UserFactory(roles=[Role.EDITOR])
    editor.user_permissions.add(Permission.objects.get(codename="access_admin"))
    assert served_to(editor, document) == 200
