"""What a production set-up must not be."""

from django.core.exceptions import ImproperlyConfigured

NEEDED = {
    "PORTAL_BROKER_URL": "the Valkey or Redis that carries background work, redis://host:6379/0",
    "PORTAL_CACHE_URL": "the Valkey or Redis for the cache, redis://host:6379/1",
    "PORTAL_MAIL_HOST": "nobody can confirm an e-mail address without a mail server",
}


def refuse_unsafe(
    *,
    secret_key: str,
    debug: bool,
    is_sqlite: bool,
    web_nodes: int,
    is_https: bool,
    given: set[str],
    requires_mfa: bool = True,
) -> None:
    """Raise ImproperlyConfigured, with the sentence an operator needs, for each unsafe combination.

    `given` names the variables that the environment sets.
    """
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
    for name, purpose in NEEDED.items():
        if name not in given:
            raise ImproperlyConfigured(f"{name} is missing: {purpose}.")
    if not requires_mfa:
        raise ImproperlyConfigured("PORTAL_REQUIRE_MFA must be true in production: staff roles need a second factor.")
