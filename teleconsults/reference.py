"""Loads the review that an author may ask for, Wagtail's workflow, and the place where authors put their handouts."""

from django.contrib.auth.models import Group, Permission
from wagtail.models import (
    Collection,
    GroupApprovalTask,
    GroupCollectionPermission,
    Workflow,
    WorkflowContentType,
    WorkflowTask,
)

from foundation.kernel.roles import Role
from teleconsults.models import Recording

NAME = "Duyệt bản ghi hội chẩn"
HANDOUTS = "Tài liệu kèm bản ghi"


def load_review() -> str:
    """Once: what administrators make of it later is theirs."""
    kind = Recording.get_content_type()
    if WorkflowContentType.objects.filter(content_type=kind).exists():
        return "review of recordings kept"
    reviewers, _created = Group.objects.get_or_create(name=Role.SPECIALTY_REVIEWER.value)
    task, _created = GroupApprovalTask.objects.get_or_create(name=NAME)
    task.groups.add(reviewers)
    workflow, _created = Workflow.objects.get_or_create(name=NAME)
    WorkflowTask.objects.get_or_create(workflow=workflow, task=task)
    WorkflowContentType.objects.create(workflow=workflow, content_type=kind)
    return "review of recordings"


def load_handouts() -> str:
    """Authors add files to a collection of their own, and choose among them."""
    authors, _created = Group.objects.get_or_create(name=Role.AUTHOR.value)
    root = Collection.get_first_root_node()
    place = root.get_children().filter(name=HANDOUTS).first() or root.add_child(name=HANDOUTS)
    for codename in ("add_document", "choose_document"):
        GroupCollectionPermission.objects.get_or_create(
            group=authors,
            collection=place,
            permission=Permission.objects.get(content_type__app_label="wagtaildocs", codename=codename),
        )
    return "a place for handouts"
