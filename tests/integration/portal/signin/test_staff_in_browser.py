"""Staff in a real browser: there and back, and every page of theirs held against WCAG 2.2 AA."""

from collections.abc import Iterator
from dataclasses import replace
from socket import create_server

import pytest
from playwright.sync_api import Browser as Chromium

from deploy.local.waiting import until
from services.portal import app
from services.portal.server import Server
from services.portal.signin.identity import Provider
from tests.fakes.provider import CLIENT, SECRET, Identities
from tests.integration.portal.signin.conftest import BORN, Clinic, answers
from tests.integration.portal.signin.phone import Phone, looked

SCOPE = "openid profile"
OKAFOR = {"name": "Dr. Ada Okafor", "groups": ["doctors"]}


@pytest.fixture
def phone(chromium: Chromium, clinic: Clinic) -> Iterator[Phone]:
    """Return a telephone at pages at which staff can sign in."""
    with create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://localhost:{port}"
    with Identities(f"{url}/staff/back", scope=SCOPE, claims=dict(OKAFOR)) as identities:
        provider = Provider(identities.issuer, CLIENT, SECRET, identities.back, SCOPE)
        told = {
            "portal_url": url,
            "staff_issuer": identities.issuer,
            "staff_name": "Ward ID",
            "staff_groups": f"doctors={clinic.site}",
        }
        settings = clinic.edges.settings.model_copy(update=told)
        edges = replace(clinic.edges, settings=settings, staff=provider)
        server = Server(app.pages(edges), "127.0.0.1", port, "SCANPASS_PORTAL")
        server.start()
        until(lambda: answers(server), 10, "the pages")
        made = Phone(chromium, replace(clinic, edges=edges))
        yield made
        made.context.close()
        server.stop()


def born(phone: Phone) -> None:
    """Say when somebody was born."""
    phone.page.locator("[name=day]").fill(str(BORN.day))
    phone.page.locator("[name=month]").select_option(str(BORN.month))
    phone.page.locator("[name=year]").fill(str(BORN.year))


@pytest.mark.parametrize("language", ["en", "es"])
def test_staff_sign_in_find_and_ask(phone: Phone, language: str) -> None:
    """From the page of patients to their own, and out again; nothing is complained of."""
    page = phone.page
    page.set_extra_http_headers({"accept-language": language})
    page.goto("/signin")
    page.locator("a[href='/staff']").click()
    looked(page, "/staff, signed out")
    page.locator("form[action='/staff/signin'] button").click()
    looked(page, "the page before the provider")
    page.locator("a[href*='/ask?']").click()
    page.wait_for_url("**/staff")
    assert "Dr. Ada Okafor" in page.locator("main").inner_text()
    looked(page, "/staff")
    page.locator("[name=name]").fill("Nobody")
    born(phone)
    page.locator("form[action='/staff/find'] button").click()
    page.locator("[role=status]").wait_for()
    looked(page, "nobody found")
    page.locator("a[href='/staff/requests']").click()
    looked(page, "/staff/requests")
    page.locator("[name=patient]").fill("nobody@patients.example")
    born(phone)
    page.locator("[name=words]").fill("The knee")
    page.locator("form[action='/staff/requests'] button").click()
    page.locator(".scans").wait_for()
    looked(page, "/staff/requests, asked")
    page.goto("/staff/back?state=x&code=y")
    looked(page, "a way back that is none")
    page.goto("/staff")
    page.locator("form[action='/staff/signout'] button").click()
    page.locator("form[action='/staff/signin']").wait_for()
    assert phone.errors == []
