"""Addresses of the room."""

from django.urls import URLPattern, URLResolver, path

from foundation.accounts import views

app_name = "accounts"
urlpatterns: list[URLPattern | URLResolver] = [
    path("account/", views.overview, name="overview"),
    path("account/standing/", views.standing, name="standing"),
    path("account/profile/", views.profile, name="profile"),
    path("account/facilities/", views.facilities, name="facilities"),
    path("account/consent/", views.consent, name="consent"),
    path("account/data-use/", views.data_use, name="data_use"),
    path("account/new-confirmation/", views.new_confirmation, name="new_confirmation"),
    path("account/data/", views.my_data, name="my_data"),
    path("account/data/export/", views.export, name="export"),
    path("account/data/erase/", views.erase, name="erase"),
    path("desk/people/", views.people, name="people"),
    path("desk/people/<int:practitioner_id>/", views.person, name="person"),
    path("desk/people/<int:practitioner_id>/verify/", views.verify, name="verify"),
    path("desk/people/<int:practitioner_id>/refuse/", views.refuse, name="refuse"),
    path("desk/people/<int:practitioner_id>/end/", views.end, name="end_verification"),
]
