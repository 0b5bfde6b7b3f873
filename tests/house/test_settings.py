"""Settings: all documented, and a wrong one stops the start with a sentence."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from portal.settings import ENV
from portal.settings.environment import Environment
from portal.settings.places import broker_socket, database_from_url, storage_in_bucket
from portal.settings.production import NEEDED, refuse_unsafe
from portal.settings.secret import kept_secret

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "PORTAL_MODE": "production",
    "PORTAL_BASE_URL": "https://portal.example",
    "PORTAL_SECRET_KEY": "s" * 48,
    "PORTAL_DATABASE_URL": "postgresql://portal:p@db.example/portal",
    "PORTAL_BROKER_URL": "redis://broker.example:6379/0",
    "PORTAL_CACHE_URL": "redis://broker.example:6379/1",
    "PORTAL_MAIL_HOST": "mail.example",
}


def start(tmp_path: Path, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
    outside = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    return subprocess.run(
        command or (sys.executable, "-c", "import portal"),
        cwd=ROOT,
        env=outside | {"PORTAL_VAR_DIR": str(tmp_path / "var")} | settings,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_setting_stands_in_the_example_and_in_the_handbook():
    example = re.findall(r"^(PORTAL_[A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    handbook = re.findall(r"^\| `(PORTAL_[A-Z0-9_]+)` \|", (ROOT / "docs/operations.md").read_text(), re.MULTILINE)
    assert sorted(example) == sorted(ENV.seen)
    assert sorted(handbook) == sorted(ENV.seen)


def test_the_example_as_it_stands_starts_the_embedded_portal(tmp_path):
    lines = (ROOT / ".env.example").read_text().splitlines()
    example = dict(line.split("=", 1) for line in lines if line.startswith("PORTAL_"))
    assert start(tmp_path, **example | {"PORTAL_VAR_DIR": str(tmp_path)}).returncode == 0


@pytest.mark.parametrize(("given", "promise"), [({}, "False False"), ({"PORTAL_HSTS_SUBDOMAINS": "true"}, "True True")])
def test_other_hosts_of_the_domain_are_promised_to_browsers_only_on_request(tmp_path, given, promise):
    show = "from portal import settings as s; print(s.SECURE_HSTS_INCLUDE_SUBDOMAINS, s.SECURE_HSTS_PRELOAD)"
    done = start(tmp_path, sys.executable, "-c", show, **PRODUCTION | given)
    assert done.stdout.strip() == promise


def test_a_complete_production_starts(tmp_path):
    done = start(tmp_path, **PRODUCTION)
    assert (done.returncode, done.stderr) == (0, "")


SAFE = {
    "secret_key": "s" * 48,
    "debug": False,
    "is_sqlite": False,
    "web_nodes": 2,
    "is_https": True,
    "given": frozenset(NEEDED),
}


def test_production_accepts_what_is_safe():
    refuse_unsafe(**SAFE)
    refuse_unsafe(**SAFE | {"is_sqlite": True, "web_nodes": 1})


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"secret_key": ""}, "PORTAL_SECRET_KEY is missing"),
        ({"secret_key": "short"}, "PORTAL_SECRET_KEY is missing, too short"),
        ({"secret_key": "change-me" * 9}, "the example's"),
        ({"debug": True}, "PORTAL_DEBUG must be false"),
        ({"is_sqlite": True}, "SQLite serves one web node only"),
        ({"is_https": False}, "must begin with https://"),
        *(({"given": frozenset(NEEDED) - {name}}, f"{name} is missing") for name in NEEDED),
    ],
)
def test_production_refuses_what_is_unsafe(change, sentence):
    with pytest.raises(ImproperlyConfigured, match=sentence):
        refuse_unsafe(**SAFE | change)


def test_a_production_without_a_secret_does_not_start(tmp_path):
    done = start(tmp_path, **PRODUCTION | {"PORTAL_SECRET_KEY": ""})
    assert done.returncode == 2
    assert done.stderr.startswith("The portal does not start: PORTAL_SECRET_KEY is missing")


@pytest.mark.parametrize(
    "command",
    [
        (sys.executable, "manage.py", "migrate"),
        (sys.executable, "-m", "celery", "-A", "portal", "worker"),
        (sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"),
    ],
    ids=["manage", "celery", "gunicorn"],
)
def test_a_wrong_setting_stops_every_process_with_one_sentence(tmp_path, command):
    done = start(tmp_path, *command, PORTAL_DEBUG="perhaps")
    assert done.returncode == 2
    assert done.stderr == "The portal does not start: PORTAL_DEBUG must be true or false, not 'perhaps'.\n"


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    done = start(tmp_path, PORTAL_VAR_DIR=str(tmp_path / "file" / "var"))
    assert f"PORTAL_VAR_DIR: {tmp_path}/file/var cannot be made" in done.stderr


@pytest.mark.parametrize("value", ["ftp://x", "portal.example", "https://portal.example/path", "https://"])
def test_the_base_url_is_an_origin(value):
    with pytest.raises(ImproperlyConfigured, match="must look like"):
        Environment({"PORTAL_BASE_URL": value}).base_url("PORTAL_BASE_URL", default="")


def test_a_number_below_its_floor_is_refused():
    with pytest.raises(ImproperlyConfigured, match="at least 1, not '0'"):
        Environment({"N": "0"}).number("N", default=3, at_least=1)


def test_a_secret_may_come_from_a_file(tmp_path):
    (tmp_path / "secret").write_text("from a file\n")
    assert Environment({"SECRET_FILE": str(tmp_path / "secret")}).text("SECRET") == "from a file"
    with pytest.raises(ImproperlyConfigured, match="SECRET_FILE: /nowhere cannot be read"):
        Environment({"SECRET_FILE": "/nowhere"}).text("SECRET")


def test_the_own_secret_is_made_once_and_private(tmp_path):
    path = tmp_path / "secret_key"
    secret = kept_secret(path)
    assert len(secret) >= 40
    assert kept_secret(path) == secret
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["secret_key"]


def test_a_postgresql_address_becomes_django_settings():
    database = database_from_url("postgresql://u%40x:p%2Fw@db.example:5433/portal", pool=4, checkpoints=True)
    assert (database["USER"], database["PASSWORD"]) == ("u@x", "p/w")
    assert (database["HOST"], database["PORT"], database["NAME"]) == ("db.example", "5433", "portal")
    assert database["OPTIONS"]["pool"]["max_size"] == 4


def test_a_worker_without_a_pool_checks_the_connections_it_keeps():
    database = database_from_url("postgresql://portal@/portal?host=/run/postgresql", pool=0, checkpoints=True)
    assert database["HOST"] == "/run/postgresql"
    assert "pool" not in database["OPTIONS"]
    assert database["CONN_HEALTH_CHECKS"] is True


@pytest.mark.parametrize("url", ["mysql://x/y", "postgresql://host/"])
def test_other_databases_are_refused(url):
    with pytest.raises(ImproperlyConfigured, match="PORTAL_DATABASE_URL"):
        database_from_url(url, pool=0, checkpoints=True)


def test_only_one_process_writes_checkpoints_when_told_so():
    def command(*, checkpoints: bool) -> str:
        return database_from_url("sqlite:////x.db", pool=0, checkpoints=checkpoints)["OPTIONS"]["init_command"]

    assert "wal_autocheckpoint=0" in command(checkpoints=False)
    assert "wal_autocheckpoint" not in command(checkpoints=True)


def test_a_long_path_does_not_break_the_brokers_socket(tmp_path):
    short, long = Path("/srv/portal/var"), tmp_path / ("a" * 90)
    assert broker_socket(short) == short / "valkey" / "valkey.sock"
    assert len(str(broker_socket(long))) < 100
    assert broker_socket(long) == broker_socket(long) != broker_socket(long / "b")


BUCKET = {"PORTAL_S3_BUCKET": "portal", "PORTAL_S3_ENDPOINT": "https://files.example"}
PATHS = "from django.core.files.storage import storages as s; print(*(s[n].path('a') for n in ('quarantine', 'clean')))"


def test_with_a_bucket_for_pictures_alone_videos_stay_on_the_disk(tmp_path):
    setup = "import os, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'portal.settings'; django.setup(); "
    media = "print(type(s['default']).__name__)"
    done = start(tmp_path, sys.executable, "-c", f"{setup}{PATHS}; {media}", **BUCKET)
    var = tmp_path / "var"
    assert done.stdout.split() == [str(var / "quarantine" / "a"), str(var / "clean" / "a"), "S3Storage"], done.stderr


def test_films_move_into_buckets_and_the_content_policy_knows_where_they_are(tmp_path):
    setup = "import os, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'portal.settings'; django.setup(); "
    kinds = PATHS.replace(".path('a')", ".bucket_name")
    policy = "from django.conf import settings; print(settings.SECURE_CSP['connect-src'][-1])"
    films = {"PORTAL_S3_QUARANTINE_BUCKET": "q", "PORTAL_S3_CLEAN_BUCKET": "c", "PORTAL_S3_REGION": "vn"}
    done = start(tmp_path, sys.executable, "-c", f"{setup}{kinds}; {policy}", **films, **BUCKET)
    assert done.stdout.split() == ["q", "c", "https://files.example"], done.stderr


def test_a_bucket_gives_short_lived_addresses_of_editors_pictures():
    from django.core.files.storage import storages
    from django.test import override_settings

    keys = {"region": "", "access_key": "a", "secret_key": "s"}
    store = storage_in_bucket("portal", endpoint="https://files.example", **keys)
    with override_settings(STORAGES={"default": store}):
        assert storages["default"].url("images/a.webp").startswith("https://files.example/portal/media/images/a.webp?")


def test_half_a_key_pair_is_refused():
    with pytest.raises(ImproperlyConfigured, match="set both or neither"):
        storage_in_bucket("portal", endpoint="https://files.example", region="", access_key="a", secret_key="")
