"""Captions and chapters: what can be read, what is refused and where."""

from pathlib import Path

import pytest

from foundation.video.captions import Cue, cues_of, webvtt_of
from foundation.video.chapters import Mark, lines_of, marks_of, proposed
from foundation.video.refusals import (
    CaptionsEmptyError,
    CaptionsOrderError,
    CaptionsTimeError,
    ChapterLateError,
    ChapterLineError,
    ChapterTwiceError,
)
from tests.video.conftest import OUTSIDE

MEDIA = Path(__file__).parents[1] / "media"
SRT = "1\r\n00:00:01,500 --> 00:00:03,000\r\nTruyền <i>dịch</i>\r\n\r\n2\r\n00:00:04,000 --> 00:00:05,250\r\nNgày 5\r\n"


def test_webvtt_and_srt_give_the_same_cues():
    wanted = [Cue(1.5, 3.0, "Truyền dịch"), Cue(4.0, 5.25, "Ngày 5")]
    assert cues_of(SRT) == wanted
    assert cues_of(webvtt_of(wanted)) == wanted


def test_speakers_stay_and_other_marks_go():
    text = (
        "WEBVTT\n\nNOTE not --- said\nat all\n\n00:01.000 --> 00:02.000 align:start\n<v BS. Mẫu>Huyết áp &lt; <b>90</b>"
    )
    assert cues_of(text) == [Cue(1.0, 2.0, "BS. Mẫu: Huyết áp < 90")]


def test_words_cannot_become_marks():
    assert "&lt;script&gt;" in webvtt_of([Cue(0.0, 1.0, "<script>")])


@pytest.mark.parametrize(
    ("text", "refusal", "line"),
    [
        ("WEBVTT\n\n00:01.000 --> soon\nx", CaptionsTimeError, 3),
        ("WEBVTT\n\n00:03.000 --> 00:02.000\nx", CaptionsOrderError, 3),
        ("Dear colleague,", CaptionsEmptyError, 1),
    ],
)
def test_a_refusal_names_the_line(text, refusal, line):
    with pytest.raises(refusal) as refused:
        cues_of(text)
    assert refused.value.line == line


def test_our_own_film_has_its_captions_and_chapters():
    cues = cues_of((MEDIA / "teleconsult.vtt").read_text(encoding="utf-8"))
    assert cues[0] == Cue(0.6, 2.515, "BS. Mẫu Văn Trúc: Người bệnh nam, sốt ngày thứ tư.")
    assert marks_of((MEDIA / "teleconsult.chapters.vtt").read_text(encoding="utf-8"), duration_s=600)


@pytest.mark.skipif(not OUTSIDE.is_dir(), reason="the film files are not beside the repository")
def test_the_outside_film_has_its_chapters():
    text = (OUTSIDE / "teleconsult_vi_chapters.vtt").read_text(encoding="utf-8")
    assert [mark.title for mark in marks_of(text, duration_s=120)][:2] == ["Giới thiệu ca bệnh", "Bệnh sử và tiền sử"]
    assert len(cues_of((OUTSIDE / "teleconsult_vi.vtt").read_text(encoding="utf-8"))) > 5


def test_chapters_are_written_as_they_are_read():
    marks = [Mark(0.0, "Mở đầu"), Mark(7.523, "Ý kiến"), Mark(3847.5, "Dịch")]
    assert lines_of(marks) == "0:00 Mở đầu\n0:07.523 Ý kiến\n1:04:07.500 Dịch"
    assert marks_of(lines_of(marks), duration_s=4000) == marks


def test_proposed_chapters_lie_apart_and_keep_those_there_are():
    mine = [Mark(100.0, "Dịch")]
    found = proposed([0.0, 95.0, 150.0, 152.0, 999.0], mine, duration_s=600, title="Part %(number)s")
    assert found == [Mark(0.0, "Part 1"), Mark(100.0, "Dịch"), Mark(150.0, "Part 3")]


def test_pasted_chapters():
    assert marks_of("1:04:07 Dịch\n\n0:00 - Mở đầu\n", duration_s=4000) == [Mark(0, "Mở đầu"), Mark(3847, "Dịch")]


@pytest.mark.parametrize(
    ("text", "refusal", "line"),
    [
        ("0:00 A\nno time", ChapterLineError, 2),
        ("0:00 A\n2:00 B", ChapterLateError, 2),
        ("0:00 A\n\n0:00 B", ChapterTwiceError, 3),
        ("WEBVTT\n\n00:01.000 --> 00:09.000\nA\n\n2\n02:00.000 --> 02:09.000\nB", ChapterLateError, 7),
        ("WEBVTT\n\n00:01.000 --> 00:09.000\nA\n\n00:01.000 --> 00:10.000\nB", ChapterTwiceError, 6),
    ],
)
def test_a_refused_chapter_names_the_line(text, refusal, line):
    with pytest.raises(refusal) as refused:
        marks_of(text, duration_s=100)
    assert refused.value.line == line
