"""The pages of sign-in in a real browser: links that hold a secret, and who cannot see or point."""

from collections.abc import Iterator
from datetime import date

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page

from tests.integration.portal.signin.conftest import BORN, Clinic, first
from tests.integration.portal.signin.phone import Phone, looked, settled

# A telephone that asks for a finger, of Chromium's own making.
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
ANOTHER_VISIT = b"""
    INSERT INTO access.session (secret_hash, person, ends_at)
    SELECT sha256(address::bytea), person, now() FROM access.contact WHERE address = %s
    RETURNING session
"""


@pytest.fixture
def phone(chromium: Chromium, clinic: Clinic) -> Iterator[Phone]:
    made = Phone(chromium, clinic)
    yield made
    made.context.close()


def test_a_links_secret_leaves_the_address_bar(clinic: Clinic, phone: Phone, number: str) -> None:
    """The code stands in the form, and neither in the address nor one step back."""
    code = clinic.invited(clinic.patient(number))
    phone.page.goto(f"/c#{code}")
    assert phone.page.locator("[name=code]").input_value() == code
    assert code not in phone.page.url
    assert phone.page.evaluate("document.activeElement.name") == "day"
    phone.born()
    phone.press("Continuar")  # results are shown at once
    phone.page.wait_for_url("**/scans")
    assert not phone.errors


def test_a_link_signs_in_by_one_press(clinic: Clinic, phone: Phone, number: str) -> None:
    """In the browser that asked; the token is no longer in its address."""
    clinic.browser().claim(clinic.invited(clinic.patient(number)))
    phone.page.goto("/signin")
    phone.page.locator("[name=address]").fill(number)
    phone.press("Enviarme un mensaje")
    phone.page.wait_for_url("**/signin/*")
    clinic.prompt()
    token = first(r"/l#([\w-]{43})", clinic.texts()[0])
    phone.page.goto(f"/l#{token}")
    phone.page.get_by_role("button", name="Sí, quiero entrar").wait_for()
    assert token not in phone.page.url
    phone.press("Sí, quiero entrar")
    phone.page.wait_for_url("**/scans")
    assert not phone.errors


def test_without_scripts_code_and_digits_are_typed(
    chromium: Chromium, clinic: Clinic, number: str
) -> None:
    """Nothing is hidden from whoever has none, and the link says what to do instead."""
    phone = Phone(chromium, clinic, scripts=False)
    code = clinic.invited(clinic.patient(number))
    phone.page.goto(f"/c#{code}")
    phone.page.locator("[name=code]").fill(code)
    phone.born()
    phone.page.get_by_label("Junto con el informe").check()
    phone.press("Continuar")
    phone.page.wait_for_url("**/scans")
    phone.page.goto("/l#x")
    assert phone.page.get_by_text("seis cifras").is_visible()
    assert not phone.page.get_by_role("button", name="Sí, quiero entrar").is_visible()
    phone.context.close()


def wronged(page: Page, code: str) -> Iterator[int]:
    """Send five wrong birth dates, and yield the number of each once it is answered."""
    page.goto(f"/c#{code}")
    page.locator("[name=day]").fill("1")
    page.locator("[name=month]").select_option("1")
    page.locator("[name=year]").fill("1900")
    for count in range(1, 6):
        page.locator("main form button").first.click()
        page.get_by_role("alert").wait_for()
        yield count


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_page_is_for_everybody(
    clinic: Clinic, phone: Phone, number: str, language: str
) -> None:
    """Signed out, after a slip of the pen, locked, and signed in."""
    page = phone.page
    page.set_extra_http_headers({"accept-language": language})
    record = clinic.patient(number)
    digits = f"/signin/{record}"  # of no request, which nobody is told
    for path in ("/", "/claim", "/signin", digits, "/l", "/h"):
        page.goto(path)
        looked(page, path)
    for path, field in (("/signin", "address"), ("/h", "code"), (digits, "code")):
        page.goto(path)
        page.locator(f"[name={field}]").fill("what?")
        page.locator("main form button").first.click()
        page.get_by_role("alert").wait_for()
        looked(page, f"{path} after a slip")
    for count in wronged(page, clinic.invited(record)):
        if count in {1, 5}:  # the form with its error, and the page that says whom to call
            looked(page, f"wrong birth date {count}")
    child = clinic.patient(f"{number}7", born=BORN.replace(year=date.today().year - 9))  # noqa: DTZ011
    page.goto(f"/c#{clinic.invited(child)}")
    page.locator("[name=day]").fill(str(BORN.day))
    page.locator("[name=month]").select_option(str(BORN.month))
    page.locator("[name=year]").fill(str(date.today().year - 9))  # noqa: DTZ011
    page.locator("main form button").first.click()
    page.locator("[name=name]").wait_for()
    looked(page, "a child's code")
    settled(clinic, phone, record)
    for path in (
        "/wish",
        "/contact",
        digits.replace("signin", "contact"),
        "/settings",
        "/helpers",
        "/claim",
    ):
        page.goto(path)
        looked(page, path)
    assert not phone.errors


@pytest.mark.parametrize("language", ["en", "es"])
def test_finger_or_face_instead_of_a_message(
    clinic: Clinic, phone: Phone, number: str, language: str
) -> None:
    """Offered on the second visit; set up, used, taken out, and refused from then on."""
    page, send = phone.page, phone.context.new_cdp_session(phone.page).send
    page.set_extra_http_headers({"accept-language": language})
    send("WebAuthn.enable")
    made = send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    owner = {"authenticatorId": made["authenticatorId"], "isUserVerified": False}
    page.goto("/")
    settled(clinic, phone, clinic.patient(number))
    clinic.rows(ANOTHER_VISIT, number)
    page.goto("/scans")
    page.locator("[data-with-platform]").wait_for()
    looked(page, "/scans with the offer")
    send("WebAuthn.setUserVerified", owner)
    page.locator("form[action='/settings/passkeys'] button").click()
    page.locator("[data-failed]").wait_for()
    looked(page, "a passkey to be added")
    send("WebAuthn.setUserVerified", owner | {"isUserVerified": True})
    page.locator("[data-passkey] button").click()
    page.wait_for_url("**/settings")
    looked(page, "/settings with a passkey")
    came_back(page)
    page.wait_for_url("**/wish")
    page.goto("/settings")
    taken_out = page.locator("form[action^='/settings/passkeys/'][action$='/end'] button")
    taken_out.click()
    taken_out.wait_for(state="detached")
    came_back(page)
    page.get_by_role("alert").wait_for()
    looked(page, "a passkey that was taken out")
    page.goto("/scans")
    assert page.url.endswith("/signin")
    assert not phone.errors


def came_back(page: Page) -> None:
    """Sign out, and in with finger or face."""
    page.locator(".foot form[action='/signout'] button").click()
    page.wait_for_url("**/")
    page.goto("/signin")
    with page.expect_response("**/passkey/answer"):
        page.locator("form[action='/passkey'] button").click()
