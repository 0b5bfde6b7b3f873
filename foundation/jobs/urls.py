"""Addresses of the room."""

from django.urls import path

from foundation.jobs import views

app_name = "jobs"
urlpatterns = [
    path("<uuid:job_id>/", views.progress, name="progress"),
    path("<uuid:job_id>/retry/", views.retry, name="retry"),
    path("<uuid:job_id>/cancel/", views.cancel, name="cancel"),
]
