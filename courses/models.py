"""Courses and lessons as editors compose them; enrolment, progress, attempts as members make them."""
