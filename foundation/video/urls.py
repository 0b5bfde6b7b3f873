"""What the player asks for; the signed addresses of renditions stand in portal/urls.py, outside the languages."""

from django.urls import path

from foundation.video import views

app_name = "video"
urlpatterns = [
    path("<slug:public_id>/play", views.play, name="play"),
    path("<slug:public_id>/beat", views.beat, name="beat"),
]
