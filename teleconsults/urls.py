"""Addresses of the room."""

from django.urls import URLPattern, URLResolver

app_name = "teleconsults"
urlpatterns: list[URLPattern | URLResolver] = []
