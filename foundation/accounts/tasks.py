"""Celery wrappers."""

from celery import shared_task

from foundation.accounts import jobs


@shared_task(name="foundation.accounts.tasks.forget_old_sign_ins")
def forget_old_sign_ins() -> None:
    jobs.forget_old_sign_ins()
