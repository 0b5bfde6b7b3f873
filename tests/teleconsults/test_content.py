"""What a recording says: its people, summary, goals, files, and what belongs to it."""

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Collection
from wagtail.rich_text import RichText
from wagtail.test.utils.form_data import inline_formset

from foundation.accounts.reference import load_roles
from foundation.kernel.models import PortalDocument
from foundation.kernel.roles import Role
from teleconsults.actions import withdraw_recording
from teleconsults.models import Handout, Recording, RelatedPage, RelatedRecording
from teleconsults.plain_text import html_of, text_of
from teleconsults.reference import HANDOUTS, load_handouts
from teleconsults.rules import Person, people_in
from tests.factories.accounts import FacilityFactory, PractitionerFactory, SpecialtyFactory, UserFactory
from tests.factories.courses import make_course
from tests.factories.teleconsults import RecordingFactory
from tests.teleconsults.test_drafts import form_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def author():
    hub = FacilityFactory(hub=True)
    return PractitionerFactory(verified=True, facility=hub, user=UserFactory(roles=[Role.AUTHOR])).user


@pytest.fixture
def recording(author):
    return RecordingFactory(author=author, hub=author.practitioner_or_none.facility)


def details(recording, **changes):
    return {
        "title": recording.title,
        "held_on": "2026-03-05",
        "hub": recording.hub_id,
        "specialty": SpecialtyFactory().pk,
        "language": "vi",
    } | changes


def edit(client, recording, **changes):
    address = reverse("teleconsults:edit", args=[recording.public_id])
    return client.post(address, details(recording, **changes))


# --- people ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("line", "person"),
    [
        ("BSCKII. Trần Thị Mẫu – cardiologist", Person("BSCKII. Trần Thị Mẫu", "cardiologist")),
        ("BS. Lê Mẫu (điểm cầu Mẫu Sơn)", Person("BS. Lê Mẫu", "điểm cầu Mẫu Sơn")),
        ("BS. Lê-Mẫu, ThS", Person("BS. Lê-Mẫu, ThS")),
    ],
)
def test_a_line_names_a_person_and_a_role(line, person):
    assert people_in(f"\n  {line}  \n\n") == [person]


def test_presenters_are_rows_in_the_order_typed(client, author, recording):
    client.force_login(author)
    typed = "ThS. Ngô Mẫu – specialist\nBS. An Mẫu"
    assert edit(client, recording, presenters=typed).status_code == 302
    assert [(row.name, row.role) for row in recording.presenters.all()] == [
        ("ThS. Ngô Mẫu", "specialist"),
        ("BS. An Mẫu", ""),
    ]
    assert typed in client.get(reverse("teleconsults:edit", args=[recording.public_id])).content.decode()
    assert "ThS. Ngô Mẫu – specialist" in client.get(recording.get_absolute_url()).content.decode()


def test_a_name_that_is_no_name_is_refused(client, author, recording):
    client.force_login(author)
    assert "presenters" in edit(client, recording, presenters="x" * 130).context["form"].errors
    assert recording.presenter_line == "BSCKII. Trần Thị Mẫu"


# --- words ----------------------------------------------------------------------------------------------------------
def test_typed_paragraphs_survive_the_way_into_rich_text_and_back():
    typed = 'Sốt < 38 & "ổn"\nngày 5\n\nTruyền dịch'
    assert html_of(typed) == '<p>Sốt &lt; 38 &amp; "ổn"<br/>ngày 5</p><p>Truyền dịch</p>'
    assert text_of(html_of(typed)) == typed
    assert text_of('<p data-block-key="a1">Truyền dịch</p>') == "Truyền dịch"
    assert text_of("<p>Truyền <b>dịch</b></p>") is None


def test_summary_points_and_goals_stand_on_the_page(client, author, recording):
    client.force_login(author)
    words = {
        "summary": "Fluids.\n\nNo <b>platelets</b>.",
        "key_points": "• Watch the pulse\nStop in time",
        "goals": "Name 3 signs",
    }
    assert edit(client, recording, **words, language="en").status_code == 302
    page = client.get(recording.get_absolute_url()).content.decode()
    for shown in (
        "<p>Fluids.</p>",
        "No &lt;b&gt;platelets&lt;/b&gt;.",
        "Watch the pulse",
        "Stop in time",
        "Name 3 signs",
    ):
        assert shown in page
    form = client.get(reverse("teleconsults:edit", args=[recording.public_id])).context["form"]
    assert form["summary"].value() == words["summary"]
    assert form["key_points"].value() == "Watch the pulse\nStop in time"


def test_a_summary_with_boxes_is_left_to_the_editor(client, author, recording):
    callout = {"kind": "warning", "title": "", "text": RichText("<p>Never alone</p>")}
    recording.summary = [("text", RichText("<p>Fluids</p>")), ("callout", callout)]
    recording.save()
    client.force_login(author)
    address = reverse("teleconsults:edit", args=[recording.public_id])
    assert "summary" not in client.get(address).context["form"].fields
    assert edit(client, recording, summary="Lost?").status_code == 302
    recording.refresh_from_db()
    assert [block.block_type for block in recording.summary] == ["text", "callout"]


# --- what goes with it ----------------------------------------------------------------------------------------------
@pytest.fixture
def handout(recording, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    file = ContentFile(b"%PDF-1.7 table of fluids", name="fluids.pdf")
    document = PortalDocument.objects.create(title="Table of fluids", file=file)
    recording.handouts.add(Handout(document=document))
    recording.save()
    return document


def test_a_handout_opens_to_who_may_see_the_recording(client, author, recording, handout):
    reader, officer = PractitionerFactory(verified=True).user, UserFactory(is_superuser=True)

    def opens(person):
        client.force_login(person)
        return client.get(handout.url).status_code == 200

    assert [opens(person) for person in (author, reader, officer)] == [True, False, True]
    assert "Table of fluids" in client.get(recording.get_absolute_url()).content.decode()
    Recording.objects.update(consent="agreed", is_facility_approved=True, consent_version="1", consent_by=author)
    Recording.objects.update(consent_at=timezone.now(), live=True)
    assert [opens(person) for person in (author, reader)] == [True, True]
    withdraw_recording(recording, reason="A name in the table", by=author)
    assert [opens(person) for person in (author, reader)] == [False, False]
    client.logout()
    assert "login" in client.get(handout.url).url


def test_a_handout_is_hung_and_opened_by_who_brought_it(client, author, recording, handout):
    """Not by the author of another recording, who knows its number or finds it in the chooser."""
    load_roles()
    load_handouts()
    other = PractitionerFactory(verified=True, user=UserFactory(roles=[Role.AUTHOR])).user
    reviewer = PractitionerFactory(verified=True, user=UserFactory(roles=[Role.DEID_OFFICER])).user
    handout.uploaded_by_user, handout.collection = author, Collection.objects.get(name=HANDOUTS)
    handout.save()
    recording.handouts.set([])
    recording.save()

    def opens(person):
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        return client.get(handout.url).status_code == 200

    assert [opens(person) for person in (author, other, reviewer)] == [True, False, True]
    client.force_login(other, backend="django.contrib.auth.backends.ModelBackend")
    assert handout.title not in client.get(reverse("wagtaildocs_chooser:choose")).content.decode()
    draft = RecordingFactory(author=other)
    edit = reverse("wagtailsnippets_teleconsults_recording:edit", args=[draft.pk])
    rows = inline_formset([{"document": handout.pk}])
    assert client.post(edit, form_of(draft, handouts=rows)).status_code == 200
    assert not draft.handouts.exists()
    handout.uploaded_by_user = other
    handout.save()
    assert client.post(edit, form_of(draft, handouts=rows)).status_code == 302
    assert opens(other)
    # One of those that carry it is withdrawn: whoever else shows it.
    recording.handouts.add(Handout(document=handout))
    recording.save()
    withdraw_recording(recording, reason="A name in the table", by=author)
    assert not opens(other)


def test_what_goes_with_it_is_shown_as_far_as_one_may_see_it(client, author, recording):
    course, hidden = make_course(), make_course()
    hidden.unpublish()
    shown, draft = RecordingFactory(published=True, title="Shock"), RecordingFactory(title="Still secret")
    recording.related_recordings = [
        RelatedRecording(other=other, sort_order=n) for n, other in enumerate([draft, shown])
    ]
    recording.related_pages = [RelatedPage(page=page, sort_order=n) for n, page in enumerate([hidden, course])]
    recording.save()
    client.force_login(author)
    page = client.get(recording.get_absolute_url())
    assert [other.title for other in page.context["related"]] == ["Shock"]
    assert [page.pk for page in recording.pages_shown()] == [course.pk]
    assert f'href="{course.address}"' in page.content.decode()
    assert "Still secret" not in page.content.decode()
