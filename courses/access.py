"""Who may read lessons and quizzes: verified members who are enrolled, and editors at their work."""

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from courses.models.enrolment import Enrolment
from foundation.accounts.models import User
from foundation.kernel.roles import Role

if TYPE_CHECKING:
    from courses.models.pages import CoursePage


def enrolment_of(user: User | AnonymousUser, course: "CoursePage") -> Enrolment | None:
    """This person's enrolment on the course; one query, remembered on the user."""
    if not user.is_authenticated:
        return None
    remembered: dict[int, Enrolment | None] = user.__dict__.setdefault("_enrolments", {})
    if course.pk not in remembered:
        remembered[course.pk] = Enrolment.objects.visible_to(user).filter(course=course).first()
    return remembered[course.pk]


def turned_away(request: HttpRequest, course: "CoursePage") -> HttpResponse | None:
    """None for who may read the course's items; else where to go first."""
    user = request.user
    if getattr(request, "is_preview", False):
        return None
    if not user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    if user.is_verified_member and enrolment_of(user, course):
        return None
    if user.has_role(Role.EDITOR):
        return None
    if not user.is_verified_member:
        return redirect("accounts:standing")
    messages.info(request, _("Enrol in the course first: its lessons open then."))
    return redirect(course.address)
