"""Courses as editors compose them; enrolment, progress and attempts as members make them."""

from courses.models.attempt import Attempt, GradeEvent, Response
from courses.models.enrolment import Enrolment, ItemProgress
from courses.models.pages import CatalogueIndexPage, CoursePage, CourseTag, LessonPage, QuizPage

__all__ = [
    "Attempt",
    "CatalogueIndexPage",
    "CoursePage",
    "CourseTag",
    "Enrolment",
    "GradeEvent",
    "ItemProgress",
    "LessonPage",
    "QuizPage",
    "Response",
]
