"""María's way, in a real browser: from a text message on her phone to her first picture."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from deploy.local.demo.data import PHONE
from deploy.local.demo.stage import Stage, stage
from shared.db import Database
from tests.e2e.conftest import Run

CHROMIUM = "/usr/bin/chromium"
# A sandbox needs rights that root in a container has not; pictures are drawn without a card.
DRAWN = ("--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")
NO_WEBGL = ("--no-sandbox", "--disable-3d-apis")
LINK = re.compile(r"http://\S+/c#\S+")
BORN = ("12", "3", "1968")
PATIENCE = 60_000  # milliseconds
# WCAG 2.2, levels A and AA, as axe-core names its rules.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@dataclass(frozen=True)
class Phone:
    """A telephone of 390 pixels, set to Spanish, and the text messages on it."""

    context: BrowserContext
    page: Page
    links: list[str]
    errors: list[str]


@pytest.fixture(scope="module")
def running(root: Path, first: Run) -> Iterator[Stage]:
    """Return the demo, up again after its first run."""
    assert first.code == 0, first.printed + first.said
    with stage(root) as running:
        yield running


@pytest.fixture
def unclaimed(running: Stage) -> Stage:
    """Return the demo as it was before María used her codes."""
    owner = Database(running.servers.environment("owner")["SCANPASS_DATABASE_URL"], pool_size=1)
    with owner.transaction() as connection:
        connection.execute("UPDATE access.claim SET ended_at = now() WHERE ended_at IS NULL")
        connection.execute("UPDATE access.contact SET ended_at = now() WHERE ended_at IS NULL")
        connection.execute("UPDATE access.invitation SET used_at = NULL, tries = 0")
    owner.close()
    return running


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as made:
        yield made


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=DRAWN)
    yield browser
    browser.close()


def phone(browser: Browser, running: Stage, *, scripts: bool = True) -> Phone:
    """Return a new phone that has María's text messages."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844},
        locale="es-ES",
        has_touch=True,
        java_script_enabled=scripts,
    )
    context.set_default_timeout(PATIENCE)
    page, errors = context.new_page(), list[str]()
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.on("request", lambda asked: errors.append(asked.url) if foreign(asked.url) else None)
    texts = [each["text"] for each in running.post.telephone.messages() if each["to"] == PHONE]
    links = [found.group() for text in texts if (found := LINK.search(text))]
    return Phone(context, page, links, errors)


def foreign(url: str) -> bool:
    """Say whether an address is on another machine."""
    return re.match(r"(https?|wss?)://(?!localhost[:/]|127\.0\.0\.1[:/])", url) is not None


def born(page: Page) -> None:
    """Say when María was born, and go on."""
    for name, value in zip(("day", "month", "year"), BORN, strict=True):
        field = page.locator(f"[name={name}]")
        field.select_option(value) if name == "month" else field.fill(value)
    page.get_by_role("button", name="Ver mis imágenes").click()
    page.wait_for_url(re.compile("/(wish|scans)$"))
    if page.url.endswith("/wish"):  # asked once: when would you like to see your results?
        page.get_by_role("button", name="Continuar").click()


def test_from_a_text_message_to_a_picture(unclaimed: Stage, chromium: Browser) -> None:
    """In Spanish, on a phone, without a mail address: a birth date is all that she types."""
    maria = phone(chromium, unclaimed)
    page = maria.page
    assert len(maria.links) == 2
    for link in maria.links:
        page.goto(link)
        expect(page.locator("[name=code]")).not_to_have_value("")  # out of the link
        born(page)
        expect(page.get_by_role("heading", name="Mis estudios")).to_be_visible()
    hospitals = page.locator(".scan").all_inner_texts()
    assert len(hospitals) == 2
    assert "Hospital del Sur" in "".join(hospitals)
    assert "North Hospital" in "".join(hospitals)
    page.get_by_role("link", name="Resonancia magnética de la cabeza").click()
    expect(page.get_by_text("181 de 181 imágenes, tal como las envió el hospital")).to_be_visible()
    page.get_by_role("button", name="Ver las imágenes").click()
    expect(page.locator("#place")).to_have_text("91 de 181")
    expect(page.get_by_text("María Quintero")).to_be_visible()
    shown = page.locator(".pane img, .pane canvas").first
    expect(shown).to_be_visible()
    page.get_by_role("link", name="Siguiente").click()
    expect(page.locator("#place")).to_have_text("92 de 181")
    assert maria.errors == []
    maria.context.close()


def test_without_scripts_it_is_the_same_way(unclaimed: Stage, chromium: Browser) -> None:
    """The code is typed then, and each picture is a page."""
    maria = phone(chromium, unclaimed, scripts=False)
    page = maria.page
    link = maria.links[-1]
    page.goto(link)
    page.locator("[name=code]").fill(link.partition("#")[2])
    born(page)
    page.locator(".scan h2 a").first.click()
    page.get_by_role("button", name="Ver las imágenes").click()
    place = page.locator("#place")
    before = place.inner_text()
    picture = page.locator(".pane img")
    assert picture.evaluate("img => img.complete && img.naturalWidth > 100")
    page.get_by_role("link", name="Siguiente").click()
    assert place.inner_text() != before
    maria.context.close()


def test_every_page_can_be_used_by_everyone(unclaimed: Stage, chromium: Browser) -> None:
    """axe-core finds nothing against WCAG 2.2 AA, in either language."""
    maria = phone(chromium, unclaimed)
    page, found = maria.page, dict[str, object]()

    def check(name: str) -> None:
        result = Axe().run(page, options={"runOnly": RULES}).response
        found.update({f"{name}: {each['id']}": each["nodes"] for each in result["violations"]})

    for language in ("es", "en"):
        page.goto(maria.links[0].partition("/c#")[0])
        if language == "en":
            page.get_by_role("button", name="English").click()
        check(f"{language} welcome")
        for path in ("claim", "signin", "nothing"):
            page.goto(f"{maria.links[0].partition('/c#')[0]}/{path}")
            check(f"{language} {path}")
        if language == "es":
            page.goto(maria.links[-1])
            born(page)
        for path in ("scans", "looked", "settings"):
            page.goto(f"{maria.links[0].partition('/c#')[0]}/{path}")
            check(f"{language} {path}")
        page.goto(f"{maria.links[0].partition('/c#')[0]}/scans")
        page.locator(".scan h2 a").first.click()
        check(f"{language} scan")
        page.locator(".card + form button, form .button").first.click()
        expect(page.locator("#place")).not_to_be_empty()
        check(f"{language} viewer")
    assert found == {}
    maria.context.close()
