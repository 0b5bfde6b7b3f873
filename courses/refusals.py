"""Why a course or a lesson is not published: the editor, many at once and workflows all give these sentences."""

from django.utils.translation import gettext_lazy as _

from foundation.kernel.errors import RefusedError


class UnwatchableError(RefusedError):
    """A lesson asks for a recording that is not published; `title` is the lesson's."""

    message = _(
        "The recording of “%(title)s” cannot be watched, so this was kept as a draft. Choose another recording in that"
        " lesson, or unpublish the lesson; then publish."
    )
    code = "unwatchable"

    def __init__(self, title: str) -> None:
        super().__init__(str(self.message) % {"title": title})
