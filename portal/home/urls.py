"""Addresses of the dashboard and of the network in numbers."""

from django.urls import path

from portal.home import views

app_name = "home"
urlpatterns = [
    path("home/", views.dashboard, name="dashboard"),
    path("numbers/", views.numbers, name="numbers"),
]
