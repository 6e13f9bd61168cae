"""Passkeys on the real database: offered late, bound to browser and person, used once."""

import html
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from httpx2 import Response

from tests.fakes.authenticator import Authenticator
from tests.integration.portal.signin.conftest import Browser, Clinic, first

OFFER = "/settings/passkeys/later"


def options(page: Response) -> str:
    """Return what a page has its script give to the browser."""
    return html.unescape(first(r'data-options="([^"]+)"', page.text))


def claimed(clinic: Clinic, number: str) -> tuple[UUID, Browser]:
    """Return a patient's record, and the browser in which they have claimed it."""
    record, browser = clinic.patient(number), clinic.browser()
    browser.claim(clinic.invited(record))
    return record, browser


def device_of(clinic: Clinic, browser: Browser) -> Authenticator:
    """Return the device on which who is signed in has added a passkey."""
    device = Authenticator(clinic.edges.settings.portal_url)
    page = browser.post("/settings/passkeys/add", answer=created(device, browser))
    assert page.url.path == "/settings"
    return device


def created(device: Authenticator, browser: Browser) -> str:
    """Return the device's answer to the page that asks for a new passkey."""
    return device.create(options(browser.post("/settings/passkeys")))


def entered(device: Authenticator, browser: Browser) -> Response:
    """Sign in with a passkey."""
    return browser.post("/passkey/answer", answer=device.get(options(browser.post("/passkey"))))


def test_it_is_offered_after_the_second_sign_in(clinic: Clinic, number: str) -> None:
    """Not at the claim; and no more once it is there, or was declined."""
    _, browser = claimed(clinic, number)
    assert OFFER not in browser.get("/scans").text
    again = clinic.browser()
    waiting = clinic.signin(again, number)
    again.post(waiting.path, code=waiting.digits)
    assert OFFER in again.get("/scans").text
    device_of(clinic, again)
    assert OFFER not in again.get("/scans").text
    again.post(f"/settings/passkeys/{only(clinic, 'passkey')}/end")
    assert OFFER in again.get("/scans").text
    assert again.post(OFFER).url.path == "/scans"
    assert OFFER not in again.get("/scans").text


def only(clinic: Clinic, column: str) -> object:
    """Return a column of the newest passkey."""
    query = b"SELECT * FROM access.passkey ORDER BY made_at DESC LIMIT 1"
    (row,) = clinic.rows(query)
    return row[column]


def test_it_signs_in_until_it_is_taken_out(clinic: Clinic, number: str) -> None:
    """The same person, in a browser that was never here; each step stands in the log."""
    record, browser = claimed(clinic, number)
    device = device_of(clinic, browser)
    assert "Firefox, Linux" in browser.get("/settings").text
    other = clinic.browser()
    assert entered(device, other).url.path == "/wish"  # which was never answered
    assert other.signed_in
    browser.post(f"/settings/passkeys/{only(clinic, 'passkey')}/end")
    third = clinic.browser()
    page = entered(device, third)
    assert page.status_code == 403
    assert "taken out" in page.text
    assert not third.signed_in
    assert clinic.entries(record) == ["claimed", "passkey-added", "passkey-ended"]


def test_a_challenge_is_answered_once_and_in_the_browser_that_asked(
    clinic: Clinic, number: str
) -> None:
    """What was seen on the way, or made elsewhere, signs nobody in; nor does an old one."""
    device = device_of(clinic, claimed(clinic, number)[1])
    asking, thief = clinic.browser(), clinic.browser()
    answer = device.get(options(asking.post("/passkey")))
    assert thief.post("/passkey/answer", answer=answer).status_code == 403
    thief.post("/passkey")  # knows a browser's secret, but another one
    assert thief.post("/passkey/answer", answer=answer).status_code == 403
    assert not thief.signed_in
    asking.post("/passkey/answer", answer=answer)
    assert asking.signed_in
    asking.post("/signout")
    again = asking.post("/passkey/answer", answer=answer)
    assert again.status_code == 403
    assert "used already" in again.text
    late = device.get(options(asking.post("/passkey")))
    clinic.rows(b"UPDATE access.challenge SET expires_at = now() RETURNING 1")
    assert asking.post("/passkey/answer", answer=late).status_code == 403
    assert not asking.signed_in


def test_only_ones_own_passkey_signs_in(clinic: Clinic, number: str) -> None:
    """Not one of another origin, of another person, unknown, or which asked nobody."""
    device = device_of(clinic, claimed(clinic, number)[1])
    _, otto = claimed(clinic, f"{number}1")
    theirs = device_of(clinic, otto)
    for liar in (
        replace(device, origin="https://evil.example"),
        replace(device, flags=1),
        replace(device, user=theirs.user),
        replace(device, key=theirs.key),
        replace(device, credential=theirs.credential),
        Authenticator(device.origin, user=device.user),
    ):
        browser = clinic.browser()
        page = entered(liar, browser)
        assert page.status_code == 403
        assert 'role="alert"' in page.text
        assert not browser.signed_in
    for nonsense in ("", "{}", "null"):
        assert clinic.browser().post("/passkey/answer", answer=nonsense).status_code == 403


def test_it_is_added_for_who_is_signed_in_here_only(clinic: Clinic, number: str) -> None:
    """Another session's challenge, a sign-in's, a passkey that is somebody's: nothing is kept."""
    record, browser = claimed(clinic, number)
    _, otto = claimed(clinic, f"{number}1")
    device = Authenticator(clinic.edges.settings.portal_url)
    assert otto.post("/settings/passkeys/add", answer=created(device, browser)).status_code == 403
    stranger = clinic.browser()
    answer = created(device, browser)
    assert stranger.post("/settings/passkeys/add", answer=answer).url.path == "/signin"
    evil = replace(device, origin="https://evil.example")
    page = browser.post("/settings/passkeys/add", answer=created(evil, browser))
    assert page.status_code == 403
    known = device_of(clinic, otto)
    copy = replace(Authenticator(known.origin), credential=known.credential)
    page = browser.post("/settings/passkeys/add", answer=created(copy, browser))
    assert page.status_code == 403
    assert clinic.entries(record) == ["claimed"]


def test_a_copy_is_noticed_and_ends_the_passkey(clinic: Clinic, number: str) -> None:
    """A count that went back: neither of the two devices signs in from then on."""
    record, browser = claimed(clinic, number)
    device = device_of(clinic, browser)
    device.count = 7
    assert entered(device, clinic.browser()).status_code == 200
    copy = replace(device, count=6)
    thief = clinic.browser()
    page = entered(copy, thief)
    assert page.status_code == 403
    assert "second device" in page.text
    assert not thief.signed_in
    device.count = 8
    assert entered(device, clinic.browser()).status_code == 403
    assert clinic.entries(record) == ["claimed", "passkey-added", "passkey-copied"]
    assert browser.signed_in
    assert "su clave parecía copiada" in browser.get("/looked").text


def test_a_sheet_from_the_desk_ends_passkeys(
    clinic: Clinic, number: str, desk: Callable[..., str]
) -> None:
    """Who lost a telephone may have lost the passkey in it."""
    record, browser = claimed(clinic, number)
    device = device_of(clinic, browser)
    clinic.browser().claim(desk(record, "--recover"))
    assert entered(device, clinic.browser()).status_code == 403
