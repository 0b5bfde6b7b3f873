"""The second step at sign-in, on the demo portal that asks it of staff: an app's code, a passkey, a recovery code."""

import pytest
from allauth.mfa.totp.internal import auth as totp
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import DESK, PHONE, NewPage, demo_password, sign_in
from tests.processes import PortalStack

MODERATOR, OFFICER = "moderator@lientuyen.example", "deid-1@lientuyen.example"


@pytest.fixture
def open_page(demo_portal: PortalStack, new_page: NewPage):
    """A page at localhost: browsers keep passkeys for names, never for numbers."""

    def arrive(**options) -> Page:
        return new_page(demo_portal, base_url=demo_portal.base_url.replace("127.0.0.1", "localhost"), **options)

    return arrive


def code_now(secret: str) -> str:
    return totp.format_hotp_value(totp.hotp_value(secret, next(totp.yield_hotp_counters_from_time())))


def give_authenticator(page: Page) -> None:
    """Plug in a device that keeps passkeys and answers with its owner's finger."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    device = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    device |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    session.send("WebAuthn.addVirtualAuthenticator", {"options": device})


def sign_out(page: Page) -> None:
    page.goto("/vi/account/logout/")
    page.locator("main form button").first.click()
    page.wait_for_url(lambda url: "/logout/" not in url)


def code_field(page: Page) -> Locator:
    return page.locator("main [name=code]")


def give_code(page: Page, code: str) -> None:
    code_field(page).fill(code)
    page.locator("main form:has([name=code]) button[type=submit]").click()


def test_staff_set_up_a_second_step_and_sign_in_with_each_kind(demo_portal, open_page):
    page, password = open_page(viewport=DESK), demo_password(demo_portal)
    give_authenticator(page)
    sign_in(page, MODERATOR, password)
    for path in ("/vi/home/", "/admin/"):
        page.goto(path)
        page.wait_for_url("**/account/2fa/")
    expect(page.locator(".messages")).to_contain_text("thêm một bước xác thực")

    page.locator("main a[href$='/2fa/totp/activate/']").click()
    page.wait_for_url("**/account/reauthenticate/**")
    page.locator("main [name=password]").fill(password)
    page.locator("main form button[type=submit]").click()
    page.locator("main details summary").click()
    give_code(page, code_now(page.locator("main details .mono").inner_text()))
    page.wait_for_url("**/recovery-codes/")
    recovery_codes = page.locator("#recovery-codes li").all_inner_texts()
    assert len(recovery_codes) == 10
    page.goto("/vi/home/")
    assert page.url.endswith("/vi/home/")

    page.goto("/vi/account/2fa/")
    page.locator("main a[href$='/2fa/webauthn/add/']").click()
    page.locator("main [name=name]").fill("Điện thoại của khoa")
    page.locator("main [name=passwordless]").check()
    page.locator("#mfa_webauthn_add").click()
    page.wait_for_url("**/account/2fa/")
    page.locator("main a[href$='/2fa/webauthn/']").click()
    expect(page.locator("main")).to_contain_text("Điện thoại của khoa")

    sign_out(page)
    page.goto("/vi/account/login/")
    page.locator("#passkey_login").click()
    page.wait_for_url("**/vi/home/")

    sign_out(page)
    sign_in(page, MODERATOR, password)
    page.locator("#mfa_webauthn_authenticate").click()
    page.wait_for_url("**/vi/home/")

    for outcome in ("**/vi/home/", "**/2fa/authenticate/"):  # a recovery code opens once
        sign_out(page)
        sign_in(page, MODERATOR, password)
        give_code(page, recovery_codes[0])
        page.wait_for_url(outcome)
    expect(page.locator("main [role=alert], main .field__error").first).to_be_visible()


def test_a_code_of_the_app_opens_and_a_wrong_one_gets_a_sentence(demo_portal, open_page):
    secret = demo_portal.python(f"""
from allauth.mfa.totp.internal import auth as totp
from foundation.accounts.models import User
secret = totp.generate_totp_secret()
totp.TOTP.activate(User.objects.get(email="{OFFICER}"), secret)
print(secret)
""").splitlines()[-1]
    page = open_page(viewport=PHONE)
    sign_in(page, OFFICER, demo_password(demo_portal))
    expect(code_field(page)).to_be_visible()
    page.goto("/vi/home/")  # the password alone opens nothing
    page.wait_for_url("**/2fa/authenticate/")
    # Who has no key is not asked for one.
    expect(page.locator("#mfa_webauthn_authenticate")).to_have_count(0)
    give_code(page, "000000")
    expect(page.locator("main .field__error, main [role=alert]").first).to_be_visible()
    give_code(page, code_now(secret))
    page.wait_for_url("**/vi/home/")
