from decimal import Decimal

import pytest
from django.template import Context, Template
from django.utils import translation

from foundation.kernel.templatetags.portal import clock, duration, file_size, hours, hours_number, icon, svg_number


def test_an_icon_points_into_the_sprite_and_is_hidden_from_screen_readers():
    html = icon("home")
    assert 'href="/static/icons.svg#home"' in html
    assert 'aria-hidden="true"' in html


def test_an_icon_name_cannot_break_out_of_its_attribute():
    assert "<script>" not in icon('"><script>')


@pytest.mark.parametrize(
    ("value", "english", "vietnamese"),
    [
        (Decimal("0.50"), "0.5", "0,5"),
        (Decimal("2.00"), "2", "2"),
        (Decimal(120), "120", "120"),
        (Decimal("74.25"), "74.25", "74,25"),
        (None, "0", "0"),
    ],
)
def test_hours_are_written_as_each_language_writes_them(value, english, vietnamese):
    assert hours_number(value) == english
    with translation.override("vi"):
        assert hours_number(value) == vietnamese


def test_one_hour_is_singular_in_english():
    assert hours(Decimal(1)) == "1 hour"
    assert hours(Decimal("0.5")) == "0.5 hours"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (45, "45 s"), (60, "1 min"), (2530, "42 min"), (3600, "1 h"), (3900, "1 h 5 min"), (None, "0 s")],
)
def test_durations_are_told_to_the_minute(seconds, words):
    assert duration(seconds) == words


@pytest.mark.parametrize(("seconds", "shown"), [(247, "4:07"), (3847, "1:04:07"), (0, "0:00")])
def test_a_place_in_a_recording_reads_like_a_player(seconds, shown):
    assert clock(seconds) == shown


@pytest.mark.parametrize(
    ("size", "shown"),
    [(0, "0 kB"), (120, "1 kB"), (640_000, "640 kB"), (14_200_000, "14 MB"), (1_440_000_000, "1.4 GB")],
)
def test_file_sizes_count_as_a_phone_plan_counts(size, shown):
    assert file_size(size) == shown


def test_a_file_size_has_a_comma_in_vietnamese():
    with translation.override("vi"):
        assert file_size(1_440_000_000) == "1,4 GB"


def test_numbers_in_attributes_have_a_point_in_every_language():
    with translation.override("vi"):
        assert svg_number(Decimal("74.50")) == "74.5"
        assert svg_number(Decimal(130), 120) == "120"


@pytest.mark.parametrize(
    ("path", "language", "url"),
    [
        ("/vi/courses/dengue/?page=2", "en", "/en/courses/dengue/?page=2"),
        ("/en/", "vi", "/vi/"),
        ("/healthz", "en", "/en/"),
    ],
)
def test_the_language_switch_keeps_the_page(rf, path, language, url):
    template = Template('{% language_url "' + language + '" %}')
    assert template.render(Context({"request": rf.get(path)})) == url


def test_the_language_switch_works_on_a_page_without_a_request():
    assert Template('{% language_url "en" %}').render(Context()) == "/en/"
