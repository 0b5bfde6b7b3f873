"""What the room gives and forgets when a person asks for a copy of their data, or for erasure."""

import json
from typing import Any

from django.db.models import Value
from django.db.models.functions import Replace
from wagtail.models import Revision

from foundation.accounts.models import User
from teleconsults.models import DecisionAnswer, Presenter, Recording
from teleconsults.words import words_sha256


def export(user: User) -> tuple[str, dict[str, Any]]:
    """The recordings that a person handed in, what they said about consent, what they answered to films."""
    rows = Recording.objects.by(user)
    return "teleconsults", {
        "recordings": [
            {
                "title": recording.title,
                "held_on": recording.held_on.isoformat(),
                "hub": str(recording.hub),
                "chair": recording.chair,
                "presenters": [str(presenter) for presenter in recording.presenters.all()],
                "summary": "\n\n".join(str(block) for block in recording.summary),
                "key_points": [str(block.value) for block in recording.key_points],
                "goals": recording.goal_list,
                "handouts": [str(handout) for handout in recording.handouts.all()],
                "file_name": recording.video.original_name,
                "consent": recording.consent,
                "consent_version": recording.consent_version,
                "published_at": recording.published_at.isoformat() if recording.published_at else None,
                "withdrawn_at": recording.withdrawn_at.isoformat() if recording.withdrawn_at else None,
            }
            for recording in rows
        ],
        "decisions": [
            {
                "recording": answer.point.recording.title,
                "question": answer.point.question,
                "answer": answer.option.text,
                "at": answer.answered_at.isoformat(),
            }
            for answer in DecisionAnswer.objects.by(user)
        ],
    }


def erase(user: User) -> None:
    """Teaching stays, the name goes, from earlier revisions too; the account is emptied by its own room.

    Decisions go.
    """
    DecisionAnswer.objects.by(user).delete()
    name, own = user.full_name, Recording.objects.by(user)
    if not name:
        return
    signed = [recording for recording in own if recording.checked_words == words_sha256(recording)]
    own.filter(chair__contains=name).update(chair=Replace("chair", Value(name), Value("—")))
    presenters = Presenter.objects.filter(recording__in=own, name__contains=name)
    presenters.update(name=Replace("name", Value(name), Value("—")))
    # A name less lets nobody be recognised: what an officer signed stays signed.
    for recording in Recording.objects.filter(pk__in=[one.pk for one in signed]):
        own.filter(pk=recording.pk).update(checked_words=words_sha256(recording))
    for revision in Revision.objects.filter(
        base_content_type=Recording.get_base_content_type(),
        object_id__in=[str(pk) for pk in own.values_list("pk", flat=True)],
    ):
        words = json.dumps(revision.content, ensure_ascii=False)
        revision.content = json.loads(words.replace(name, "—"))
        revision.save(update_fields=["content"])
