"""Addresses of the room."""

from django.urls import path

from teleconsults import views

app_name = "teleconsults"
urlpatterns = [
    path("", views.library, name="library"),
    path("mine/", views.mine, name="mine"),
    path("upload/", views.upload, name="upload"),
    path("upload/begin/", views.begin_upload, name="begin_upload"),
    path("upload/<slug:public_id>/finish/", views.finish_upload, name="finish_upload"),
    path("upload/<slug:public_id>/discard/", views.discard_upload, name="discard_upload"),
    path("checks/", views.checks, name="checks"),
    path("<slug:public_id>/", views.watch, name="watch"),
    path("<slug:public_id>/prepare/", views.prepare, name="prepare"),
    path("<slug:public_id>/edit/", views.edit, name="edit"),
    path("<slug:public_id>/captions/", views.captions, name="captions"),
    path("<slug:public_id>/captions/transcribe/", views.transcribe, name="transcribe"),
    path("<slug:public_id>/chapters/", views.chapters, name="chapters"),
    path("<slug:public_id>/consent/", views.consent, name="consent"),
    path("<slug:public_id>/redact/", views.redact, name="redact"),
    path("<slug:public_id>/check/", views.check, name="check"),
    path("<slug:public_id>/original/", views.original, name="original"),
    path("<slug:public_id>/original/<str:key>", views.original_file, name="original_file"),
    path("<slug:public_id>/decisions/", views.decisions, name="decisions"),
    path("<slug:public_id>/decisions/check/", views.check_decisions, name="check_decisions"),
    path("<slug:public_id>/decisions/<int:point_id>/", views.decision, name="decision"),
    path("<slug:public_id>/decisions/<int:point_id>/remove/", views.remove_decision, name="remove_decision"),
    path("<slug:public_id>/decisions/<int:point_id>/answer/", views.answer_decision, name="answer_decision"),
    path("<slug:public_id>/publish/", views.publish, name="publish"),
    path("<slug:public_id>/retry/", views.retry, name="retry"),
    path("<slug:public_id>/hours/", views.hours, name="hours"),
    path("<slug:public_id>/withdraw/", views.withdraw, name="withdraw"),
]
