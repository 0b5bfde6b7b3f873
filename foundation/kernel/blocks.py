"""StreamField blocks that every room's pages may use; their templates lie in templates/components/blocks/."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.contrib.typed_table_block.blocks import TypedTableBlock
from wagtail.images.blocks import ImageChooserBlock

# What a text may hold. No headings: they are blocks, so that the outline of a page stays in order.
TEXT_FEATURES = ["bold", "italic", "ol", "ul", "link", "document-link", "superscript", "subscript"]
SHORT_TEXT_FEATURES = ["bold", "italic", "superscript", "subscript"]


class HeadingBlock(blocks.CharBlock):
    """A heading of the second level; the page's title is the first."""

    class Meta:
        icon = "title"
        label = _("Heading")
        template = "components/blocks/heading.html"


class CalloutBlock(blocks.StructBlock):
    """A boxed remark that must not be missed."""

    kind = blocks.ChoiceBlock(
        label=_("Kind"),
        choices=[("key", _("Key point")), ("warning", _("Warning")), ("tip", _("Practical tip"))],
        default="key",
        help_text=_("The word is printed at the top of the box."),
    )
    title = blocks.CharBlock(label=_("Title"), required=False, max_length=120)
    text = blocks.RichTextBlock(label=_("Text"), features=TEXT_FEATURES)

    class Meta:
        icon = "warning"
        label = _("Box")
        template = "components/blocks/callout.html"


class StepsBlock(blocks.StructBlock):
    """A list whose items may be long."""

    is_numbered = blocks.BooleanBlock(
        label=_("Numbered"), required=False, help_text=_("Tick for steps in order, leave empty for points.")
    )
    items = blocks.ListBlock(
        blocks.RichTextBlock(label=_("Item"), features=[*SHORT_TEXT_FEATURES, "link"]), label=_("Items"), min_num=1
    )

    class Meta:
        icon = "list-ul"
        label = _("List or steps")
        template = "components/blocks/steps.html"


class TableBlock(blocks.StructBlock):
    """A small table with a caption, readable on a phone."""

    caption = blocks.CharBlock(
        label=_("Caption"), help_text=_("What the table shows. Also read aloud to people who cannot see it.")
    )
    table = TypedTableBlock(
        [
            ("text", blocks.CharBlock(label=_("Text"), required=False)),
            ("rich_text", blocks.RichTextBlock(label=_("Formatted text"), required=False, features=TEXT_FEATURES)),
        ],
        label=_("Table"),
        help_text=_("Up to four columns. On a phone each row becomes a card."),
    )
    source = blocks.CharBlock(label=_("Source"), required=False)

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        """Adds `rows`, each a list of pairs of heading and cell, for the cards of a phone."""
        context: dict[str, Any] = super().get_context(value, parent_context=parent_context)
        headings = [column["heading"] for column in value["table"].columns]
        return context | {
            "headings": headings,
            "rows": [list(zip(headings, row, strict=True)) for row in value["table"].rows],
        }

    class Meta:
        icon = "table"
        label = _("Table")
        template = "components/blocks/table.html"


class FigureBlock(blocks.StructBlock):
    """A picture with the words for those who cannot see it."""

    image = ImageChooserBlock(
        label=_("Image"),
        help_text=_("No name, face, date of birth or record number of a patient may be readable in it."),
    )
    alt = blocks.CharBlock(
        label=_("Description in words"),
        max_length=300,
        help_text=_("What one sees, in a sentence: read aloud, and shown when the picture does not load."),
    )
    caption = blocks.CharBlock(label=_("Caption"), required=False)
    source = blocks.CharBlock(label=_("Source and licence"), required=False)

    class Meta:
        icon = "image"
        label = _("Picture")
        template = "components/blocks/figure.html"


class QuoteBlock(blocks.StructBlock):
    """Words of somebody else, with where they stand."""

    text = blocks.TextBlock(label=_("Words"))
    source = blocks.CharBlock(label=_("Source"), help_text=_("Author or body, title, year."))
    url = blocks.URLBlock(label=_("Link to the source"), required=False)

    class Meta:
        icon = "openquote"
        label = _("Quote")
        template = "components/blocks/quote.html"


class TextBlock(blocks.RichTextBlock):
    """Paragraphs and simple lists."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**({"features": TEXT_FEATURES} | kwargs))

    class Meta:
        icon = "pilcrow"
        label = _("Text")
        template = "components/blocks/text.html"


class BodyBlock(blocks.StreamBlock):
    """All of them: what a text page is made of."""

    heading = HeadingBlock()
    text = TextBlock()
    callout = CalloutBlock()
    steps = StepsBlock()
    table = TableBlock()
    figure = FigureBlock()
    quote = QuoteBlock()
