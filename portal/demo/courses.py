"""Courses as an editor would have composed them in Wagtail."""

import json
import uuid
from typing import Any

from django.core.files.images import ImageFile
from django.db import transaction
from django.utils.html import format_html
from django.utils.safestring import SafeString
from wagtail.models import Page

from courses.actions import settle_hours
from courses.models import CatalogueIndexPage, CoursePage, LessonPage, QuizPage
from cpd.models import IssuingBody
from foundation.accounts.models import Specialty, User
from foundation.kernel.models import PortalImage
from portal.demo.content import MEDIA, NAMESPACE, courses
from portal.demo.people import at_noon
from teleconsults.models import Recording


def load_courses(users: dict[str, User], recordings: dict[str, Recording]) -> dict[str, CoursePage]:
    """All courses by slug, published on their day; those that exist are left alone."""
    catalogue = _catalogue()
    return {text["slug"]: _load_course(catalogue, text, users, recordings) for text in courses()}


def _catalogue() -> CatalogueIndexPage:
    """The catalogue page, which the reference data brought."""
    catalogue: CatalogueIndexPage = CatalogueIndexPage.objects.get()
    return catalogue


@transaction.atomic
def _load_course(
    catalogue: CatalogueIndexPage, text: dict[str, Any], users: dict[str, User], recordings: dict[str, Recording]
) -> CoursePage:
    existing: CoursePage | None = CoursePage.objects.filter(slug=text["slug"]).first()
    if existing is not None:
        return existing
    published_at = at_noon(text["published_on"])
    course = CoursePage(
        uid=uuid.uuid5(NAMESPACE, text["slug"]),
        slug=text["slug"],
        title=text["title"],
        summary=text["summary"],
        cover=_image(text["cover"], f"{text['title']} (bìa)"),
        specialty=Specialty.objects.get(slug=text["specialty"]),
        level=text["level"],
        goals="\n".join(text["goals"]),
        minutes=text["minutes"],
        sources=_sources(text["sources"]),
        issuing_body=IssuingBody.objects.get(slug=text["hub"]),
        credit_hours=text["credit_hours"],
        hours_confirmed=True,
        owner=users["editor"],
    )
    catalogue.add_child(instance=course)
    for lesson in text["lessons"]:
        course.add_child(instance=_lesson(text["slug"], lesson, recordings))
    course.add_child(instance=_quiz(text["slug"], text["quiz"], {source["key"]: source for source in text["sources"]}))
    Page.objects.filter(path__startswith=course.path).update(
        first_published_at=published_at, last_published_at=published_at
    )
    settle_hours(course, by=_issuer_of(course))
    course.refresh_from_db()
    return course


def _issuer_of(course: CoursePage) -> User:
    """Somebody who may confirm the hours."""
    assert course.issuing_body is not None  # every demo course has one
    issuer = course.issuing_body.admins.order_by("pk").first()
    assert issuer is not None  # every demo body has an administrator, see people.toml
    return issuer


def _lesson(course_slug: str, text: dict[str, Any], recordings: dict[str, Recording]) -> LessonPage:
    return LessonPage(
        uid=uuid.uuid5(NAMESPACE, f"{course_slug}/{text['slug']}"),
        slug=text["slug"],
        title=text["title"],
        minutes=text["minutes"],
        kind=text["kind"],
        recording=recordings[text["recording"]] if text["kind"] == "recording" else None,
        body=json.dumps(
            [
                _raw(f"{course_slug}/{text['slug']}/{number}", *_block(block))
                for number, block in enumerate(text["blocks"])
            ]
        ),
    )


def _raw(name: str, block_type: str, value: Any) -> dict[str, Any]:
    """A block as a StreamField keeps it, with an id that follows from its place."""
    return {"type": block_type, "value": value, "id": str(uuid.uuid5(NAMESPACE, name))}


def _block(block: dict[str, Any]) -> tuple[str, Any]:
    """Type and value of one TOML block, for foundation.kernel.blocks.BodyBlock."""
    match block["type"]:
        case "heading":
            return "heading", block["text"]
        case "list":
            items = [_raw(item, "item", _paragraph(item)) for item in block["items"]]
            return "steps", {"is_numbered": block["ordered"], "items": items}
        case "callout":
            title = format_html("<p><b>{}</b></p>", block["title"]) if block.get("title") else ""
            return "callout", {"kind": block["kind"], "text": f"{title}{_paragraph(block['text'])}"}
        case "table":
            return "table", {"caption": block["caption"], "table": _table(block), "source": block.get("source", "")}
        case "image":
            picture = _image(block["file"], block["caption"])
            return "figure", {"image": picture.pk, "alt": block["alt"], "caption": block["caption"], "source": ""}
        case _:
            return "text", _paragraph(block["text"])


def _paragraph(text: str) -> SafeString:
    return format_html("<p>{}</p>", text)


def _table(block: dict[str, Any]) -> dict[str, Any]:
    return {
        "columns": [{"type": "text", "heading": heading} for heading in block["headers"]],
        "rows": [{"values": row} for row in block["rows"]],
        "caption": "",
    }


def _quiz(course_slug: str, text: dict[str, Any], sources: dict[str, dict[str, Any]]) -> QuizPage:
    return QuizPage(
        uid=uuid.uuid5(NAMESPACE, f"{course_slug}/{text['slug']}"),
        slug=text["slug"],
        title=text["title"],
        intro=_paragraph(text["intro"]),
        pass_mark_percent=round(float(text["pass_mark"]) * 100),
        questions=json.dumps([_question(course_slug, question, sources) for question in text["questions"]]),
    )


def _question(course_slug: str, text: dict[str, Any], sources: dict[str, dict[str, Any]]) -> dict[str, Any]:
    source = sources[text["source"]]
    name = f"{course_slug}/quiz/{text['slug']}"
    options = [
        _raw(
            f"{name}/{number}",
            "item",
            {"text": option["text"], "is_correct": option["correct"], "feedback": option["feedback"]},
        )
        for number, option in enumerate(text["options"])
    ]
    value = {
        "stem": _paragraph(text["stem"]),
        "image": None,
        "image_alt": "",
        "options": options,
        "explanation": _paragraph(text["explanation"]),
        "source": f"{source['organisation']}, {source['year']}",
        "lesson": None,
    }
    return _raw(name, text["kind"], value)


def _sources(sources: list[dict[str, Any]]) -> str:
    items = (
        format_html("<li>{}. <i>{}</i>. {}.</li>", source["organisation"], source["title"], source["year"])
        for source in sources
    )
    return f"<ul>{''.join(items)}</ul>"


def _image(name: str, title: str) -> PortalImage:
    image: PortalImage | None = PortalImage.objects.filter(title=title[:255]).first()
    if image is None:
        with (MEDIA / name).open("rb") as file:
            image = PortalImage.objects.create(title=title[:255], file=ImageFile(file, name=name))
    return image
