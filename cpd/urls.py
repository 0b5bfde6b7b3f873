"""Addresses of the room."""

from django.urls import URLPattern, URLResolver

app_name = "cpd"
urlpatterns: list[URLPattern | URLResolver] = []
