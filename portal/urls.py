"""Every address of the portal. A new one needs its row in docs/roles.md."""

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from django.views.static import serve
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

from cpd import views as cpd
from foundation.accounts.views import admin_door
from foundation.video import views as video
from portal.home import views as home

urlpatterns = [
    path("healthz", home.health, name="health"),
    path(
        "v/<int:expires>/<int:user_id>/<str:signature>/<slug:video_id>/<slug:version>/<str:file_name>",
        video.rendition,
        name="rendition",
    ),
    path("c/<str:public_id>", cpd.short, name="certificate_code"),
    path("admin/login/", admin_door, name="admin_door"),
    # Before Wagtail's own, which shows it to everybody in the admin.
    path("admin/reports/site-history/", home.site_history, name="site_history"),
    path(
        "admin/reports/site-history/results/",
        home.site_history,
        {"results_only": True},
        name="site_history_results",
    ),
    path("admin/", include(wagtailadmin_urls)),
    path("documents/", include(wagtaildocs_urls)),
    # Ready-made sizes of editors' pictures only; what else lies there is not for everyone. nginx takes this over.
    re_path(r"^media/(?P<path>images/.+)$", serve, {"document_root": settings.MEDIA_ROOT}, name="media"),
]

urlpatterns += i18n_patterns(
    # First: no address is asked for as often as that of a player's beats.
    path("video/", include("foundation.video.urls")),
    path("", include("portal.home.urls")),
    path("", include("foundation.accounts.urls")),
    path("account/", include("allauth.urls")),
    path("inbox/", include("foundation.notifications.urls")),
    path("jobs/", include("foundation.jobs.urls")),
    path("teleconsults/", include("teleconsults.urls")),
    path("", include("courses.urls")),
    path("", include("cpd.urls")),
    # Wagtail's own form knows neither the second factor nor the rate limits.
    path("_util/login/", RedirectView.as_view(pattern_name="account_login", query_string=True), name="page_login"),
    path("", include(wagtail_urls)),
)
