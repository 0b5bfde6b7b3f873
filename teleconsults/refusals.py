"""Why a recording is not published: the site, Wagtail's editor and its workflows all give these sentences."""

from django.utils.translation import gettext_lazy as _

from foundation.kernel.errors import RefusedError


class NotReadyError(RefusedError):
    message = _("The film is not ready yet. It can be published once every quality is there.")
    code = "not_ready"


class ConsentMissingError(RefusedError):
    message = _("Answer the consent question first; without it nothing is published.")
    code = "consent_missing"


class BeingRedactedError(RefusedError):
    message = _("Something in the film is to be hidden first. It can be published once the redacted film is there.")
    code = "being_redacted"


class NotCheckedError(RefusedError):
    message = _("An officer has still to confirm that no patient can be recognised. We tell you when it is done.")
    code = "not_checked"


class LeftHubError(RefusedError):
    message = _(
        "A public recording speaks in its hub's name, and your verified profile does not belong to that hub now. Ask"
        " your coordinator, or let an editor publish it. You can still withdraw it."
    )
    code = "left_hub"


class UnreadWordsError(RefusedError):
    message = _(
        "These are not the words that an officer has read. Save them under “Change the details”; an officer then reads"
        " them, and we tell you."
    )
    code = "unread_words"


class CheckedWordsError(RefusedError):
    message = _(
        "An officer read these words and found no patient: they stay as they are while the recording is published."
        " Where something has to be said otherwise, withdraw it and upload it anew."
    )
    code = "checked_words"


class WithdrawnError(RefusedError):
    message = _("This recording was withdrawn and stays so. Upload it anew if that was a mistake.")
    code = "withdrawn"


class OnlyWithdrawnError(RefusedError):
    message = _("A published recording is not hidden quietly: withdraw it on its page, with a reason.")
    code = "only_withdrawn"
