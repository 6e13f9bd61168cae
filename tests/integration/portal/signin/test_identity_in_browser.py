"""There and back in a real browser: cookies, policies and pages, the provider on another host."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from socket import create_server

import pytest
from playwright.sync_api import Browser as Chromium

from deploy.local.waiting import until
from services.portal import app
from services.portal.server import Server
from services.portal.signin.identity import Provider
from tests.fakes.provider import CLIENT, SECRET, Identities
from tests.integration.portal.signin.conftest import Clinic, answers
from tests.integration.portal.signin.phone import Phone, looked, settled


@dataclass
class Walk:
    """A telephone, the pages it sees, and the provider."""

    phone: Phone
    clinic: Clinic
    identities: Identities


@pytest.fixture
def walk(chromium: Chromium, clinic: Clinic) -> Iterator[Walk]:
    with create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://localhost:{port}"
    with Identities(f"{url}/identity/back") as identities:
        provider = Provider(identities.issuer, CLIENT, SECRET, identities.back)
        told = {
            "portal_url": url,
            "identity_issuer": identities.issuer,
            "identity_name": "Test ID",
        }
        settings = clinic.edges.settings.model_copy(update=told)
        edges = replace(clinic.edges, settings=settings, identity=provider)
        server = Server(app.pages(edges), "127.0.0.1", port, "SCANPASS_PORTAL")
        server.start()
        until(lambda: answers(server), 10, "the pages")
        there = replace(clinic, edges=edges)
        phone = Phone(chromium, there)
        yield Walk(phone, there, identities)
        phone.context.close()
        server.stop()


def went(walk: Walk) -> None:
    """Press the button, and the link on the page that says where it leads."""
    page = walk.phone.page
    page.locator("main form[action$='/identity'] button").click()
    looked(page, "the page before the provider")
    page.locator(f"a[href^='{walk.identities.issuer}']").click()
    page.wait_for_load_state()


@pytest.mark.parametrize("language", ["en", "es"])
def test_it_is_connected_and_signs_in(walk: Walk, number: str, language: str) -> None:
    """In the settings, then instead of a message; an unknown one is told what to do."""
    page = walk.phone.page
    page.set_extra_http_headers({"accept-language": language})
    page.goto("/signin")
    looked(page, "/signin with a provider")
    settled(walk.clinic, walk.phone, walk.clinic.patient(number))
    page.goto("/settings")
    looked(page, "/settings with a provider")
    went(walk)
    page.wait_for_url("**/settings")
    assert page.locator("form[action^='/settings/identity/']").count() == 1
    looked(page, "/settings with a connected one")
    page.locator(".foot form[action='/signout'] button").click()
    page.wait_for_url("**/")
    page.goto("/signin")
    went(walk)
    page.wait_for_url("**/wish")
    page.locator(".foot form[action='/signout'] button").click()
    page.wait_for_url("**/")
    walk.identities.subject = "somebody else"
    page.goto("/signin")
    went(walk)
    page.get_by_role("alert").wait_for()
    looked(page, "an unknown one")
    page.goto("/scans")
    assert page.url.endswith("/signin")
    assert not walk.phone.errors
