"""What a person gets of their learning when they ask for their data, and what happens to it when they leave."""

from typing import Any

from courses.models import Enrolment
from foundation.accounts.models import User


def export_learning(user: User) -> tuple[str, dict[str, Any]]:
    """Enrolments, what was done when, attempts with answers and grades."""
    enrolments = Enrolment.objects.visible_to(user).prefetch_related("items", "attempts__responses", "attempts__grades")
    return "courses", {"enrolments": [_exported(enrolment) for enrolment in enrolments]}


def erase_learning(user: User) -> None:
    """Nothing to delete: these rows prove credited hours. They name nobody once the practitioner is pseudonymised."""


def _exported(enrolment: Enrolment) -> dict[str, Any]:
    return {
        "course": enrolment.title,
        "version": enrolment.version,
        "enrolled_at": enrolment.enrolled_at.isoformat(),
        "completed_at": enrolment.completed_at.isoformat() if enrolment.completed_at else None,
        "done": [
            {"item": str(row.item_uid), "kind": row.kind, "at": row.first_done_at.isoformat(), "evidence": row.evidence}
            for row in enrolment.items.all()
        ],
        "released": enrolment.released_items,
        "attempts": [
            {
                "quiz": attempt.snapshot["title"],
                "number": attempt.number,
                "started_at": attempt.started_at.isoformat(),
                "submitted_at": attempt.submitted_at.isoformat() if attempt.submitted_at else None,
                "answers": [
                    {"question": row.question_uid, "chosen": row.chosen, "at": row.saved_at.isoformat()}
                    for row in attempt.responses.all()
                ],
                "grades": [
                    {"score": row.score, "maximum": row.maximum, "is_passed": row.is_passed, "at": row.at.isoformat()}
                    for row in attempt.grades.all()
                ],
            }
            for attempt in enrolment.attempts.all()
        ],
    }
