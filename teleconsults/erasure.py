"""What the room gives and forgets when a person asks for a copy of their data, or for erasure."""

from typing import Any

from foundation.accounts.models import User
from teleconsults.models import Recording


def export(user: User) -> tuple[str, dict[str, Any]]:
    """The recordings that a person handed in, and what they said about consent."""
    rows = Recording.objects.by(user)
    return "teleconsults", {
        "recordings": [
            {
                "title": recording.title,
                "held_on": recording.held_on.isoformat(),
                "hub": str(recording.hub),
                "chair": recording.chair,
                "presenters": recording.presenters,
                "summary": recording.summary,
                "file_name": recording.video.original_name,
                "consent": recording.consent,
                "consent_version": recording.consent_version,
                "published_at": recording.published_at.isoformat() if recording.published_at else None,
                "withdrawn_at": recording.withdrawn_at.isoformat() if recording.withdrawn_at else None,
            }
            for recording in rows
        ]
    }


def erase(user: User) -> None:
    """Teaching stays, the name goes: the account behind `author` is emptied by its own room."""
    for recording in Recording.objects.by(user):
        if user.full_name and user.full_name in f"{recording.chair}\n{recording.presenters}":
            recording.chair = recording.chair.replace(user.full_name, "—")
            recording.presenters = recording.presenters.replace(user.full_name, "—")
            recording.save(update_fields=["chair", "presenters"])
