"""Every page that a person or their doctor comes to, one after the other, in one language."""

from collections.abc import Iterator

from playwright.sync_api import Browser, Page, ViewportSize, expect

from deploy.local.demo.stage import Stage
from tests.e2e.walking import ON_A_PHONE, SUR, birth_date, link_from, person

TONGUES = {"es": "es-ES", "en": "en-GB"}
FOR_ALL = ("", "claim", "signin", "s", "h", "d", "nothing")  # the last is no page
FOR_HER = (
    *("scans", "looked", "shared", "consents", "requests", "viewers", "helpers", "contact"),
    *("settings", "bring"),
)
OTHER_NUMBER = "+34600000187"


def tour(
    running: Stage, browser: Browser, language: str, size: ViewportSize = ON_A_PHONE
) -> Iterator[tuple[str, Page]]:
    """Yield each page with its name; María has not used her codes before."""
    maria = person(browser, TONGUES[language], viewport=size, has_touch=size == ON_A_PHONE)
    page = maria.page
    link = link_from(running, SUR)
    portal = link.partition("/c#")[0]
    for path in FOR_ALL:
        page.goto(f"{portal}/{path}")
        yield path or "welcome", page
    yield from claimed(page, link, language)
    for path in FOR_HER:
        page.goto(f"{portal}/{path}")
        yield path, page
    yield from tried(page, portal)
    yield from scanned(page, portal)
    shared = page.locator("#address").input_value()
    page.locator("a[href^='/shared/']").click()
    yield "shared-one", page
    send(page, "form[action$='/code']")
    yield "share-code", page
    yield from guest(browser, language, shared, size)
    page.goto(f"{portal}/looked")
    yield "looked-by-doctor", page
    page.goto(f"{portal}/requests")
    yield "requests-waiting", page
    page.locator("main a[href^='/requests/']").first.click()
    yield "request", page
    page.goto(f"{portal}/scans")
    page.locator(".scan h2 a").first.click()
    expect(page.locator("#answers")).to_be_visible()
    yield "scan-answered", page
    page.goto(f"{portal}/shared")
    send(page, "form[action$='/end']")
    yield "receipt", page
    page.goto(f"{portal}/scans")
    page.locator(".scan h2 a").first.click()
    send(page, "form[action$='/look']")
    seen(page)
    yield "viewer", page
    assert [each for each in maria.errors if "404" not in each] == []  # of the page that is none
    maria.context.close()


def claimed(page: Page, link: str, language: str) -> Iterator[tuple[str, Page]]:
    """Go in by a message; what the hospital says of her language is put right then."""
    page.goto(link)
    expect(page.locator("[name=code]")).not_to_have_value("")  # out of the link
    yield "claim-code", page
    birth_date(page)
    send(page, "form[action='/claim']")
    if page.locator("html").get_attribute("lang") != language:
        send(page, f".foot form[action='/language/{language}']")
    if page.url.endswith("/wish"):
        yield "wish", page
        send(page, "form[action='/wish']")


def tried(page: Page, portal: str) -> Iterator[tuple[str, Page]]:
    """Begin what settings offer."""
    page.goto(f"{portal}/viewers")
    page.locator("#called").fill("Weasis")
    send(page, "form[action='/viewers']")
    yield "viewer-address", page
    page.goto(f"{portal}/contact")
    page.locator("form[action='/contact'] input:not([type=hidden])").first.fill(OTHER_NUMBER)
    send(page, "form[action='/contact']")
    yield "contact-digits", page
    page.goto(f"{portal}/settings")
    if page.locator("form[action='/settings/passkeys']").count():
        send(page, "form[action='/settings/passkeys']")
        yield "passkey-add", page


def scanned(page: Page, portal: str) -> Iterator[tuple[str, Page]]:
    """Open a scan, take it along, and share it."""
    page.goto(f"{portal}/scans")
    page.locator(".scan h2 a").first.click()
    yield "scan", page
    send(page, "form[action$='/take']")
    yield "take", page
    page.go_back()
    page.locator("a[href$='/share']").click()
    yield "share", page
    send(page, "form[action$='/share']")
    yield "share-link", page


def guest(
    browser: Browser, language: str, link: str, size: ViewportSize
) -> Iterator[tuple[str, Page]]:
    """Look as a doctor without an account does."""
    doctor = person(browser, TONGUES[language], viewport=size, has_touch=size == ON_A_PHONE)
    page = doctor.page
    page.goto(link)
    expect(page.locator("[name=said]")).not_to_have_value("")
    page.locator("[data-next]").click()
    expect(page.locator("[name=day]")).to_be_visible()
    yield "guest-landing", page
    birth_date(page)
    page.locator("[name=name]").fill("Dr. Vega")
    send(page, "form[action='/s/open']")
    yield "guest-shown", page
    page.locator("form[action$='/answer'] textarea").fill("No fracture. See you in May.")
    send(page, "form[action$='/answer']")
    yield "guest-answered", page
    send(page, "form[action$='/longer']")
    yield "guest-asked", page
    page.locator(".scans h2 a").first.click()
    seen(page)
    yield "guest-viewer", page
    assert doctor.errors == []
    doctor.context.close()


def send(page: Page, form: str) -> None:
    """Send the first such form by its first button, and wait for what comes."""
    with page.expect_navigation():
        page.locator(f"{form} button").first.click()


def seen(page: Page) -> None:
    """Wait until the viewer shows a picture."""
    expect(page.locator(".pane.taken")).to_have_count(1)
    page.wait_for_load_state("networkidle")
