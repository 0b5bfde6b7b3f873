"""The staff whom the story presupposes, the letters they get, and what their browsers ask for and complain about."""

import email
import email.policy
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, WebError

from tests.processes import PortalStack

SPECIALIST = "chuyen.gia@lientuyen.example"
OFFICER = "can.bo.an.danh@lientuyen.example"
EDITOR = "bien.tap@lientuyen.example"
COORDINATOR = "dieu.phoi@lientuyen.example"
CPD_ADMIN = "dao.tao@lientuyen.example"

HUB = "Bệnh viện Mẫu Trung ương"
DISTRICT = "Trung tâm Y tế Mẫu Sơn"

# The reference data, a hub that issues certificates, a district facility, and the staff of both; run with
# `PortalStack.python`.
STAFF = f"""
from django.core.management import call_command
from foundation.kernel.roles import Role
from tests.factories.accounts import CoordinatorFactory, FacilityFactory, PractitionerFactory, UserFactory
from tests.factories.cpd import CpdAdminFactory, IssuingBodyFactory

call_command("load_reference", verbosity=0)
hub = FacilityFactory(hub=True, slug="mau-trung-uong", name_vi="{HUB}", name_en="Sample Central Hospital")
district = FacilityFactory(slug="mau-son", name_vi="{DISTRICT}", name_en="Sample Sơn Medical Centre")
specialist = UserFactory(
    email="{SPECIALIST}", full_name="Mẫu Thị Hạnh", language="vi", roles=[Role.MEMBER, Role.AUTHOR]
)
PractitionerFactory(user=specialist, facility=hub, title="BSCKII", verified=True)
officer = UserFactory(
    email="{OFFICER}", full_name="Mẫu Văn Kín", language="vi", roles=[Role.MEMBER, Role.DEID_OFFICER]
)
PractitionerFactory(user=officer, facility=hub, verified=True)
UserFactory(email="{EDITOR}", full_name="Mẫu Văn Biên", language="vi", roles=[Role.EDITOR])
CoordinatorFactory(email="{COORDINATOR}", full_name="Mẫu Thị Phối", language="vi", facilities=[district])
issuer = CpdAdminFactory(email="{CPD_ADMIN}", full_name="Mẫu Văn Tạo", language="vi")
IssuingBodyFactory(facility=hub, name_vi="{HUB}", name_en="Sample Central Hospital", serial_code="BVM", admins=[issuer])
"""


class Watcher:
    """Sees every request and every complaint of the browsers it was shown."""

    def __init__(self) -> None:
        self.origins: set[str] = set()
        self.complaints: list[str] = []

    def watch(self, context: BrowserContext) -> None:
        context.on("request", self._asked)
        context.on("console", self._said)
        context.on("weberror", self._broke)

    def _asked(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in {"data", "blob"}:
            self.origins.add(f"{address.scheme}://{address.netloc}")

    def _said(self, message: ConsoleMessage) -> None:
        # Wagtail's editor saves by itself while a page is half written; the server's no to that is no fault.
        is_autosave = "/admin/pages/" in message.location["url"] and "400" in message.text
        if message.type in {"error", "warning"} and not is_autosave:
            self.complaints.append(f"{message.location['url']}: {message.text}")

    def _broke(self, error: WebError) -> None:
        self.complaints.append(f"{error.page.url if error.page else ''}: {error.error}")


class Album:
    """Numbered pictures of the steps in `folder`; none without one."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder) if folder else None
        self.count = 0

    def take(self, page: Page, name: str, *, whole: bool = False) -> None:
        self.count += 1
        if self.folder:
            page.screenshot(path=self.folder / f"{self.count:02}-{name}.png", full_page=whole)


def link_in_letter(portal: PortalStack, address: str, *, containing: str) -> str:
    """The path of the newest link with `containing` that was sent to `address`; waits for the letter."""
    found: list[str] = []

    def has_come() -> bool:
        links = (link for text in letters_to(portal, address) for link in re.findall(r"https?://\S+", text))
        found[:] = [link for link in links if containing in link]
        return bool(found)

    portal.wait_until(f"a letter to {address}", has_come, timeout_s=30)
    return found[-1].removeprefix(portal.base_url)


def letters_to(portal: PortalStack, address: str) -> Iterator[str]:
    """The text of every letter to `address`, oldest first."""
    for file in sorted((portal.var / "mail").glob("*"), key=lambda path: path.stat().st_mtime):
        # Django's file backend writes a line of dashes after each letter.
        for written in re.split(rb"\n-{70,}\n", file.read_bytes()):
            letter = email.message_from_bytes(written.strip(), policy=email.policy.default)
            body = letter.get_body(("plain",)) if address in str(letter["To"]) else None
            if body:
                yield body.get_content()
