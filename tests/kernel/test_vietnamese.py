"""Text is composed at the door and found without marks."""

import unicodedata

import pytest
from django.http import QueryDict

from foundation.kernel.middleware import composed
from foundation.kernel.vietnamese import folded, nfc


def test_text_is_composed():
    assert nfc(unicodedata.normalize("NFD", "Nguyễn")) == "Nguyễn"


@pytest.mark.parametrize("text", ["Điều  trị", "ĐIỀU TRỊ", unicodedata.normalize("NFD", "điều trị"), "dieu tri"])
def test_marks_case_and_spaces_do_not_hide_anything(text):
    assert folded(text) == "dieu tri"


def test_two_spellings_of_one_word_meet():
    assert folded("Thủy") == folded("Thuỷ") == "thuy"


def test_only_what_needs_it_is_copied():
    fine, decomposed = QueryDict("q=Nguyễn&q=b"), QueryDict(mutable=True)
    decomposed.setlist("q", [unicodedata.normalize("NFD", "Nguyễn"), "b"])
    assert composed(fine) is fine
    assert composed(decomposed).getlist("q") == ["Nguyễn", "b"]
