"""What the commands in bin/ share: missing packages, settings from .env, counting tests, finding machine paths."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]


def in_shell(script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", f"set -euo pipefail; source {ROOT}/bin/lib.sh; {script}"],
        cwd="/",
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_root_the_missing_packages_are_named_with_the_command():
    done = in_shell(
        'id() { echo 1000; }; RUN_PACKAGES=("one cmd:no-such-1" "two lib:no-such-2.so"); install_packages run'
    )
    assert done.returncode == 2
    assert "sudo apt-get install -y one two" in done.stderr


def test_nothing_is_said_when_nothing_is_missing():
    done = in_shell('RUN_PACKAGES=("bash cmd:bash"); TEST_PACKAGES=(); install_packages test')
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_settings_of_the_env_file_yield_to_the_environment(tmp_path):
    (tmp_path / ".env").write_text(
        "# PORTAL_MODE=production\n"
        "PORTAL_MAIL_FROM=Liên Tuyến <post@portal.example>\n"
        'PORTAL_BASE_URL="https://portal.example"\n'
        "PORTAL_MAIL_PORT=25\n"
        "PATH=/nowhere"
    )
    show = 'echo "${PORTAL_MODE-unset}|$PORTAL_MAIL_FROM|$PORTAL_BASE_URL|$PORTAL_MAIL_PORT"; command -v sh'
    done = in_shell(f"ROOT={tmp_path}; load_env_file; {show}", PORTAL_MAIL_PORT="587")
    assert done.stdout.splitlines()[0] == "unset|Liên Tuyến <post@portal.example>|https://portal.example|587"
    assert done.returncode == 0


def test_a_lock_file_that_changed_changes_the_fingerprint(tmp_path):
    lock = tmp_path / "lock"
    lock.write_text("a")
    first = in_shell(f"fingerprint {lock}").stdout
    lock.write_text("b")
    assert len(first.strip()) == 32
    assert in_shell(f"fingerprint {lock}").stdout != first


def summary(*files: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, ROOT / "bin/checks/test_summary.py", *files]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_summary_adds_both_databases_up(tmp_path):
    suite = '<testsuites><testsuite tests="{}" failures="{}" errors="0" skipped="1" time="2.5"/></testsuites>'
    (tmp_path / "SQLite.xml").write_text(suite.format(10, 0))
    (tmp_path / "PostgreSQL.xml").write_text(suite.format(8, 0))
    done = summary(tmp_path / "SQLite.xml", tmp_path / "PostgreSQL.xml")
    assert done.stdout.splitlines()[-1] == "Total: 16 passed, 0 failed, 2 skipped"
    assert done.returncode == 0
    (tmp_path / "SQLite.xml").write_text(suite.format(10, 1))
    assert summary(tmp_path / "SQLite.xml").returncode == 1


def test_a_run_of_no_test_is_no_success(tmp_path):
    (tmp_path / "SQLite.xml").write_text(
        '<testsuites><testsuite tests="0" failures="0" errors="0" skipped="0"/></testsuites>'
    )
    assert summary(tmp_path / "SQLite.xml").returncode == 1
    assert summary().returncode == 1


def test_paths_of_somebodys_machine_are_found():
    sys.path.insert(0, str(ROOT / "bin" / "checks"))
    try:
        from machine_paths import MACHINE_PATH
    finally:
        sys.path.pop(0)
    home, user = "/home", "/Users"
    for text in (f"open('{home}/an/portal')", f"cd {user}/an/x", f"{'/root'}/.cache"):
        assert MACHINE_PATH.search(text), text
    for text in ("/srv/static/a.css", "https://portal.example/work/x", "docs/home/page", "/vi/home/", "../work/a"):
        assert not MACHINE_PATH.search(text), text
