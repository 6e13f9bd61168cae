"""A telephone of 390 pixels in a real browser, and what is asked of every page on it."""

from uuid import UUID

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page

from services.portal.credential import cookie_name
from tests.integration.portal.signin.conftest import BORN, Clinic

PATIENCE = 30_000  # milliseconds
# WCAG 2.2, levels A and AA, as axe-core names its rules.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


class Phone:
    """A telephone of 390 pixels."""

    def __init__(self, chromium: Chromium, clinic: Clinic, *, scripts: bool = True) -> None:
        """Open a page on it."""
        self.context: BrowserContext = chromium.new_context(
            base_url=clinic.edges.settings.portal_url,
            viewport={"width": 390, "height": 844},
            locale="es-ES",
            java_script_enabled=scripts,
        )
        self.context.set_default_timeout(PATIENCE)
        self.page: Page = self.context.new_page()
        self.errors: list[str] = []
        self.page.on("console", self.said)

    def said(self, message: object) -> None:
        """Note what the browser complains of, but not that we refuse what is wrong."""
        kind, text = getattr(message, "type", ""), str(getattr(message, "text", ""))
        if kind == "error" and "Failed to load resource" not in text:
            self.errors.append(text)

    def press(self, name: str) -> None:
        """Press a button by what it says."""
        self.page.get_by_role("button", name=name).click()

    def born(self) -> None:
        """Say when Maria was born, and go on."""
        self.page.locator("[name=day]").fill(str(BORN.day))
        self.page.locator("[name=month]").select_option(str(BORN.month))
        self.page.locator("[name=year]").fill(str(BORN.year))
        self.press("Ver mis imágenes")


def looked(page: Page, name: str) -> None:
    """Fail where a rule of WCAG 2.2 AA is broken, or where it is wider than the telephone."""
    broken = Axe().run(page, options={"runOnly": RULES}).response["violations"]
    assert [(name, each["id"], each["nodes"][0]["html"]) for each in broken] == []
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390, f"{name} is {wide} px wide"


def settled(clinic: Clinic, phone: Phone, record: UUID) -> None:
    """Sign the telephone in as somebody who has asked a helper."""
    browser = clinic.browser()
    browser.claim(clinic.invited(record))
    browser.post("/helpers", name="Lucía", address="lucia@example.org", rights="share")
    name = cookie_name(clinic.edges.settings)
    value = browser.client.cookies[name]
    phone.page.context.add_cookies([{"name": name, "value": value, "url": phone.page.url}])
