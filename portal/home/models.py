"""The pages that editors write besides courses."""

from typing import Any, ClassVar, Self

from django.db import models
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import CommentPanel, FieldPanel, MultiFieldPanel
from wagtail.fields import RichTextField
from wagtail.models import Page, PageManager
from wagtail.query import PageQuerySet

from courses.models import CoursePage

NEWEST_COURSES = 3
TEXT_FEATURES = ["h2", "h3", "bold", "italic", "ol", "ul", "link", "document-link"]


class BilingualPage(Page):
    """A page of the network itself, written in Vietnamese with its English beside it.

    An empty English field falls back to the Vietnamese one.
    """

    title_en = models.CharField(_("title in English"), max_length=255, blank=True)
    lead = models.TextField(_("opening lines"), max_length=600, blank=True)
    lead_en = models.TextField(_("opening lines in English"), max_length=600, blank=True)

    # Without a panel for scheduling: nothing publishes by the clock here.
    settings_panels: ClassVar[list[object]] = [CommentPanel()]

    class Meta:
        abstract = True

    def in_reading_language(self, field: str) -> str:
        """The text of `field` in the visitor's language."""
        english = getattr(self, f"{field}_en") if get_language() == "en" else ""
        return str(english or getattr(self, field))

    @property
    def shown_title(self) -> str:
        return self.in_reading_language("title")

    @property
    def shown_lead(self) -> str:
        return self.in_reading_language("lead")


class HomePage(BilingualPage):
    """The front page: what the network is, for somebody who has never heard of it."""

    template = "home/front.html"
    max_count = 1
    parent_page_types: ClassVar[list[str]] = ["wagtailcore.Page"]

    headline = models.CharField(_("headline"), max_length=120, blank=True)
    headline_en = models.CharField(_("headline in English"), max_length=120, blank=True)
    notice = models.CharField(_("notice"), max_length=400, blank=True, help_text=_("Stands below the opening lines."))
    notice_en = models.CharField(_("notice in English"), max_length=400, blank=True)

    content_panels: ClassVar[list[object]] = [
        *Page.content_panels,
        FieldPanel("title_en"),
        MultiFieldPanel(["headline", "headline_en"], heading=_("Headline")),
        MultiFieldPanel(["lead", "lead_en"], heading=_("Opening lines")),
        MultiFieldPanel(["notice", "notice_en"], heading=_("Notice")),
    ]

    class Meta:
        verbose_name = _("front page")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        return context | {"courses": CoursePage.objects.for_catalogue(None)[:NEWEST_COURSES]}

    @property
    def shown_headline(self) -> str:
        return self.in_reading_language("headline") or self.shown_title

    @property
    def shown_notice(self) -> str:
        return self.in_reading_language("notice")


class InfoPageQuerySet(PageQuerySet):
    def in_footer(self) -> Self:
        """Live pages linked from the foot of every page, in the order of the tree."""
        pages: Self = self.live().filter(is_in_footer=True).order_by("path")
        return pages


class InfoPage(BilingualPage):
    """A page of plain text: about, privacy, help."""

    template = "home/info.html"
    parent_page_types: ClassVar[list[str]] = ["home.HomePage", "home.InfoPage"]
    subpage_types: ClassVar[list[str]] = ["home.InfoPage"]

    body = RichTextField(_("text"), features=TEXT_FEATURES)
    body_en = RichTextField(_("text in English"), features=TEXT_FEATURES, blank=True)
    is_in_footer = models.BooleanField(_("linked from the foot of every page"), default=False)

    objects = PageManager.from_queryset(InfoPageQuerySet)()

    content_panels: ClassVar[list[object]] = [
        *Page.content_panels,
        FieldPanel("title_en"),
        MultiFieldPanel(["lead", "lead_en"], heading=_("Opening lines")),
        MultiFieldPanel(["body", "body_en"], heading=_("Text")),
        FieldPanel("is_in_footer"),
    ]

    class Meta:
        verbose_name = _("information page")
        verbose_name_plural = _("information pages")

    @property
    def shown_body(self) -> str:
        return self.in_reading_language("body")
