"""All that readers get to read of a recording: what an officer signs who says that no patient can be recognised."""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from wagtail.blocks import StreamValue

    from teleconsults.models import Recording

QUESTIONS = "questions"
_KEY = re.compile(r' data-block-key="[^"]*"')


@dataclass(frozen=True, slots=True)
class Passage:
    """One part of the words: `rows` as pages show them, `plain` the same as values that can be compared."""

    name: str
    heading: str | Promise
    rows: list[Any]
    plain: Any


def public_words(recording: "Recording") -> list[Passage]:
    """What a row, or a draft of it, says to readers, in the order in which officers read it; no empty parts.

    Times and marks of the editor are no words.
    """
    video = recording.video
    tracks, chapters = list(video.caption_tracks.offered()), list(video.chapters.all())
    said = [[track.language, [cue.text for cue in track.rows()]] for track in tracks]
    files = [row.document for row in recording.handouts.all()]
    # One that was sent back is shown to nobody before its author has changed it.
    points = list(recording.decision_points.in_force().filter(remark="").in_film_order())
    passages = [
        _texts("title", _("Title"), [recording.title]),
        _texts("people", _("Chair and presenters"), [recording.chair, *map(str, recording.presenters.all())]),
        Passage("summary", _("Summary"), list(recording.summary), _bare(recording.summary)),
        Passage("key_points", _("Key points"), list(recording.key_points), _bare(recording.key_points)),
        _texts("goals", _("Learning goals"), recording.goal_list),
        _texts("tags", _("Tags"), sorted(recording.tags.names())),
        Passage("handouts", _("Handouts"), files, [[one.title, one.filename, one.file_hash] for one in files]),
        Passage("chapters", _("Chapters"), chapters, [chapter.title for chapter in chapters]),
        Passage("captions", _("Captions"), tracks, said),
        Passage(QUESTIONS, _("Questions"), points, [[one.question, one.texts(), one.reasoning] for one in points]),
    ]
    return [passage for passage in passages if passage.rows]


def sha256_of(passages: Iterable[Passage]) -> str:
    """Names what they say."""
    words = [[passage.name, passage.plain] for passage in passages]
    return hashlib.sha256(json.dumps(words, ensure_ascii=False).encode()).hexdigest()


def words_sha256(recording: "Recording") -> str:
    """Names what may become public with a recording by its officer's word.

    Without its questions: each is read apart before anybody is asked it, so that more can be asked of a public film.
    """
    return sha256_of(passage for passage in public_words(recording) if passage.name != QUESTIONS)


def _texts(name: str, heading: str | Promise, texts: list[str]) -> Passage:
    said = [text for text in texts if text]
    return Passage(name, heading, said, said)


def _bare(stream: "StreamValue") -> Any:  # a tree of lists, dicts and texts, as JSON has it
    return _without_ids(stream.get_prep_value())


def _without_ids(value: Any) -> Any:  # any node of that tree
    """The editor gives each block and each paragraph a new name of its own."""
    if isinstance(value, dict):
        return {name: _without_ids(one) for name, one in value.items() if name != "id"}
    if isinstance(value, list):
        return [_without_ids(one) for one in value]
    return _KEY.sub("", value) if isinstance(value, str) else value
