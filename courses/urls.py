"""Addresses of the room: the Wagtail pages under courses/, what members do under learn/."""

from django.urls import path

from courses import views

app_name = "courses"
urlpatterns = [
    # The same addresses that Wagtail gives these pages, found in one query each instead of one walk down the tree.
    path("courses/", views.catalogue, name="catalogue"),
    path("courses/<str:course_slug>/", views.course, name="course"),
    path("courses/<str:course_slug>/<str:item_slug>/", views.item, name="item"),
    path("learn/", views.my_courses, name="mine"),
    path("learn/courses/<uuid:uid>/enrol/", views.enrol, name="enrol"),
    path("learn/lessons/<uuid:uid>/done/", views.lesson_done, name="lesson_done"),
    path("learn/quizzes/<uuid:uid>/start/", views.start, name="start"),
    path("learn/attempts/<int:attempt_id>/", views.attempt, name="attempt"),
    path("learn/attempts/<int:attempt_id>/<int:number>/", views.question, name="question"),
    path("learn/attempts/<int:attempt_id>/review/", views.review, name="review"),
    path("learn/attempts/<int:attempt_id>/submit/", views.submit, name="submit"),
    path("learn/attempts/<int:attempt_id>/result/", views.result, name="result"),
]
