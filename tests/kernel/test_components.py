import re
from decimal import Decimal
from pathlib import Path

import pytest
from django import forms
from django.conf import settings
from django.template.loader import get_template, render_to_string

TEMPLATES = settings.BASE_DIR / "templates"


class SampleForm(forms.Form):
    email = forms.EmailField(help_text="We write to this address.")
    nickname = forms.CharField(required=False)
    tier = forms.ChoiceField(choices=[("1", "Central"), ("2", "District")], widget=forms.RadioSelect)
    agreed = forms.BooleanField(label="I agree")


def field_of(form, name):
    return render_to_string("components/field.html", {"field": form[name]})


def test_a_field_ties_its_help_to_the_input():
    html = field_of(SampleForm(), "email")
    assert '<label class="field__label" for="id_email">' in html
    assert 'id="id_email_helptext"' in html
    assert 'aria-describedby="id_email_helptext"' in html


def test_an_error_stands_beside_its_field_and_is_read_with_it():
    html = field_of(SampleForm({"email": "wrong"}), "email")
    assert 'id="id_email_error"' in html
    assert 'aria-describedby="id_email_helptext id_email_error"' in html
    assert 'aria-invalid="true"' in html
    assert 'value="wrong"' in html


def test_only_what_may_be_left_out_says_so():
    assert "(optional)" in field_of(SampleForm(), "nickname")
    assert "(optional)" not in field_of(SampleForm(), "email")


def test_a_group_of_choices_is_a_fieldset_with_a_legend():
    html = field_of(SampleForm({}), "tier")
    assert "<fieldset" in html
    assert "<legend" in html
    assert 'aria-describedby="id_tier_error"' in html


def test_a_check_box_stands_before_its_words():
    html = field_of(SampleForm(), "agreed")
    assert html.index('type="checkbox"') < html.index("I agree")


def test_the_summary_of_errors_leads_to_the_fields():
    html = render_to_string("components/form_errors.html", {"form": SampleForm({"email": "wrong"})})
    assert 'role="alert"' in html
    assert 'href="#id_email"' in html


def test_a_form_without_errors_has_no_summary():
    assert render_to_string("components/form_errors.html", {"form": SampleForm()}).strip() == ""


def test_the_ring_says_its_hours_in_words_and_draws_them():
    html = render_to_string("components/ring.html", {"earned": Decimal("74.5"), "required": Decimal(120), "note": "x"})
    assert 'aria-label="74.5 of 120 credit hours"' in html
    assert 'stroke-dasharray="74.5 120"' in html


def test_more_hours_than_required_fill_the_ring_once():
    html = render_to_string("components/ring.html", {"earned": Decimal(130), "required": Decimal(120)})
    assert 'stroke-dasharray="120 120"' in html


def test_a_ring_without_hours_has_no_arc():
    html = render_to_string("components/ring.html", {"earned": Decimal(0), "required": Decimal(120)})
    assert "ring__arc" not in html


@pytest.mark.parametrize(("percent", "shown"), [(40, 'value="40"'), (None, 'max="100" aria-label')])
def test_a_bar_of_unknown_length_has_no_value(percent, shown):
    assert shown in render_to_string("components/progress.html", {"percent": percent, "label": "Encoding"})


def test_a_row_without_a_picture_keeps_no_room_for_one():
    assert "list-row--media" not in render_to_string("components/list_row.html", {"title": "Dengue", "url": "/"})
    assert "list-row--media" in render_to_string("components/list_row.html", {"title": "Dengue", "picture": ""})


def test_what_is_shown_is_escaped():
    html = render_to_string("components/list_row.html", {"title": "<b>", "url": "/", "meta": ["<i>"], "state": "<u>"})
    assert not re.search("<[biu]>", html)


def test_a_pager_shows_only_the_ways_that_exist():
    assert render_to_string("components/pagination.html", {}).strip() == ""
    html = render_to_string("components/pagination.html", {"next_url": "?page=n"})
    assert 'rel="next"' in html
    assert 'rel="prev"' not in html


@pytest.mark.parametrize("name", ["500.html", "503.html"])
def test_the_last_pages_need_neither_request_nor_database(name):
    source = (TEMPLATES / name).read_text()
    assert "{%" not in source
    assert "{{" not in source
    assert "Liên Tuyến" in get_template(name).render()


def test_no_page_carries_style_or_script_of_its_own():
    """The content security policy would drop it. E-mails are not pages."""
    guilty = []
    for path in TEMPLATES.rglob("*.html"):
        is_mail = "mail" in path.relative_to(TEMPLATES).parts or "email" in path.relative_to(TEMPLATES).parts
        if is_mail:
            continue
        text = re.sub(r'<script[^>]*type="application/json"[^>]*>.*?</script>', "", path.read_text(), flags=re.S)
        if re.search(r"\sstyle=|<style|\son[a-z]+=\"|<script(?![^>]*\ssrc=)", text):
            guilty.append(path.name)
    # WeasyPrint prints the certificate; no browser shows it.
    assert [name for name in guilty if not name.startswith("certificate")] == []


def test_every_icon_in_the_templates_is_in_the_sprite():
    drawn = set(re.findall(r'<symbol id="([a-z-]+)"', (settings.BASE_DIR / "static/icons.svg").read_text()))
    asked = {
        name for path in TEMPLATES.rglob("*.html") for name in re.findall(r'{% icon "([a-z-]+)"', path.read_text())
    }
    assert asked <= drawn


def _tokens(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z0-9-]+):\s*(#[0-9A-Fa-f]{6})\b", css))


def _contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


TOKENS_CSS = Path(settings.BASE_DIR / "static/css/tokens.css").read_text()
LIGHT = _tokens(TOKENS_CSS.split("@media")[0])
DARK = _tokens(TOKENS_CSS.split(':root[data-theme="dark"]')[1])
GROUNDS = ["paper", "surface", "sunk"]
TEXT_PAIRS = [
    *[(ink, ground) for ink in ("ink", "ink-2", "jade", "gold", "coral", "sky") for ground in GROUNDS],
    *[("ink", f"{tone}-soft") for tone in ("jade", "gold", "coral", "sky")],
    *[("ink-2", f"{tone}-soft") for tone in ("jade", "coral")],
    *[(tone, f"{tone}-soft") for tone in ("gold", "coral", "sky")],
    ("jade-strong", "jade-soft"),
    ("on-jade", "jade"),
    ("on-jade", "jade-strong"),
    ("on-coral", "coral"),
    ("surface", "gold"),
]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT_PAIRS)
def test_every_text_can_be_read_on_its_ground(theme, ink, ground):
    assert _contrast(theme[ink], theme[ground]) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", GROUNDS)
def test_edges_of_controls_can_be_seen(theme, ground):
    assert _contrast(theme["line-2"], theme[ground]) >= 3


def test_the_system_s_dark_and_the_switch_s_dark_are_one():
    by_system = TOKENS_CSS.split("@media (prefers-color-scheme: dark)")[1].split(':root[data-theme="dark"]')[0]
    assert _tokens(by_system) == DARK
