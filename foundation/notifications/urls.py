"""Addresses of the room."""

from django.urls import path

from foundation.notifications import views

app_name = "notifications"
urlpatterns = [
    path("", views.inbox, name="inbox"),
    path("<int:notification_id>/", views.open_notification, name="open"),
    path("read/", views.read_all, name="read_all"),
    path("mail/", views.mail_choice, name="mail_choice"),
]
