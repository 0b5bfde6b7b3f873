"""What production is made of: compose.yaml, Dockerfile and nginx's configuration, as far as no Docker is needed."""

import http.server
import io
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command

from foundation.accounts.models import User
from foundation.video.playback import signed_prefix, watcher_key
from portal.settings import ENV

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text()
OPERATIONS = (ROOT / "docs/operations.md").read_text()
WORKERS = ["worker", "mail", "probe", "media", "redact"]
OWN_SERVICES = ["web", *WORKERS, "beat", "migrate"]
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")


# --- compose.yaml -----------------------------------------------------------------------------------------------------
def test_everything_that_production_needs_is_there():
    assert set(COMPOSE["services"]) == {"nginx", *OWN_SERVICES, "postgres", "valkey"}


@pytest.mark.parametrize("name", sorted(COMPOSE["services"]))
def test_images_are_pinned_and_the_pin_is_in_the_handbook(name):
    image = COMPOSE["services"][name]["image"]
    repository, _, tag = image.partition(":")
    assert re.search(r"\d+\.\d+", tag), f"{image} is not pinned"
    assert (image if not repository.startswith("lien-tuyen/") else repository) in OPERATIONS


@pytest.mark.parametrize("name", sorted(set(COMPOSE["services"]) - {"migrate"}))
def test_every_service_says_whether_it_is_well_and_comes_back(name):
    service = COMPOSE["services"][name]
    assert service["healthcheck"]["test"]
    assert service["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", OWN_SERVICES)
def test_own_containers_may_do_little(name):
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["environment"]["PORTAL_MODE"] == "production"


def test_workers_inherit_no_pool_and_there_is_one_beat():
    for name in (*WORKERS, "beat"):
        assert COMPOSE["services"][name]["environment"]["PORTAL_DATABASE_POOL"] == "0"
    assert "PORTAL_DATABASE_POOL" not in COMPOSE["services"]["web"]["environment"]
    assert "deploy" not in COMPOSE["services"]["beat"]


def test_work_is_taken_from_every_queue_and_each_has_workers_of_its_own():
    commands = [COMPOSE["services"][name]["command"] for name in WORKERS]
    assert [command[command.index("-Q") + 1] for command in commands] == [
        "default",
        "mail",
        "probe",
        "encode",
        "redact",
    ]


def test_only_nginx_listens_outside():
    assert [name for name, service in COMPOSE["services"].items() if "ports" in service] == ["nginx"]


def test_the_broker_keeps_what_waits():
    command = COMPOSE["services"]["valkey"]["command"]
    assert command[command.index("--maxmemory-policy") + 1] == "noeviction"
    assert command[command.index("--appendonly") + 1] == "yes"


def test_secrets_are_files_outside_the_repository():
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    for secret in COMPOSE["secrets"].values():
        assert secret["file"].startswith("deploy/secrets/")
    assert "/deploy/secrets/" in ignored
    assert "/deploy/tls/" in ignored


def _environments() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, service in COMPOSE["services"].items():
        yield name, service.get("environment", {})


def test_no_secret_stands_inline():
    for name, environment in _environments():
        for variable, value in environment.items():
            if re.search(r"PASSWORD|SECRET|DATABASE_URL|KEY", variable):
                assert variable.endswith("_FILE"), f"{name}: {variable}"
                assert str(value).startswith("/run/secrets/")


def test_every_setting_of_compose_exists_and_every_variable_is_documented():
    used = {name.removesuffix("_FILE") for _, environment in _environments() for name in environment}
    assert {name for name in used if name.startswith("PORTAL_")} <= ENV.seen
    interpolated = set(re.findall(r"(?<!\$)\$\{(\w+)", (ROOT / "compose.yaml").read_text()))
    assert interpolated <= ENV.seen
    assert all(f"`{name}`" in OPERATIONS for name in interpolated)


# --- Dockerfile -------------------------------------------------------------------------------------------------------
def _stages() -> dict[str, str]:
    parts = re.split(r"^FROM (\S+) AS (\S+)$", DOCKERFILE, flags=re.MULTILINE)[1:]
    return {parts[at + 1]: parts[at] + parts[at + 2] for at in range(0, len(parts), 3)}


def test_base_images_are_pinned_and_documented():
    images = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert len(images) == len(_stages()) >= 4
    for image in images:
        assert re.search(r":\d+\.\d+\.\d+", image), image
        assert f"`{image}`" in OPERATIONS


@pytest.mark.parametrize("stage", ["portal", "proxy"])
def test_images_that_run_do_not_run_as_root(stage):
    users = re.findall(r"^USER (\S+)", _stages()[stage], re.MULTILINE)
    assert users
    assert users[-1] not in {"root", "0"}


def test_images_that_run_carry_no_build_tools_and_no_secret():
    portal = _stages()["portal"]
    assert "uv sync" not in portal
    assert "group build" not in portal
    assert not re.search(r"(?i)(SECRET_KEY|PASSWORD)\s*=", DOCKERFILE)
    assert not re.search(r"^ARG ", DOCKERFILE, re.MULTILINE)


def test_the_image_has_the_system_packages_that_one_machine_needs():
    lines = re.search(r"RUN_PACKAGES=\((.*?)\n\)", (ROOT / "bin/lib.sh").read_text(), re.DOTALL).group(1)
    packages = set(re.findall(r'"(\S+) ', lines)) - {"python3-venv"}
    assert {"ffmpeg", "bubblewrap"} <= packages
    assert packages <= set(_stages()["portal"].split())


def test_the_image_takes_in_only_what_is_listed():
    lines = (ROOT / ".dockerignore").read_text().split()
    assert lines[0] == "*"
    listed = {line[1:].rstrip("/") for line in lines if line.startswith("!")}
    assert {"portal", "foundation", "courses", "teleconsults", "cpd", "templates", "static", "uv.lock"} <= listed
    assert not listed & {".git", ".env", "var", "tests", ".venv"}
    assert {"deploy/secrets/", "deploy/tls/"} <= set(lines)
    missing = {name for name in listed if not (ROOT / name).exists()}
    assert not missing


def test_versions_agree_with_the_lock_files():
    version = (ROOT / ".python-version").read_text().strip()
    assert f"python:{version}." in DOCKERFILE
    assert f"uv=={re.search(r'UV_VERSION=(\S+)', (ROOT / 'bin/lib.sh').read_text()).group(1)}" in DOCKERFILE
    release = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE).group(1)
    for name in ("web", "nginx"):
        assert COMPOSE["services"][name]["image"].endswith(f":{release}")


# --- nginx ------------------------------------------------------------------------------------------------------------
FILM, OTHER_FILM = f"{'a' * 32}/{'1' * 16}", f"{'b' * 32}/{'2' * 16}"
FILM_BYTES = bytes(range(200))
# As far as a signature goes; no row is needed.
WATCHER, OTHER = User(pk=7, password="one"), User(pk=8, password="two")


def _film_key() -> bytes:
    printed = io.StringIO()
    call_command("film_key", stdout=printed)
    return printed.getvalue().encode()


class Portal(http.server.BaseHTTPRequestHandler):
    """Stands for the portal: hands videos over to nginx, and tells what it was asked."""

    def do_GET(self) -> None:
        self.send_response(200)
        if self.path.startswith("/v/"):
            self.send_header("X-Accel-Redirect", "/protected/video/a/1080.mp4")
            self.send_header("Cache-Control", "private, max-age=86400, immutable")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = f"{self.headers['X-Forwarded-For']} {self.headers['X-Forwarded-Proto']}".encode()
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of an nginx that runs our configuration, with its addresses and folders replaced by ones of here."""
    if NGINX is None:
        pytest.skip("nginx is not installed")
    folder = tmp_path_factory.mktemp("nginx")
    for name, content in {
        "srv/static/app.1.css": b"body{}" * 100,
        "srv/static/app.1.css.br": b"brotli",
        "srv/static/app.1.css.gz": b"gzip",
        "srv/static/only.1.js": b"let a",
        "srv/static/font.1.woff2": b"font",
        "var/clean/video/a/1080.mp4": bytes(range(200)),
        f"var/clean/video/{FILM}/240.m4s": FILM_BYTES,
        f"var/clean/video/{FILM}/master.m3u8": b"#EXTM3U",
        f"var/clean/video/{OTHER_FILM}/240.m4s": b"another film",
        "film_key": _film_key(),
        "var/media/images/a.webp": b"picture",
        "var/media/documents/a.pdf": b"private",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (folder / "cache").mkdir()
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755)
    # pytest's own folders are for one user only; nginx's workers are another's when root starts them.
    user = "user root;" if Path("/root").stat().st_uid == folder.stat().st_uid else ""
    upstream = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Portal)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    port, plain_port = _free_port(), _free_port()
    main, pages = ((ROOT / "deploy/nginx" / name).read_text() for name in ("nginx.conf", "pages.conf"))
    replaced = {
        "web:8000": f"127.0.0.1:{upstream.server_port}",
        "listen 8080;": f"listen 127.0.0.1:{plain_port};",
        "listen 8443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        "/tmp/": f"{folder}/",  # the text of the configuration
        "/srv": f"{folder}/srv",
        "/var/lib/portal": f"{folder}/var",
        "/var/cache/nginx": f"{folder}/cache",
        "/dev/stderr": f"{folder}/error.log",
        "/dev/stdout": f"{folder}/access.log",
        "/etc/nginx/pages.conf": f"{folder}/pages.conf",
        "/etc/nginx/tls": str(folder),
        "/run/secrets/film_key": f"{folder}/film_key",
    }
    version = subprocess.run([NGINX, "-v"], capture_output=True, text=True, check=True).stderr
    if tuple(map(int, re.findall(r"\d+", version)[:2])) < (1, 25):
        replaced |= {f"listen {8443} ssl;": f"listen 127.0.0.1:{port} ssl http2;", "http2 on;": ""}
    for old, new in replaced.items():
        main, pages = main.replace(old, new), pages.replace(old, new)
    _make_certificate(folder)
    (folder / "nginx.conf").write_text(f"{user}\n{main}")
    (folder / "pages.conf").write_text(pages)
    command = [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf")]
    tested = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert tested.returncode == 0, tested.stderr
    assert "[warn]" not in tested.stderr
    process = subprocess.Popen([*command, "-g", "daemon off;"])
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=10)
        upstream.shutdown()


def _make_certificate(folder: Path) -> None:
    names = ["-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem"), "-subj", "/CN=localhost"]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", *names],
        check=True,
        capture_output=True,
    )


def _wait_for(port: int) -> None:
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("nginx does not listen")


def _connect(port: int) -> HTTPConnection:
    import ssl
    from http.client import HTTPSConnection

    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return HTTPSConnection("127.0.0.1", port, context=context, timeout=10)


def _begin_post(port: int, path: str, length: int) -> HTTPConnection:
    """A request whose body is still to come."""
    connection = _connect(port)
    connection.putrequest("POST", path)
    connection.putheader("Content-Length", str(length))
    connection.endheaders()
    return connection


def _get(port: int, path: str, **headers: str) -> tuple[HTTPResponse, bytes]:
    connection = _connect(port)
    connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    response = connection.getresponse()
    return response, response.read()


def test_nginx_sends_static_files_as_the_browser_likes_them(nginx):
    for accepted, encoding, body in [
        ("gzip, br", "br", b"brotli"),
        ("gzip", "gzip", b"gzip"),
        ("", None, b"body{}" * 100),
    ]:
        response, content = _get(nginx, "/static/app.1.css", Accept_Encoding=accepted)
        assert (response.status, response.headers["Content-Encoding"], content) == (200, encoding, body)
        assert response.headers["Content-Type"] == "text/css"
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert response.headers["Vary"] == "Accept-Encoding"


def test_nginx_sends_static_files_that_have_no_compressed_twin(nginx):
    for path, content in [("/static/only.1.js", b"let a"), ("/static/font.1.woff2", b"font")]:
        response, body = _get(nginx, path, Accept_Encoding="gzip, br")
        assert (response.status, body) == (200, content)
    assert _get(nginx, "/static/none.css", Accept_Encoding="br")[0].status == 404


def _film(user: User = WATCHER, directory: str = FILM, *, for_s: float = 60) -> str:
    return signed_prefix(directory, user=user, expires=int(time.time() + for_s))


def _cookie(user: User = WATCHER) -> str:
    return f"watcher={watcher_key(user)}"


def test_nginx_sends_a_film_to_whom_it_was_signed_for_without_asking_the_portal(nginx):
    response, body = _get(nginx, f"{_film()}240.m4s", Cookie=_cookie())
    assert (response.status, body) == (200, FILM_BYTES)
    assert response.headers["Content-Type"] == "video/iso.segment"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "private, max-age=86400, immutable"
    response, body = _get(nginx, f"{_film()}240.m4s", Cookie=_cookie(), Range="bytes=-5")
    assert (response.status, body) == (206, FILM_BYTES[-5:])
    assert _get(nginx, f"{_film()}240.m4s", Cookie=_cookie(), Range="bytes=999-")[0].status == 416
    response, _ = _get(nginx, f"{_film()}master.m3u8", Cookie=_cookie())
    assert response.headers["Content-Type"] == "application/vnd.apple.mpegurl"


def test_nginx_refuses_addresses_of_others_and_old_ones(nginx):
    assert _get(nginx, f"{_film(OTHER)}240.m4s", Cookie=_cookie())[0].status == 403
    assert _get(nginx, f"{_film()}240.m4s", Cookie=_cookie(OTHER))[0].status == 403
    assert _get(nginx, f"{_film(for_s=-5)}240.m4s", Cookie=_cookie())[0].status == 410


def test_nginx_refuses_a_changed_address(nginx):
    right = f"{_film()}240.m4s"
    directory, version = FILM.split("/")
    changed = [
        right.replace(FILM, OTHER_FILM),
        right.replace("/7/", "/8/"),
        right.replace("/v/1", "/v/2"),
        right.replace("240.m4s", f"../../{OTHER_FILM}/240.m4s"),
        right.replace("240.m4s", f"%2e%2e/%2e%2e/{OTHER_FILM}/240.m4s"),
        right.replace("240.m4s", f"..%2f..%2f{OTHER_FILM}/240.m4s"),
        right.replace(FILM, f"{directory}%2f{version}"),
        right.replace(FILM, f"{OTHER_FILM}/../../{FILM}"),
        right.replace("240.m4s", "./240.m4s"),
        right.replace("240.m4s", "/240.m4s"),
        right.replace("240.m4s", "%3240.m4s"),
        right.replace("240.m4s", ""),
        right.replace("240.m4s", "240.html"),
        right.replace(_film(), "/v/"),
        f"/v/../protected/video/{FILM}/240.m4s",
    ]
    for address in changed:
        response, body = _get(nginx, address, Cookie=_cookie())
        assert response.status in {400, 403, 404}, address
        assert FILM_BYTES not in body


def test_nginx_sends_a_part_of_a_video_after_the_portal_said_yes(nginx):
    """To a browser without the cookie: the portal knows it by its session."""
    response, body = _get(nginx, f"{_film()}240.m4s", Range="bytes=10-19")
    assert (response.status, body) == (206, bytes(range(10, 20)))
    assert response.headers["Content-Range"] == "bytes 10-19/200"
    assert response.headers["Cache-Control"] == "private, max-age=86400, immutable"


def test_nginx_names_a_film_that_is_to_be_kept(nginx):
    named = _get(nginx, f"{_film()}240.m4s?download=ca-benh-240p", Cookie=_cookie())[0]
    assert named.headers["Content-Disposition"] == 'attachment; filename="ca-benh-240p.mp4"'
    for forged in ("", "x%22;a=", 'x";a=', "A", "x.exe"):
        response = _get(nginx, f"{_film()}240.m4s?download={forged}", Cookie=_cookie())[0]
        assert response.headers["Content-Disposition"] is None, forged


def test_nginx_gives_no_file_without_the_portal(nginx):
    assert _get(nginx, "/protected/video/a/1080.mp4")[0].status == 404
    assert _get(nginx, "/media/documents/a.pdf")[0].status == 404
    assert _get(nginx, "/media/images/../documents/a.pdf")[0].status == 404
    assert _get(nginx, "/media/images/a.webp")[1] == b"picture"


def test_nginx_logs_no_secret_of_an_address(nginx, tmp_path_factory):
    secret = "a1b2-secret"
    _get(nginx, f"{_film()}240.m4s", Cookie=_cookie())
    cut = ["/vi/account/password/reset/key/", "/en/account/confirm-email/", "/c/", "/vi/check/", "/v/"]
    for path in cut:
        _get(nginx, f"{path}{secret}/more")
    _get(nginx, "/vi/courses/dengue/")
    log = next(tmp_path_factory.getbasetemp().glob("nginx*/access.log"))
    for _ in range(40):
        lines = log.read_text()
        if "/vi/courses/dengue/" in lines:
            break
        time.sleep(0.05)
    assert '"GET /vi/courses/dengue/" 200' in lines
    assert secret not in lines
    assert "/7/" not in lines
    for path in [path for path in cut if path != "/v/"]:  # what is below it and no address is refused
        assert f'"GET {path}-" 200' in lines


def test_nginx_tells_the_portal_the_true_address(nginx):
    assert _get(nginx, "/vi/", X_Forwarded_For="1.2.3.4")[1] == b"127.0.0.1 https"


@pytest.mark.parametrize("language", ["vi", "en"])
def test_nginx_takes_big_files_at_the_upload_only(nginx, language):
    size = 21 * 1024**2
    upload = _begin_post(nginx, f"/{language}/teleconsults/upload/", size)
    upload.send(bytes(size))
    assert upload.getresponse().status == 200
    for path in ("", "upload/more/", "a/edit/"):
        assert _begin_post(nginx, f"/{language}/teleconsults/{path}", size).getresponse().status == 413
    assert _begin_post(nginx, f"/{language}/teleconsults/upload/", 5 * 1024**3).getresponse().status == 413


@pytest.mark.parametrize("language", ["vi", "en"])
def test_nginx_takes_a_piece_of_an_upload_and_no_more(nginx, language):
    path = f"/{language}/video/uploads/0123456789abcdef"
    piece = _begin_post(nginx, path, 8 * 1024**2)
    piece.send(bytes(8 * 1024**2))
    assert piece.getresponse().status == 200
    assert _begin_post(nginx, path, 21 * 1024**2).getresponse().status == 413
    assert _begin_post(nginx, f"/{language}/teleconsults/upload/0123/finish/", 21 * 1024**2).getresponse().status == 413


def test_nginx_takes_a_few_uploads_at_a_time_from_one_address(nginx):
    slow = [_begin_post(nginx, "/vi/teleconsults/upload/", 100) for _ in range(8)]
    time.sleep(0.3)
    assert _begin_post(nginx, "/vi/teleconsults/upload/", 100).getresponse().status == 429
    assert _get(nginx, "/vi/teleconsults/")[0].status == 200
    for connection in slow:
        connection.close()
