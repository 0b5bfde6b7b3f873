"""Names of the acts in the log."""

from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.log_actions import LogActionRegistry


@hooks.register("register_log_actions")
def name_acts(actions: LogActionRegistry) -> None:
    actions.register_action("video.receive", _("Receive a file"), _("File received"))
    actions.register_action("video.captions", _("Change captions"), _("Captions changed"))
    actions.register_action("video.transcribe", _("Ask for automatic captions"), _("Automatic captions asked for"))
    actions.register_action("video.chapters", _("Change chapters"), _("Chapters changed"))
    actions.register_action("video.remove", _("Remove a film"), _("Film and original deleted"))
    actions.register_action("video.retry", _("Prepare a file again"), _("Preparation started again"))
    actions.register_action("video.redact", _("Propose a redaction"), _("Redaction proposed"))
    actions.register_action("video.redact_not", _("Give up a redaction"), _("Redaction given up"))
    actions.register_action("video.read_original", _("Look at an original"), _("Original looked at"))
    actions.register_action("video.forget_original", _("Delete an original"), _("Original deleted"))
