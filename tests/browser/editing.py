"""Wagtail's page editor as an editor's hands use it: fields, choosers, blocks, publishing.

Fields are known by their names: `title`, and inside a stream `body-0-value`, `questions-1-value-options-0-value-text`.
Kinds of block are known by their icons, which no translation changes.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from playwright.sync_api import Locator, Page, expect


class PageEditor:
    """The open form of one page in the admin."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @classmethod
    def adding(cls, page: Page, model: str, *, below: Sequence[str]) -> Self:
        """Add a page of `model` ("lessonpage"), walking down the admin's lists through the pages called `below`."""
        page.goto("/admin/pages/")
        for title in below:
            row = page.locator("main tr", has_text=title)
            found = re.search(
                r"/pages/(\d+)/", row.locator("a[href*='/admin/pages/']").first.get_attribute("href") or ""
            )
            assert found
            page.goto(f"/admin/pages/{found[1]}/")
        assert found
        page.locator(f"a[href='/admin/pages/{found[1]}/add_subpage/']").first.click()
        page.wait_for_url(re.compile(r"/add(_subpage)?/"))
        if "/add_subpage/" in page.url:  # there is a choice of kinds
            page.locator(f"a[href*='/add/courses/{model}/']").click()
        page.wait_for_url(re.compile(f"/add/courses/{model}/"))
        return cls(page)

    def fill(self, **values: str) -> None:
        """Text fields and lists to choose from; a list is told the words that it shows."""
        for name, value in values.items():
            field = self.field(name)
            if field.evaluate("field => field.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)

    def open_tab_with(self, name: str) -> None:
        """Open the tab on which a field stands.

        Tabs are named after their headings, in the language in which a process first showed the form: never go by that.
        """
        panel = self.page.locator("[role=tabpanel]", has=self.page.locator(f"[name='{name}']"))
        self.page.locator(f"[role=tab][aria-controls='{panel.get_attribute('id')}']").click()

    def field(self, name: str) -> Locator:
        return self.page.locator(f"#page-edit-form [name='{name}']")

    def write(self, name: str, text: str) -> None:
        """Type into an editor of formatted text."""
        written = self.page.locator(f"div:has(> input[name='{name}']) .public-DraftEditor-content")
        written.click()
        self.page.keyboard.insert_text(text)
        # The editor hands over what is typed after a quarter of a second.
        expect(self.field(name)).to_have_value(re.compile(re.escape(text)))

    def add_block(self, stream: str, icon: str = "") -> None:
        """Press the last plus of a stream, and take the kind with `icon`; a list of one kind needs none."""
        count = self.field(f"{stream}-count")
        before = int(count.input_value())
        count.locator("xpath=following-sibling::div").locator(
            "> button.c-sf-add-button, > div > button.c-sf-add-button"
        ).last.click()
        if icon:
            self.page.locator(".w-combobox [role=option]", has=self.page.locator(f".icon-{icon}")).click()
        expect(count).to_have_value(str(before + 1))

    def choose(self, name: str, words: str) -> None:
        """Choose something that is there already."""
        self._open_chooser(name)
        self.page.locator(".modal-body [data-chooser-modal-choice]", has_text=words).first.click()
        self._see_chosen(name)

    def upload(self, name: str, picture: Path, *, title: str) -> None:
        """Choose a picture by uploading it."""
        self._open_chooser(name)
        modal = self.page.locator(".modal-body")
        modal.locator("[role=tab][href='#tab-upload']").click()
        modal.locator("input[type=file]").set_input_files(picture)
        modal.locator("#tab-upload input[name$=title]").fill(title)
        modal.locator("#tab-upload button[type=submit]").click()
        self._see_chosen(name)

    def publish(self) -> None:
        """Open the menu beside the button that saves, publish, and read that it is done."""
        self.page.locator("footer .w-dropdown-button .w-dropdown__toggle").click()
        self.page.locator("button[name=action-publish]").click()
        self.page.locator(".messages .success").first.wait_for()

    def _open_chooser(self, name: str) -> None:
        self._chooser(name).locator(".unchosen [data-chooser-action-choose]").click()

    def _see_chosen(self, name: str) -> None:
        self._chooser(name).locator(".chosen").wait_for()
        self.page.locator(".modal-body").wait_for(state="hidden")

    def _chooser(self, name: str) -> Locator:
        return self.page.locator(f"[id='{name}-chooser'], [id='id_{name}-chooser']")
