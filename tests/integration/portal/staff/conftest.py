"""Staff of a hospital who sign in by a real provider, and a patient who lets them look."""

import html
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
from httpx2 import Response, get
from starlette.testclient import TestClient

from services.portal import app
from services.portal.edges import Edges
from services.portal.sharing import grants
from services.portal.sharing.grants import Consent
from services.portal.sharing.ledger import Ledger
from services.portal.signin.entries import Actor
from services.portal.signin.identity import Provider
from tests.fakes.provider import CLIENT, SECRET, Identities
from tests.integration.portal.conftest import Hand

SCOPE = "openid profile"
BORN = {"day": "12", "month": "3", "year": "1968"}
OKAFOR: dict[str, Any] = {"name": "Dr. Ada Okafor", "groups": ["doctors"]}


@dataclass
class Ward:
    """A hospital whose staff can sign in, its provider, and who sits at the browsers."""

    hand: Hand
    edges: Edges
    identities: Identities
    stack: ExitStack

    def browser(self, app_of: Callable[[Edges], Any] = app.pages) -> TestClient:
        """Return a browser that was never here."""
        told = self.edges.settings
        url = told.portal_url if app_of is app.pages else told.viewer_url
        made = TestClient(app_of(self.edges), base_url=url, follow_redirects=False)
        return self.stack.enter_context(made)

    def returned(self, browser: TestClient) -> Response:
        """Go to the provider, say who one is, and come back."""
        page = browser.post("/staff/signin")
        assert page.status_code == 200, page.text
        found = re.search(r'href="(http://127[^"]+)"', page.text)
        assert found
        answer = get(html.unescape(found[1]), follow_redirects=False)
        return browser.get(answer.headers["location"].removeprefix(self.edges.settings.portal_url))

    def staff(self, subject: str = "", **claims: Any) -> TestClient:  # noqa: ANN401  a claim's
        """Return a browser in which somebody of the staff is signed in."""
        self.identities.subject = subject or f"staff-{uuid4().hex}"
        self.identities.claims = OKAFOR | claims
        browser = self.browser()
        assert self.returned(browser).headers["location"] == "/staff"
        return browser

    def patient(self) -> tuple[UUID, UUID, str]:
        """Return a person, their record and a study."""
        person = self.hand.person()
        record = self.hand.record(person)
        return person, record, self.hand.study(record)

    def consent(self, person: UUID, *, keep: bool = False) -> UUID:
        """Let the hospital look at everything of `person`."""
        with self.edges.database.transaction() as connection:
            ledger = Ledger(connection, self.edges.reading.known)
            wish = Consent(person, self.hand.site, keep=keep, future=True)
            grant = grants.consent(ledger, wish, Actor(person, uuid4()))
        assert grant is not None
        return grant

    def withdraw(self, person: UUID, grant: UUID) -> None:
        """Take it back."""
        with self.edges.database.transaction() as connection:
            ledger = Ledger(connection, self.edges.reading.known)
            assert grants.withdraw(ledger, grant, person, Actor(person, uuid4()))

    def opened(self, browser: TestClient, grant: UUID) -> str:
        """Return the path of the viewer that `browser` was let into."""
        answer = browser.post(f"/staff/open/{grant}")
        assert answer.status_code == 303, answer.text
        return urlsplit(answer.headers["location"]).path


@pytest.fixture
def ward(hand: Hand, edges: Edges) -> Iterator[Ward]:
    hand.owner.execute("DELETE FROM access.bucket")
    back = f"{edges.settings.portal_url}/staff/back"
    with Identities(back, scope=SCOPE) as identities, ExitStack() as stack:
        named = {
            "staff_issuer": identities.issuer,
            "staff_name": "Ward ID",
            "staff_groups": f"doctors={hand.site}",
        }
        told = edges.settings.model_copy(update=named)
        provider = Provider(identities.issuer, CLIENT, SECRET, back, SCOPE)
        yield Ward(hand, replace(edges, settings=told, staff=provider), identities, stack)
