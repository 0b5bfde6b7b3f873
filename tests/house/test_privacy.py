"""docs/privacy.md and the models agree about who holds personal data."""

import re
from pathlib import Path

import pytest
from django.apps import apps
from wagtail.documents.models import AbstractDocument
from wagtail.images.models import AbstractImage
from wagtail.models import Page

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
OURS = ("portal", "courses", "teleconsults", "cpd", "foundation")


def models_in_the_table() -> list[str]:
    text = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")
    table = text.partition("## What is kept")[2].partition("\n## ")[0]
    return [label for row in re.findall(r"^\| (`.+?) \|", table, re.M) for label in re.findall(r"`([\w.]+)`", row)]


def models_that_hold_personal_data() -> set[str]:
    ours = [model for model in apps.get_models() if model.__module__.partition(".")[0] in OURS]
    return {model._meta.label for model in ours if "personal data" in (model.__doc__ or "").lower()}


def test_every_model_with_personal_data_has_a_row():
    assert models_that_hold_personal_data() - set(models_in_the_table()) == set()


def test_every_row_names_a_model_once():
    rows = models_in_the_table()
    assert len(rows) == len(set(rows)) > 20
    known = {model._meta.label for model in apps.get_models()}
    assert set(rows) - known == set()


def test_every_model_of_ours_with_a_row_says_so_in_its_docstring():
    ours = {model._meta.label for model in apps.get_models() if model.__module__.partition(".")[0] in OURS}
    assert set(models_in_the_table()) & ours == models_that_hold_personal_data()


def test_every_model_that_belongs_to_a_person_holds_personal_data():
    """Whoever adds a table about people is asked for its row."""
    people = {"accounts.User", "accounts.Practitioner"}
    about_people = {
        model._meta.label
        for model in apps.get_models()
        if model.__module__.partition(".")[0] in OURS
        # Pages, pictures and documents are editors' work and carry Wagtail's own fields.
        if not issubclass(model, (Page, AbstractImage, AbstractDocument))
        if any(field.related_model and field.related_model._meta.label in people for field in model._meta.fields)
    }
    assert about_people - models_that_hold_personal_data() == set()
