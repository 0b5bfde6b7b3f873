"""Courses, lessons, quizzes, enrolment, progress."""
