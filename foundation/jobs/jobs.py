"""What the worker does for this room: once a day, it lets every room forget what no longer serves anybody."""

import logging

from foundation.jobs.models import Job
from foundation.kernel.forgetting import forgetters

logger = logging.getLogger(__name__)


def forget_all() -> dict[str, int]:
    """How many things each room let go; one that fails keeps no other from forgetting."""
    gone: dict[str, int] = {}
    for forget in forgetters:
        try:
            gone[forget.__name__] = forget()
        except Exception:
            logger.exception("%s failed", forget.__name__)
    logger.info("Forgotten: %s", ", ".join(f"{name} {count}" for name, count in gone.items() if count) or "nothing")
    return gone


def forget_old_jobs() -> int:
    """Rows of work that is long over, unless a page still shows them."""
    return Job.objects.no_longer_shown().delete()[0]
