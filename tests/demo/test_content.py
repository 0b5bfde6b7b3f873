"""The files of the demo network are whole, refer to what exists, and hold what a course must have."""

import csv
import json
import tomllib
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
CONTENT, MEDIA = ROOT / "portal/demo/content", ROOT / "portal/demo/media"
ACCOUNTS_DATA = ROOT / "foundation/accounts/data"
COURSE_FILES = sorted((CONTENT / "courses").glob("*.toml"))

type Table = dict[str, Any]  # Any: a table of TOML


def _read(name: str) -> Table:
    return tomllib.loads((CONTENT / name).read_text(encoding="utf-8"))


def _column(name: str, column: str) -> set[str]:
    with (ACCOUNTS_DATA / name).open(encoding="utf-8", newline="") as file:
        return {row[column] for row in csv.DictReader(file)}


def _words(lesson: Table) -> int:
    def strings(value: object) -> Iterator[str]:
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            for key, inner in value.items():
                if key not in ("type", "kind", "file", "alt"):
                    yield from strings(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from strings(inner)

    return sum(len(text.split()) for text in strings(lesson["blocks"]))


COURSES = [tomllib.loads(path.read_text(encoding="utf-8")) for path in COURSE_FILES]
RECORDINGS: list[Table] = _read("recordings.toml")["recordings"]
PEOPLE: list[Table] = _read("people.toml")["people"]
FACILITIES: list[Table] = _read("facilities.toml")["facilities"]
PROGRAMMES: list[Table] = _read("facilities.toml")["programmes"]
ENROLMENTS: list[Table] = _read("enrolments.toml")["enrolments"]
HUBS = _column("hub_hospitals.csv", "slug")
SPECIALTIES = _column("specialties.csv", "slug")
PEOPLE_KEYS = {person["key"] for person in PEOPLE}
FACILITY_SLUGS = {facility["slug"] for facility in FACILITIES}

each_course = pytest.mark.parametrize("course", COURSES, ids=[path.stem for path in COURSE_FILES])
each_recording = pytest.mark.parametrize("recording", RECORDINGS, ids=[row["slug"] for row in RECORDINGS])


def test_all_text_is_nfc():
    for path in [*CONTENT.rglob("*.toml"), *CONTENT.rglob("*.json"), *MEDIA.glob("*.vtt")]:
        text = path.read_text(encoding="utf-8")
        assert unicodedata.is_normalized("NFC", text), path.name


def test_there_are_six_courses_or_more():
    assert len(COURSES) >= 6
    assert len({course["slug"] for course in COURSES}) == len(COURSES)


@each_course
def test_a_course_names_what_it_belongs_to(course: Table):
    assert course["specialty"] in SPECIALTIES
    assert course["hub"] in HUBS
    assert course["author"] in PEOPLE_KEYS
    assert course["level"] in ("basic", "intermediate")
    assert Decimal("1") <= Decimal(course["credit_hours"]) <= Decimal("3")
    assert 3 <= len(course["goals"]) <= 5
    for key in ("title", "title_en", "summary", "summary_en"):
        assert course[key].strip()


@each_course
def test_a_course_has_readings_a_recording_and_a_case_with_a_picture(course: Table):
    kinds = [lesson["kind"] for lesson in course["lessons"]]
    assert kinds.count("reading") in (2, 3)
    assert kinds.count("recording") == 1
    assert kinds.count("case") == 1
    (case,) = [lesson for lesson in course["lessons"] if lesson["kind"] == "case"]
    assert any(block["type"] == "image" for block in case["blocks"])
    (shown,) = [lesson for lesson in course["lessons"] if lesson["kind"] == "recording"]
    assert shown["recording"] in {recording["slug"] for recording in RECORDINGS}
    for lesson in course["lessons"]:
        if lesson["kind"] == "reading":
            assert 250 <= _words(lesson) <= 500, lesson["slug"]


@each_course
def test_slugs_are_unique_within_a_course(course: Table):
    lessons = [lesson["slug"] for lesson in course["lessons"]] + [course["quiz"]["slug"]]
    questions = [question["slug"] for question in course["quiz"]["questions"]]
    assert len(set(lessons)) == len(lessons)
    assert len(set(questions)) == len(questions)


@each_course
def test_blocks_are_well_formed(course: Table):
    keys = {
        "heading": {"text"},
        "paragraph": {"text"},
        "list": {"items", "ordered"},
        "callout": {"kind", "title", "text"},
        "table": {"caption", "headers", "rows"},
        "image": {"file", "alt", "caption"},
    }
    for block in (block for lesson in course["lessons"] for block in lesson["blocks"]):
        assert set(block) - {"type"} == keys[block["type"]], block
        if block["type"] == "callout":
            assert block["kind"] in ("key", "warning", "tip")
        if block["type"] == "table":
            assert {len(row) for row in block["rows"]} == {len(block["headers"])}
        if block["type"] == "image":
            assert (MEDIA / block["file"]).is_file()


@each_course
def test_a_quiz_explains_every_option(course: Table):
    quiz = course["quiz"]
    assert Decimal(quiz["pass_mark"]) == Decimal("0.8")
    assert 5 <= len(quiz["questions"]) <= 8
    assert {question["kind"] for question in quiz["questions"]} == {"single", "multiple"}
    sources = {source["key"] for source in course["sources"]}
    for question in quiz["questions"]:
        right = [option for option in question["options"] if option["correct"]]
        assert len(right) == 1 if question["kind"] == "single" else 1 < len(right) < len(question["options"])
        assert all(option["text"].strip() and option["feedback"].strip() for option in question["options"])
        assert len({option["text"] for option in question["options"]}) == len(question["options"])
        assert question["explanation"].strip()
        assert question["source"] in sources


@each_course
def test_sources_say_who_and_when(course: Table):
    assert course["sources"]
    for source in course["sources"]:
        assert source["title"].strip()
        assert source["organisation"].strip()
        assert 2005 <= source["year"] <= 2026


@each_course
def test_covers_and_pictures_are_light_and_of_the_right_size(course: Table):
    cover = MEDIA / course["cover"]
    assert cover.stat().st_size <= 30_000
    with Image.open(cover) as image:
        assert image.size == (1200, 675)
    for block in (block for lesson in course["lessons"] for block in lesson["blocks"] if block["type"] == "image"):
        path = MEDIA / block["file"]
        assert path.stat().st_size <= 80_000, path.name
        with Image.open(path) as image:
            assert image.width == 1200


@each_recording
def test_a_recording_names_what_exists(recording: Table):
    assert recording["hub"] in HUBS
    assert recording["specialty"] in SPECIALTIES
    assert recording["author"] in PEOPLE_KEYS
    assert set(recording["asking_facilities"]) <= FACILITY_SLUGS
    assert recording["programme"] in {programme["slug"] for programme in PROGRAMMES}
    assert recording["key_points"]
    assert "không phải y lệnh" in recording["notice"]


@each_recording
def test_the_timeline_says_what_the_script_says(recording: Table):
    timeline = json.loads((CONTENT / "timelines.json").read_text(encoding="utf-8"))[recording["slug"]]
    lines = [line["text"] for slide in recording["slides"] for line in slide["lines"]]
    assert [cue["text"] for cue in timeline["cues"]] == lines
    assert [chapter["title"] for chapter in timeline["chapters"]] == [slide["chapter"] for slide in recording["slides"]]
    times = [moment for cue in timeline["cues"] for moment in (cue["start_s"], cue["end_s"])]
    assert times == sorted(times)
    assert times[-1] <= timeline["duration_s"]
    assert 40 <= timeline["duration_s"] <= 75


@each_recording
def test_a_film_stops_between_two_sentences(recording: Table):
    timeline = json.loads((CONTENT / "timelines.json").read_text(encoding="utf-8"))[recording["slug"]]
    for question in recording.get("questions", []):
        assert not [cue for cue in timeline["cues"] if cue["start_s"] < question["at_s"] < cue["end_s"]]
        assert 2 <= len(question["options"]) <= 5
        assert 0 <= question["preferred"] < len(question["options"])


@each_recording
def test_a_clip_is_light_and_has_captions_and_chapters(recording: Table):
    clip = MEDIA / recording["media"]
    assert 0 < clip.stat().st_size <= 700_000
    for suffix in (".vtt", ".chapters.vtt"):
        assert clip.with_suffix(suffix).read_text(encoding="utf-8").startswith("WEBVTT\n")


def test_all_clips_together_stay_small():
    assert sum(path.stat().st_size for path in MEDIA.glob("*.mp4")) <= 4_000_000


def test_the_clip_of_the_tests_has_three_chapters_and_stays_small():
    clip = ROOT / "tests/media/teleconsult.mp4"
    assert clip.stat().st_size <= 500_000
    assert clip.with_suffix(".chapters.vtt").read_text(encoding="utf-8").count("-->") == 3


def test_facilities_are_marked_as_examples_and_know_their_place():
    provinces = _column("provinces.csv", "code")
    assert len(FACILITY_SLUGS) == len(FACILITIES)
    for facility in FACILITIES:
        assert "(ví dụ)" in facility["name_vi"]
        assert facility["province"] in provinces
        assert set(facility["parent_hubs"]) <= HUBS
    for programme in PROGRAMMES:
        assert programme["hub"] in HUBS
        assert programme["specialty"] in SPECIALTIES
        assert set(programme["asking_facilities"]) <= FACILITY_SLUGS


def test_nobody_can_take_a_person_for_a_real_one():
    for person in PEOPLE:
        assert person["full_name"].startswith("Mẫu ")
        assert person["email"] == f"{person['key']}@lientuyen.example"
        assert "DEMO" in person["licence_number"] or not person["licence_number"]


def test_people_refer_to_what_exists():
    professions = _column("professions.csv", "code")
    assert len(PEOPLE_KEYS) == len(PEOPLE) >= 40
    assert len({person["full_name"] for person in PEOPLE}) == len(PEOPLE)
    for person in PEOPLE:
        assert person["profession"] in professions
        assert set(person["specialties"]) <= SPECIALTIES
        assert person["facility"] in FACILITY_SLUGS | HUBS
        assert set(person.get("coordinates", [])) <= FACILITY_SLUGS
        assert set(person.get("administers", [])) <= HUBS
        if person.get("verification") == "verified":
            assert person["verified_by"] in PEOPLE_KEYS - {person["key"]}


def test_every_role_and_every_person_of_the_story_is_there():
    roles = {role for person in PEOPLE for role in person["roles"]}
    assert roles == {
        *("member", "author", "specialty_reviewer", "deid_officer", "moderator"),
        *("coordinator", "cpd_admin", "editor", "ministry"),
    }
    assert {"specialist", "editor", "doctor", "coordinator", "cpd", "admin", "ministry"} <= PEOPLE_KEYS
    assert {"verified", "pending", "refused", "draft"} == {p["verification"] for p in PEOPLE if "verification" in p}


def test_every_issuing_hub_has_somebody_who_issues():
    administered = {hub for person in PEOPLE for hub in person.get("administers", [])}
    assert {course["hub"] for course in COURSES} <= administered


def test_enrolments_tell_a_possible_story():
    courses = {course["slug"]: course for course in COURSES}
    verified = {person["key"] for person in PEOPLE if person.get("verification") == "verified"}
    seen = {(row["person"], row["course"]) for row in ENROLMENTS}
    assert len(seen) == len(ENROLMENTS)
    assert {row["state"] for row in ENROLMENTS} == {
        *("enrolled", "reading", "watching", "quiz_failed", "finished", "certified", "revoked"),
    }
    for row in ENROLMENTS:
        course = courses[row["course"]]
        total = len(course["quiz"]["questions"])
        assert row["person"] in verified
        dates = [row[key] for key in row if key.endswith("_on")]
        assert dates == sorted(dates)
        assert dates[0] >= course["published_on"]
        assert all(right < total * 0.8 for right in row.get("failed_attempts", []))
        if "correct_answers" in row:
            assert total * 0.8 <= row["correct_answers"] <= total
        if row["state"] == "revoked":
            assert row["reason"]
            assert row["revoked_by"] in PEOPLE_KEYS


def test_pages_exist_in_both_languages():
    pages = _read("pages.toml")
    assert [page["slug"] for page in pages["pages"]] == ["home", "about", "privacy", "credit-hours", "help"]
    assert pages["demo_notice"]["vi"]
    assert pages["demo_notice"]["en"]
    for page in pages["pages"]:
        for key in ("title", "intro", "body"):
            assert page[f"{key}_vi"]
            assert page[f"{key}_en"]
        assert len(page["body_vi"]) == len(page["body_en"])
