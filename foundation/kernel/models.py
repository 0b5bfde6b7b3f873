"""Our own image and document tables, so that they can grow without a painful migration."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.documents.models import AbstractDocument
from wagtail.images.models import AbstractImage, AbstractRendition

from foundation.kernel.documents import document_keepers, is_what_it_says
from foundation.kernel.errors import RefusedError


class PortalImage(AbstractImage):
    """A picture of the Wagtail library."""

    credit = models.CharField(_("credit"), max_length=200, blank=True)

    admin_form_fields = (
        "title",
        "file",
        "collection",
        "description",
        "credit",
        "tags",
        *(f"focal_point_{name}" for name in ("x", "y", "width", "height")),
    )

    class Meta(AbstractImage.Meta):
        verbose_name = _("image")
        verbose_name_plural = _("images")


class PortalRendition(AbstractRendition):
    """One size of an image."""

    image = models.ForeignKey(PortalImage, on_delete=models.CASCADE, related_name="renditions")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["image", "filter_spec", "focal_point_key"], name="kernel_rendition_once")
        ]


class PortalDocument(AbstractDocument):
    """A file of the Wagtail library, served through Wagtail's permission-checking view."""

    admin_form_fields = ("title", "file", "collection", "tags")

    def clean(self) -> None:
        """Raises ValidationError for a file that is not what its name says, and for one that has to stay as it is."""
        super().clean()
        try:
            for keep in document_keepers:
                keep(self)
        except RefusedError as refusal:
            raise ValidationError(str(refusal)) from refusal
        if self.file and not self.file._committed and not is_what_it_says(self.file, extension=self.file_extension):
            raise ValidationError({"file": _("This file is not what its name says. Save it anew in the right format.")})

    class Meta(AbstractDocument.Meta):
        verbose_name = _("document")
        verbose_name_plural = _("documents")
