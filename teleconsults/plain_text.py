"""Paragraphs as somebody types them without an editor, and as the editor's rich text keeps them."""

import re
from html import escape, unescape

_KEY = re.compile(r' data-block-key="[^"]*"')
_TAG = re.compile(r"<[^>]+>")


def html_of(text: str) -> str:
    """Paragraphs parted by empty lines; a single new line stays one."""
    paragraphs = re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip())
    return "".join(f"<p>{escape(one.strip(), quote=False).replace('\n', '<br/>')}</p>" for one in paragraphs if one)


def text_of(html: str) -> str | None:
    """What was typed; None where there is more than plain paragraphs, which a plain field would lose."""
    html = _KEY.sub("", html)
    text = unescape(_TAG.sub("", html.replace("<br/>", "\n").replace("</p>", "\n\n"))).strip()
    return text if html_of(text) == html else None
