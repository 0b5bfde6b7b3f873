"""The packages that people meet speak Vietnamese, too: what they lack stands in `locale/borrowed`."""

from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import polib
import pytest
from django.apps import apps
from django.utils.translation import gettext, override

ROOT = Path(__file__).resolve().parents[2]
BORROWED = ROOT / "locale" / "borrowed" / "vi" / "LC_MESSAGES"
# Of django-allauth these parts are in use; the rest is about sign-in with other sites' accounts.
ALLAUTH_PARTS = ("account/", "mfa/", "core/", "utils")


def package_folders() -> list[Path]:
    """Where installed apps of others, and Django itself, keep their catalogues."""
    folders = [Path(config.path) for config in apps.get_app_configs() if "site-packages" in config.path]
    django = find_spec("django")
    assert django is not None
    assert django.origin is not None
    return [*folders, Path(django.origin).parent / "conf"]


def texts(folder: Path, domain: str, language: str) -> polib.POFile:
    path = folder / "locale" / language / "LC_MESSAGES" / f"{domain}.po"
    return polib.pofile(str(path)) if path.exists() else polib.POFile()


def is_in_use(folder: Path, entry: polib.POEntry) -> bool:
    return folder.name != "allauth" or any(place.startswith(ALLAUTH_PARTS) for place, _line in entry.occurrences)


@pytest.mark.parametrize("domain", ["django", "djangojs"])
def test_no_text_of_a_package_lacks_its_vietnamese(domain):
    ours = {
        (entry.msgctxt, entry.msgid)
        for path in (BORROWED / f"{domain}.po", ROOT / "locale" / "vi" / "LC_MESSAGES" / f"{domain}.po")
        if path.exists()
        for entry in polib.pofile(str(path))
        if entry.translated()
    }
    missing = [
        f"{folder.name}: {entry.msgid}"
        for folder in package_folders()
        for theirs in [{(entry.msgctxt, entry.msgid) for entry in texts(folder, domain, "vi") if entry.translated()}]
        for entry in texts(folder, domain, "en")
        if not entry.obsolete and is_in_use(folder, entry) and (entry.msgctxt, entry.msgid) not in theirs | ours
    ]
    assert not missing, f"{len(missing)} (Wagtail {version('wagtail')}): {missing[:20]}"


@pytest.mark.parametrize("domain", ["django", "djangojs"])
def test_no_borrowed_text_has_gone_from_the_packages(domain):
    theirs = {(entry.msgctxt, entry.msgid) for folder in package_folders() for entry in texts(folder, domain, "en")}
    gone = [
        entry.msgid
        for entry in polib.pofile(str(BORROWED / f"{domain}.po"))
        if (entry.msgctxt, entry.msgid) not in theirs
    ]
    assert not gone


def test_the_editors_menu_and_the_sign_in_speak_vietnamese():
    with override("vi"):
        assert gettext("Images") == "Hình ảnh"
        assert gettext("Incorrect code.") != "Incorrect code."
    with override("en"):
        assert gettext("Images") == "Images"
