"""Addresses of the room. The QR code's `/c/…` stands in `portal.urls`, outside the language prefix."""

from django.urls import path

from cpd import views

app_name = "cpd"
urlpatterns = [
    path("cpd/", views.hours, name="hours"),
    path("cpd/certificates/<str:public_id>/", views.certificate, name="certificate"),
    path("cpd/certificates/<str:public_id>/file/", views.certificate_file, name="certificate_file"),
    path("cpd/certificates/<str:public_id>/revoke/", views.certificate_revoke, name="certificate_revoke"),
    path("cpd/credits/<int:entry_id>/watching/", views.watching, name="watching"),
    path("cpd/credits/<int:entry_id>/watching.json", views.watching_file, name="watching_file"),
    path("cpd/desk/", views.desk, name="desk"),
    path("cpd/desk/list.xlsx", views.desk_file, name="desk_file"),
    path("cpd/desk/issue/", views.issue, name="issue"),
    path("cpd/desk/batches/", views.batches, name="batches"),
    path("cpd/desk/batches/<int:batch_id>/", views.batch, name="batch"),
    path("cpd/desk/batches/<int:batch_id>/resume/", views.batch_resume, name="batch_resume"),
    path("cpd/desk/activities/", views.activities, name="activities"),
    path("cpd/desk/activities/<int:activity_id>/", views.activity_confirm, name="activity_confirm"),
    path("check/", views.look_up, name="look_up"),
    path("check/<str:public_id>/", views.check, name="check"),
]
