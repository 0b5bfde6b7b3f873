"""Issuing bodies in the Wagtail admin, and the names of the acts that the log keeps."""

from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.log_actions import LogActionRegistry
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet

from cpd.models import IssuingBody

LOGGED = [
    ("cpd.propose_activity", _("Propose an activity"), _("Hours proposed")),
    ("cpd.retract_proposal", _("Take proposed hours back"), _("Proposed hours taken back")),
    ("cpd.confirm_activity", _("Confirm an activity"), _("Hours confirmed")),
    ("cpd.award_credit", _("Award credit"), _("Credit awarded")),
    ("cpd.issue_batch", _("Issue certificates"), _("Certificates requested")),
    ("cpd.issue_certificate", _("Issue a certificate"), _("Certificate issued")),
    ("cpd.revoke_certificate", _("Revoke a certificate"), _("Certificate revoked")),
    ("cpd.take_list", _("Take a list"), _("Took the list of who completed as a file")),
]


@hooks.register("register_log_actions")
def register_log_actions(actions: LogActionRegistry) -> None:
    for name, label, message in LOGGED:
        actions.register_action(name, label, message)


class IssuingBodyViewSet(SnippetViewSet):
    """Who issues, and what stands on the certificates from now on; for superusers, who alone hold its permissions."""

    model = IssuingBody
    icon = "clipboard-list"
    menu_label = _("Issuing bodies")
    add_to_admin_menu = True
    menu_order = 320
    list_display = ("name_vi", "serial_code", "signatory_name")
    search_fields = ("name_vi", "name_en", "serial_code")
    panels = (
        MultiFieldPanel(
            [FieldPanel("name_vi"), FieldPanel("name_en"), FieldPanel("slug"), FieldPanel("facility")],
            heading=_("Name"),
        ),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("governing_body_vi"), FieldPanel("governing_body_en")]),
                FieldRowPanel([FieldPanel("place_vi"), FieldPanel("place_en")]),
                FieldRowPanel([FieldPanel("signatory_title_vi"), FieldPanel("signatory_title_en")]),
                FieldPanel("signatory_name"),
                FieldPanel("serial_code"),
            ],
            heading=_("Printed on certificates issued from now on"),
        ),
        FieldPanel("admins"),
    )


register_snippet(IssuingBodyViewSet)
