"""Compression of answers, for pages that reach their readers without a proxy in between."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

COMPRESSED = {"text/html", "text/plain", "text/css", "text/csv", "text/vtt", "application/json", "application/xml"}
# A playlist of a film in a bucket repeats one long address at every segment.
COMPRESSED |= {"application/vnd.apple.mpegurl"}


class TextCompressionMiddleware(GZipMiddleware):
    """Django's, for text only: a picture or a part of a video would lose its length and its byte ranges."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        content_type = response.headers.get("Content-Type", "").split(";")[0].strip().lower()
        if content_type not in COMPRESSED or response.status_code == 206:
            return response
        return super().process_response(request, response)
