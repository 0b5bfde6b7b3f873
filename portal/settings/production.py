"""What a production set-up must not be."""

from django.core.exceptions import ImproperlyConfigured


def refuse_unsafe(*, secret_key: str, debug: bool, is_sqlite: bool, web_nodes: int, is_https: bool) -> None:
    """Raise ImproperlyConfigured, with the sentence an operator needs, for each unsafe combination."""
    if len(secret_key) < 40 or secret_key.startswith("change-me"):
        raise ImproperlyConfigured(
            "PORTAL_SECRET_KEY is missing, too short or the example's. Make one with: openssl rand -base64 48"
        )
    if debug:
        raise ImproperlyConfigured("PORTAL_DEBUG must be false in production.")
    if is_sqlite and web_nodes > 1:
        raise ImproperlyConfigured(
            "SQLite serves one web node only. Set PORTAL_DATABASE_URL to PostgreSQL, or PORTAL_WEB_NODES to 1."
        )
    if not is_https:
        raise ImproperlyConfigured("PORTAL_BASE_URL must begin with https:// in production.")
