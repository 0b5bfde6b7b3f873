"""A film whose files lie in a bucket of another origin: all that a page shows of it comes from there, and counts."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import pytest
from moto.moto_server import werkzeug_app
from moto.server import ThreadedMotoServer
from playwright.sync_api import Page, Response, expect

from tests.browser.conftest import DESK, NewPage
from tests.browser.people import Watcher
from tests.browser.watching import drag_to, press_play, wait_for_second
from tests.processes import BASE_DIR, PortalStack
from tests.video.conftest import H264, SOUND, make_clip

KEYS = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
SEED = """
import json
from django.core.files import File
from django.test import Client
from foundation.jobs.models import Job
from foundation.jobs.runner import run_job
from foundation.video.actions import keep_captions, receive_upload
from tests.factories.accounts import PractitionerFactory, UserFactory
from tests.factories.teleconsults import RecordingFactory

author = UserFactory()
with open("{clip}", "rb") as film:
    video = receive_upload(File(film, name="phim.mp4"), by=author)
for kind in ("video.probe", "video.encode"):
    run_job(Job.objects.get(kind=kind).pk)
video.refresh_from_db()
keep_captions(video, language="vi", text="1\\n00:00:01,000 --> 00:00:09,000\\nTruyền dịch", by=author)
recording = RecordingFactory(author=author, video=video, published=True)
client = Client()
client.force_login(PractitionerFactory(verified=True).user)
print(json.dumps({{"recording": recording.public_id, "session": client.cookies["sessionid"].value}}))
"""
PLAINLY = """
address => new Promise((resolve, reject) => {
  const video = document.createElement("video");
  video.addEventListener("loadedmetadata", () => resolve(video.duration));
  video.addEventListener("error", () => reject(video.error.message));
  video.src = address;
})
"""


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    """A service that speaks S3 and lets a page read of a bucket what the bucket's own rule says."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(werkzeug_app, "DISABLE_GLOBAL_CORS", True)
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        yield "http://{}:{}".format(*server.get_host_and_port())
        server.stop()


@pytest.fixture(scope="module")
def seed(service, new_portal, tmp_path_factory) -> Iterator[tuple[PortalStack, dict[str, str]]]:
    """A portal with its films in buckets, and one film; no worker."""
    settings = {
        "PORTAL_S3_QUARANTINE_BUCKET": "originals",
        "PORTAL_S3_CLEAN_BUCKET": "films",
        "PORTAL_S3_ENDPOINT": service,
        "PORTAL_S3_REGION": KEYS["region_name"],
        "PORTAL_S3_ACCESS_KEY": KEYS["aws_access_key_id"],
        "PORTAL_S3_SECRET_KEY": KEYS["aws_secret_access_key"],
        "PORTAL_VIDEO_PRESET": "ultrafast",
    }
    clip = film_of_three_slides(tmp_path_factory.mktemp("clip") / "film.mp4")
    with new_portal("bucket", **settings) as stack:
        client = boto3.client("s3", endpoint_url=service, **KEYS)
        for bucket in ("originals", "films"):
            client.create_bucket(Bucket=bucket)
        client.put_bucket_cors(Bucket="films", CORSConfiguration=rule_of_the_handbook(stack.base_url))
        stack.start_broker()
        made = json.loads(stack.python(SEED.format(clip=clip)).splitlines()[-1])
        stack.start_web()
        yield stack, made
        stack.kill("web")  # politely, it would wait for lines that the browser holds


def film_of_three_slides(path: Path) -> Path:
    box = "drawbox=x={0}00:y={0}00:w=150:h=150:color={1}:t=fill:enable='between(t,{2},{2}+3.99)'"
    boxes = ",".join(box.format(number, color, 4 * number) for number, color in enumerate(("red", "green", "blue")))
    picture = ["-f", "lavfi", "-i", "color=white:size=640x360:rate=5"]
    return make_clip(path, *picture, *SOUND, "-vf", boxes, *H264, "-c:a", "aac", length_s=12)


def rule_of_the_handbook(portal: str) -> dict:
    """What docs/operations.md tells operators to give to the bucket."""
    text = (BASE_DIR / "docs/operations.md").read_text(encoding="utf-8")
    [rule] = re.findall(r'```json\n(\{"CORSRules".*?)```', text, re.DOTALL)
    assert "https://portal.example" in rule
    found: dict = json.loads(rule.replace("https://portal.example", portal))
    return found


class FromBucket:
    """What a page got of the bucket, by the file's name: how it was answered, and under which addresses."""

    def __init__(self, page: Page, service: str) -> None:
        self.service = service
        self.statuses: dict[str, set[int]] = defaultdict(set)
        self.addresses: dict[str, set[str]] = defaultdict(set)
        page.on("response", self._note)

    def _note(self, answer: Response) -> None:
        if answer.url.startswith(self.service):
            name = urlsplit(answer.url).path.rpartition("/")[2]
            self.statuses[name].add(answer.status)
            self.addresses[name].add(answer.url)


def test_a_film_in_a_bucket_plays_counts_and_is_kept(seed, service, new_page: NewPage):
    portal, made = seed
    page, watcher = new_page(portal, viewport=DESK), Watcher()
    watcher.watch(page.context)
    page.context.add_cookies([{"name": "sessionid", "value": made["session"], "url": portal.base_url}])
    got = FromBucket(page, service)
    answer = page.goto(f"/vi/teleconsults/{made['recording']}/", wait_until="networkidle")
    assert answer
    assert origins_allowed_by(answer) == {kind: {service} for kind in ("connect-src", "media-src", "img-src")}
    assert got.statuses["poster.webp"] == {200}

    # Without a script, and where the browser plays by itself, it is a plain file.
    video, quality = page.locator("video"), page.locator("[data-player-quality]")
    plain = video.locator("source").get_attribute("src")
    assert 11.5 < page.evaluate(PLAINLY, plain) < 12.5
    assert got.statuses["small.mp4"] == {206}

    quality.select_option("saver")
    press_play(page)
    expect(video).to_have_js_property("videoHeight", 240)
    assert got.statuses["saver.m4s"] == got.statuses["voice.m4s"] == {206}
    assert len(got.addresses["saver.m4s"]) == 1, "one address a quality, none a segment"
    page.locator("[data-player-captions]").select_option("vi")
    expect(page.locator("video > track")).to_have_js_property("readyState", 2)

    strip = page.locator("[data-player-strip]").bounding_box()
    assert strip
    with page.expect_response(lambda answer: answer.url.startswith(f"{service}/films/") and "sprites" in answer.url):
        page.mouse.move(strip["x"] + strip["width"] * 0.7, strip["y"] + strip["height"] / 2)
    page.mouse.move(0, 0)
    drag_to(page, share=0.5)
    wait_for_second(page, 9)

    quality.select_option("slides")
    slide = page.locator("[data-player-slides] img").last
    expect(slide).to_have_js_property("naturalHeight", 360)
    drag_to(page, share=0.9)
    wait_for_second(page, 11)
    assert len([name for name in got.statuses if name.startswith("slides-")]) >= 2
    with page.expect_response(lambda answer: "/beat" in answer.url) as told:
        video.evaluate("video => video.pause()")
    counted = told.value.json()
    assert counted["accepted"]
    assert counted["seconds_watched"] >= 2
    percent = f"{int(counted['coverage'] * 100)} %"
    expect(page.locator("[data-player-strip]")).to_have_attribute("aria-label", re.compile(percent))

    page.locator("a[href='#files']").click()
    links = page.locator("#files .list-row a[href*='/download/']")
    assert links.count() >= 2
    for number in range(links.count()):
        with page.expect_download() as begun:
            links.nth(number).click()
        assert re.fullmatch(r"[a-z0-9-]+-(\d+p|sound)\.(mp4|m4a)", begun.value.suggested_filename)
        assert begun.value.path().read_bytes()[4:8] == b"ftyp"
    assert watcher.origins == {portal.base_url, service}
    assert not watcher.complaints


def origins_allowed_by(answer: Response) -> dict[str, set[str]]:
    """The directives of the page's content policy that name another origin than the portal's, with these."""
    policy = [part.split() for part in answer.headers["content-security-policy"].split(";")]
    others = {kind: {source for source in sources if "://" in source} for kind, *sources in policy}
    return {kind: sources for kind, sources in others.items() if sources}
