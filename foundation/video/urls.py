"""What the player and uploads ask for; the addresses of renditions stand in portal/urls.py, outside the languages."""

from django.urls import path

from foundation.video import views

app_name = "video"
urlpatterns = [
    path("uploads/", views.uploads, name="uploads"),
    path("uploads/<slug:public_id>", views.upload, name="upload"),
    path("<slug:public_id>/play", views.play, name="play"),
    path("<slug:public_id>/captions/<slug:language>.vtt", views.captions, name="captions"),
    path("<slug:public_id>/download/<slug:key>", views.download, name="download"),
    path("<slug:public_id>/beat", views.beat, name="beat"),
]
