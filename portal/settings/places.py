"""Where things lie: the database, the broker's socket, the files."""

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

# The longest address of a Unix socket, with some room for a temporary file's suffix.
LONGEST_SOCKET_PATH = 100


def writable_folder(path: Path) -> Path:
    """`path`, made if it is missing; raises ImproperlyConfigured when it cannot be made or written to."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(f"PORTAL_VAR_DIR: {path} cannot be made ({error.strerror}).") from error
    if not os.access(path, os.W_OK):
        raise ImproperlyConfigured(f"PORTAL_VAR_DIR: {path} cannot be written to.")
    return path.resolve()


def broker_socket(var_dir: Path) -> Path:
    """The embedded broker's socket: beside its data, or in the system's temporary folder when that path is too long."""
    beside = var_dir / "valkey" / "valkey.sock"
    if len(os.fsencode(beside)) <= LONGEST_SOCKET_PATH:
        return beside
    name = hashlib.sha256(os.fsencode(var_dir)).hexdigest()[:12]
    return Path(tempfile.gettempdir(), f"portal-{os.getuid()}-{name}", "valkey.sock")


def database_from_url(url: str, *, pool: int, checkpoints: bool) -> dict[str, Any]:
    """Django's settings for `sqlite:///path` or `postgresql://user:password@host:port/name`.

    As in libpq, `?host=/folder` names a Unix socket's folder.
    `pool` is the most connections that a process keeps open; 0 keeps one a thread instead.
    Raises ImproperlyConfigured for any other scheme, or a PostgreSQL address without a database name.
    """
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return sqlite_database(Path(unquote(parts.path)), checkpoints=checkpoints)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(
            f"PORTAL_DATABASE_URL must begin with sqlite:/// or postgresql://, not {parts.scheme!r}."
        )
    name = parts.path.lstrip("/")
    if not name:
        raise ImproperlyConfigured("PORTAL_DATABASE_URL names no database after the host.")
    connections: dict[str, Any] = {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True, "OPTIONS": {}}
    if pool:
        connections = {"OPTIONS": {"pool": {"min_size": 1, "max_size": pool, "timeout": 10}}}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(name),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": dict(parse_qsl(parts.query)).get("host") or unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        **connections,
    }


def sqlite_database(path: Path, *, checkpoints: bool) -> dict[str, Any]:
    """SQLite as the portal needs it: write-ahead log, writers queue at BEGIN.

    Without `checkpoints` a process never moves the log into the file; another must then do so.
    """
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=30000;"
            + ("" if checkpoints else " PRAGMA wal_autocheckpoint=0;"),
        },
    }


def storage_in_bucket(bucket: str, **service: str) -> dict[str, Any]:
    """Editors' pictures and documents in an S3-compatible bucket; `service` as `_bucket_options` takes it."""
    options = _bucket_options(bucket, **service) | {"location": "media"}
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}


def private_storage(location: Path, *, bucket: str, work_dir: Path, **service: str) -> dict[str, Any]:
    """Films in a folder of the disk, or in `bucket` where one is named; `work_dir` then holds what is on its way."""
    if not bucket:
        return {"BACKEND": "foundation.kernel.storages.PrivateStorage", "OPTIONS": {"location": location}}
    options = _bucket_options(bucket, **service) | {"work_dir": work_dir}
    return {"BACKEND": "foundation.kernel.buckets.PrivateBucket", "OPTIONS": options}


def _bucket_options(bucket: str, *, endpoint: str, region: str, access_key: str, secret_key: str) -> dict[str, Any]:
    """Without keys, the machine's own role counts."""
    if bool(access_key) != bool(secret_key):
        raise ImproperlyConfigured(
            "PORTAL_S3_ACCESS_KEY and PORTAL_S3_SECRET_KEY belong together: set both or neither."
        )
    return {
        "bucket_name": bucket,
        "endpoint_url": endpoint,
        "addressing_style": "path",
        "region_name": region or None,
        "access_key": access_key or None,
        "secret_key": secret_key or None,
        "default_acl": None,
        "file_overwrite": False,
        "signature_version": "s3v4",
    }
