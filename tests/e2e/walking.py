"""People with browsers: María on her phone, whoever helps her, and hands that know only keys."""

import re
import time
from dataclasses import dataclass
from typing import Any, Protocol

from playwright.sync_api import Browser, BrowserContext, Error, Page, ViewportSize, expect

from deploy.local.demo.data import PHONE
from deploy.local.demo.stage import Stage

CHROMIUM = "/usr/bin/chromium"
# A sandbox needs rights that root in a container has not; pictures are drawn without a card.
DRAWN = ("--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")
NO_WEBGL = ("--no-sandbox", "--disable-3d-apis")
LINK = re.compile(r"http://\S+/c#\S+")
BORN = ("12", "3", "1968")
PATIENCE = 60_000  # milliseconds
ON_A_PHONE, ON_A_DESK = ViewportSize(width=390, height=844), ViewportSize(width=1280, height=720)
MOST_TABS = 60
SCAN = "/scans/[a-z]+/[0-9.]+$"
AT = """
    return document.readyState === "complete" && new RegExp(arguments[0]).test(location.pathname);
"""
# The element that has the focus shows it, by its own frame or its card's, and is on the screen.
SEEN = """
    const it = document.activeElement, box = it.getBoundingClientRect();
    // Past the last, before the first: the browser's own parts may have the focus then.
    if (it === document.body || !document.hasFocus()) return true;
    const framed = [it, it.closest(".scan")].some((each) => {
        const style = each && getComputedStyle(each);
        return style && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    });
    const inside = box.width > 0 && box.bottom > 0 && box.top < innerHeight;
    return framed && inside;
"""
HAS_FOCUS = "return document.hasFocus() && document.activeElement.matches(arguments[0])"
SUR = "Hospital del Sur"


@dataclass(frozen=True)
class Person:
    """A browser of one's own, and what it complained of or asked elsewhere."""

    context: BrowserContext
    page: Page
    errors: list[str]


def person(browser: Browser, language: str = "es-ES", **options: Any) -> Person:  # noqa: ANN401
    """Return somebody with a new browser."""
    context = browser.new_context(locale=language, **options)
    context.set_default_timeout(PATIENCE)
    page, errors = context.new_page(), list[str]()
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.on("request", lambda asked: errors.append(asked.url) if foreign(asked.url) else None)
    return Person(context, page, errors)


def phone(browser: Browser, **options: Any) -> Person:  # noqa: ANN401
    """Return María: a telephone of 390 pixels, set to Spanish."""
    return person(browser, viewport=ON_A_PHONE, has_touch=True, **options)


def texts(running: Stage, number: str = PHONE) -> list[str]:
    """Return the text messages to a telephone, the oldest first."""
    return [each["text"] for each in running.post.telephone.messages() if each["to"] == number]


def links(running: Stage) -> list[str]:
    """Return the links in María's text messages."""
    return [found.group() for text in texts(running) if (found := LINK.search(text))]


def link_from(running: Stage, hospital: str) -> str:
    """Return the link in María's text message from one hospital."""
    (text,) = (each for each in texts(running) if hospital in each and LINK.search(each))
    found = LINK.search(text)
    assert found
    return found.group()


def foreign(url: str) -> bool:
    """Say whether an address is on another machine."""
    return re.match(r"(https?|wss?)://(?!localhost[:/]|127\.0\.0\.1[:/])", url) is not None


def birth_date(page: Page) -> None:
    """Say when María was born."""
    for name, value in zip(("day", "month", "year"), BORN, strict=True):
        field = page.locator(f"[name={name}]")
        field.select_option(value) if name == "month" else field.fill(value)


def born(page: Page) -> None:
    """Say when María was born, and go on."""
    birth_date(page)
    page.get_by_role("button", name="Ver mis imágenes").click()
    page.wait_for_url(re.compile("/(wish|scans)$"))
    if page.url.endswith("/wish"):  # asked once: when would you like to see your results?
        page.get_by_role("button", name="Continuar").click()


def to_the_head(page: Page, link: str) -> None:
    """Go María's way from her message to the page of her head's scan."""
    page.goto(link)
    expect(page.locator("[name=code]")).not_to_have_value("")  # out of the link
    born(page)
    page.get_by_role("link", name="Resonancia magnética de la cabeza").click()


class Keyboard(Protocol):
    """A browser that is touched by keys only; a key has its name as in `KeyboardEvent.key`."""

    def go(self, address: str) -> None:
        """Open an address."""

    def press(self, key: str) -> None:
        """Press a key, and let it go."""

    def ask(self, script: str, *given: object) -> Any:  # noqa: ANN401
        """Return what the body of a function returns in the page; None while there is none."""


class Chromium:
    """A page of Playwright's as a keyboard sees it."""

    def __init__(self, page: Page) -> None:
        """Take a page."""
        self._page = page

    def go(self, address: str) -> None:
        """Open an address."""
        self._page.goto(address)

    def press(self, key: str) -> None:
        """Press a key, and let it go."""
        self._page.keyboard.press(key)

    def ask(self, script: str, *given: object) -> Any:  # noqa: ANN401
        """Return what the body of a function returns in the page; None while there is none."""
        try:
            return self._page.evaluate(
                f"(given) => (function () {{ {script} }})(...given)", list(given)
            )
        except Error:
            return None


def until(keyboard: Keyboard, script: str, *given: object) -> None:
    """Wait until what `script` returns is true."""
    deadline = time.monotonic() + PATIENCE / 1000
    while not keyboard.ask(script, *given):
        where = keyboard.ask("return document.activeElement.outerHTML.slice(0, 120)")
        assert time.monotonic() < deadline, (script, where)
        time.sleep(0.05)


def tab_to(keyboard: Keyboard, selector: str, key: str = "Tab") -> None:
    """Press `key` until what `selector` finds has the focus; at every stop one sees where it is."""
    for _ in range(MOST_TABS):
        keyboard.press(key)
        until(keyboard, SEEN)  # Firefox gives a page the focus some moments after the key
        if keyboard.ask(HAS_FOCUS, selector):
            return
    raise AssertionError(selector)


def type_in(keyboard: Keyboard, text: str) -> None:
    """Type."""
    for letter in text:
        keyboard.press(letter)


def walk_by_keys(keyboard: Keyboard, link: str) -> None:
    """Go María's way from her message to the pictures, through them and back."""
    keyboard.go(link)
    until(keyboard, "return document.activeElement.id === 'day'")  # the code is out of the link
    day, month, year = BORN
    type_in(keyboard, day)
    tab_to(keyboard, "#month")
    for _ in range(int(month)):
        keyboard.press("ArrowDown")
    tab_to(keyboard, "#year")
    type_in(keyboard, year)
    tab_to(keyboard, "form[action='/claim'] button")
    keyboard.press("Enter")
    until(keyboard, AT, "/(wish|scans)$")
    if keyboard.ask(AT, "/wish$"):
        tab_to(keyboard, "form[action='/wish'] button")
        keyboard.press("Enter")
    until(keyboard, AT, "/scans$")
    tab_to(keyboard, ".scan h2 a")
    keyboard.press("Enter")
    until(keyboard, AT, SCAN)
    tab_to(keyboard, "form[action$='/look'] button")
    keyboard.press("Enter")
    until(keyboard, "return document.querySelector('.pane.taken') !== null")
    tab_to(keyboard, ".pane")
    before = keyboard.ask("return document.querySelector('#place').textContent")
    keyboard.press("ArrowDown")
    until(keyboard, "return document.querySelector('#place').textContent !== arguments[0]", before)
    tab_to(keyboard, ".back", "Shift+Tab")
    keyboard.press("Enter")
    until(keyboard, AT, SCAN)
