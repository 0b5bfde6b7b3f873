"""HTTP in, HTTP out."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that came without, or with an old, token: say so and let the person go back."""
    return render(request, "403.html", status=403)


def dashboard(request: HttpRequest) -> HttpResponse:
    return render(request, "home/dashboard.html")


def health(request: HttpRequest) -> HttpResponse:
    """For load balancers: the process answers."""
    return HttpResponse("ok", content_type="text/plain")
