"""The admin's name and colours, and a menu trimmed to what a role does."""

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from foundation.kernel.models import PortalDocument
from foundation.kernel.roles import Role

# What only those who run the portal need; everybody else's menu is shorter without it.
PUBLIC_COLLECTION = "Public"
FOR_SUPERUSERS = {"reports", "settings", "help"}


@hooks.register("insert_global_admin_css")
def admin_colours() -> SafeString:
    """The product's colours over Wagtail's."""
    return format_html('<link rel="stylesheet" href="{}">', static("css/admin.css"))


@hooks.register("insert_global_admin_js")
def addresses_of_bare_letters() -> SafeString:
    """A page's address follows its Vietnamese title letter by letter."""
    return format_html('<script type="module" src="{}"></script>', static("js/admin/slugs.js"))


@hooks.register("before_serve_document")
def documents_are_for_members(document: PortalDocument, request: HttpRequest) -> HttpResponse | None:
    """What hangs on lessons is clinical: verified members and editors only, but for the collection named "Public"."""
    user = request.user
    if document.collection.name == PUBLIC_COLLECTION:
        return None
    if not user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    if not (user.is_verified_member or user.is_superuser or user.has_role(Role.EDITOR)):
        raise PermissionDenied
    return None


@hooks.register("register_admin_menu_item")
def way_back() -> MenuItem:
    """From the desk of editors and reviewers to the portal's own pages."""
    return MenuItem(
        _("Back to the portal"), reverse_lazy("home:dashboard"), name="portal", icon_name="arrow-left", order=20_000
    )


@hooks.register("construct_main_menu")
def trim_menu(request: HttpRequest, menu_items: list[MenuItem]) -> None:
    """Leave out what the person's role never does."""
    if not request.user.is_superuser:
        menu_items[:] = [item for item in menu_items if item.name not in FOR_SUPERUSERS]
