"""Issues certificates by the real job and sets the same pages with bare WeasyPrint, turn by turn in one run.

    .venv/bin/python -m benchmarks.certificates [N]          # N certificates, 100 by default

Runs in a database of its own: SQLite in a temporary folder, or a fresh one on the server of PORTAL_DATABASE_URL.
"""

import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

ROUND = 20  # certificates issued, then the same number set bare, so that both meet the same machine


def prepare() -> None:
    """Settings for a portal that nobody else sees; must run before Django is set up."""
    folder = Path(tempfile.mkdtemp(prefix="portal-benchmark-"))
    os.environ.update(
        PORTAL_MODE="test",
        PORTAL_SECRET_KEY="only-for-benchmarks-" + "x" * 40,
        PORTAL_VAR_DIR=str(folder),
        PORTAL_BROKER_URL="memory://",
        PORTAL_LOG_LEVEL="WARNING",
        DJANGO_SETTINGS_MODULE="portal.settings",
    )
    import django

    django.setup()


def measure(count: int) -> dict[str, float]:
    """Seconds of CPU and of the clock, for the job and for bare WeasyPrint."""
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration

    from cpd.actions import issue_certificates
    from cpd.jobs import issue_batch
    from cpd.models import Certificate
    from cpd.press import STYLE_SHEET, OurFontsOnly
    from cpd.typesetting import certificate_html, pdf_identifier
    from foundation.jobs.models import Job
    from foundation.jobs.runner import RowHandle, claim
    from tests.factories.cpd import ActivityFactory, CpdAdminFactory, CreditEntryFactory, IssuingBodyFactory, issued

    body = IssuingBodyFactory()
    admin = CpdAdminFactory(bodies=[body])
    activity = ActivityFactory(issuing_body=body)
    fetcher, fonts = OurFontsOnly(), FontConfiguration()
    style = CSS(string=STYLE_SHEET.read_text(encoding="utf-8"), font_config=fonts, url_fetcher=fetcher)

    def bare(certificate: Certificate) -> bytes:
        page = HTML(string=pages[certificate.pk], url_fetcher=fetcher)
        identifier = pdf_identifier(certificate.payload)
        result: bytes = page.write_pdf(stylesheets=[style], font_config=fonts, pdf_identifier=identifier)
        return result

    spent = {"job_s": 0.0, "job_cpu_s": 0.0, "bare_s": 0.0, "bare_cpu_s": 0.0}
    pages = {}
    warm = issued(activity=activity, by=admin)
    pages[warm.pk] = certificate_html(warm.payload)
    assert bare(warm) == bytes(warm.pdf)
    for _ in range(count // ROUND):
        batch = issue_certificates(CreditEntryFactory.create_batch(ROUND, activity=activity), by=admin)
        queued = Job.objects.latest_for(batch.job_subject)
        job = claim(queued.pk) if queued else None
        assert job is not None  # nobody else takes jobs here
        begun, begun_cpu = time.perf_counter(), time.process_time()
        issue_batch(RowHandle(job), batch_id=batch.pk)
        spent["job_s"] += time.perf_counter() - begun
        spent["job_cpu_s"] += time.process_time() - begun_cpu
        made = list(Certificate.objects.filter(entry__in=batch.rows.values("entry")))
        pages = {certificate.pk: certificate_html(certificate.payload) for certificate in made}
        begun, begun_cpu = time.perf_counter(), time.process_time()
        for certificate in made:
            bare(certificate)
        spent["bare_s"] += time.perf_counter() - begun
        spent["bare_cpu_s"] += time.process_time() - begun_cpu
    numbers = sorted(Certificate.objects.values_list("number", flat=True))
    assert numbers == list(range(1, count // ROUND * ROUND + 2)), "serials with gaps"
    return spent


def main() -> None:
    count = max(ROUND, int(sys.argv[1]) if len(sys.argv) > 1 else 100) // ROUND * ROUND
    prepare()
    from django.db import connection
    from django.test.utils import setup_test_environment

    setup_test_environment(debug=False)
    if connection.vendor == "sqlite":  # a file, as in a real portal, not memory
        connection.settings_dict["TEST"]["NAME"] = str(Path(os.environ["PORTAL_VAR_DIR"]) / "benchmark.sqlite3")
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        spent = measure(count)
    finally:
        connection.creation.destroy_test_db("", verbosity=0)
    per_minute, floor = count / spent["job_s"] * 60, count / spent["bare_s"] * 60
    print(f"{count} certificates on {connection.vendor}, one process, rounds of {ROUND}")
    print(f"{'':24}{'per minute':>12}{'ms each':>10}{'CPU ms each':>13}")
    for label, name in (("issued by the job", "job"), ("bare WeasyPrint", "bare")):
        seconds, cpu = spent[f"{name}_s"], spent[f"{name}_cpu_s"]
        print(f"{label:24}{count / seconds * 60:12.0f}{seconds / count * 1000:10.1f}{cpu / count * 1000:13.1f}")
    print(f"largest memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")
    figures = {
        "per_minute": round(per_minute),
        "floor_per_minute": round(floor),
        "over_floor": round(per_minute / floor, 3),
        "over_floor_cpu": round(spent["bare_cpu_s"] / spent["job_cpu_s"], 3),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
