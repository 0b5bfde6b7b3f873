"""The front page's words and the information pages."""

from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from portal.demo.content import read
from portal.home.models import HomePage, InfoPage


def load_pages() -> None:
    """Words for the front page, and each information page once."""
    notice = read("pages")["demo_notice"]
    for text in read("pages")["pages"]:
        if text["slug"] == "home":
            _load_front_page(text, notice)
        else:
            _load_information_page(text)


def _load_front_page(text: dict[str, Any], notice: dict[str, str]) -> None:
    HomePage.objects.update(
        headline=text["title_vi"],
        headline_en=text["title_en"],
        lead=text["intro_vi"],
        lead_en=text["intro_en"],
        notice=notice["vi"],
        notice_en=notice["en"],
    )


def _load_information_page(text: dict[str, Any]) -> None:
    front = HomePage.objects.get()
    if front.get_children().filter(slug=text["slug"]).exists():
        return
    page = InfoPage(
        slug=text["slug"],
        title=text["title_vi"],
        title_en=text["title_en"],
        lead=text["intro_vi"],
        lead_en=text["intro_en"],
        body=as_html(text["body_vi"]),
        body_en=as_html(text["body_en"]),
        is_in_footer=True,
    )
    front.add_child(instance=page)


def as_html(blocks: list[dict[str, Any]]) -> str:
    """The blocks of a TOML body as the rich text that Wagtail keeps."""
    return "".join(_block_as_html(block) for block in blocks)


def _block_as_html(block: dict[str, Any]) -> SafeString:
    match block["type"]:
        case "heading":
            return format_html("<h2>{}</h2>", block["text"])
        case "list":
            items = format_html_join("", "<li>{}</li>", ((item,) for item in block["items"]))
            return format_html("<ol>{}</ol>", items) if block["ordered"] else format_html("<ul>{}</ul>", items)
        case "callout":
            return format_html("<p><b>{}</b> {}</p>", f"{block['title']}:", block["text"])
        case _:
            return format_html("<p>{}</p>", block["text"])
