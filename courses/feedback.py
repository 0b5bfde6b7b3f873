"""What a learner is told about a submitted attempt: plain values, no database.

After passing, every answer with its reason. Before that, only the reasons of the answers chosen and the explanation:
the right ones stay covered, so that the next attempt is one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from courses.rules import is_right


@dataclass(frozen=True, slots=True)
class OptionFeedback:
    text: str
    reason: str
    is_chosen: bool
    is_correct: bool


@dataclass(frozen=True, slots=True)
class QuestionFeedback:
    """`is_incomplete`: nothing wrong was chosen, but something right is missing. `lesson_uid` only where it helps."""

    number: int
    stem: str
    image_id: int | None
    image_alt: str
    is_right: bool
    is_answered: bool
    is_incomplete: bool
    options: list[OptionFeedback]
    explanation: str
    source: str
    lesson_uid: str | None


def feedback_on(
    questions: Iterable[Mapping[str, Any]], answers: Mapping[str, frozenset[str]], *, reveals_all: bool
) -> list[QuestionFeedback]:
    """`questions` as pinned in the attempt, `answers` as last saved."""
    return [
        _question(question, number, answers.get(question["uid"], frozenset()), reveals_all=reveals_all)
        for number, question in enumerate(questions, start=1)
    ]


def _question(
    question: Mapping[str, Any], number: int, chosen: frozenset[str], *, reveals_all: bool
) -> QuestionFeedback:
    correct = frozenset(option["uid"] for option in question["options"] if option["is_correct"])
    right = is_right(correct, chosen)
    return QuestionFeedback(
        number=number,
        stem=question["stem"],
        image_id=question["image"],
        image_alt=question["image_alt"],
        is_right=right,
        is_answered=bool(chosen),
        is_incomplete=bool(chosen) and chosen < correct,
        options=[
            OptionFeedback(option["text"], option["feedback"], option["uid"] in chosen, option["is_correct"])
            for option in question["options"]
            if reveals_all or option["uid"] in chosen
        ],
        explanation=question["explanation"],
        source=question["source"],
        lesson_uid=None if right else question["lesson"],
    )
