"""María, who shares, on the real database."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.portal.edges import Edges
from services.portal.facts import Credential
from services.portal.sharing import grants, links
from services.portal.sharing.grants import Share
from services.portal.sharing.known import Known
from services.portal.sharing.ledger import Ledger
from services.portal.sharing.links import Door, Guest, Opened, Role, Wrong
from services.portal.signin.entries import Actor
from shared.access import Purpose, codes
from tests.integration.portal.conftest import Hand

BORN = date(1968, 3, 12)
MONTH = timedelta(days=30)
OKAFOR = Guest("Dr. Okafor", Role.DOCTOR, "Firefox, Windows", "en")
KEY = "k" * 32


@dataclass
class Maria:
    """One patient with one study, and what she does."""

    hand: Hand
    edges: Edges
    known: Known
    person: UUID
    record: UUID
    study: str

    @property
    def who(self) -> Actor:
        """Return her, in a session."""
        return Actor(self.person, uuid4())

    def share(self, *, who: Actor | None = None, **wish: Any) -> UUID:  # noqa: ANN401  a field's
        """Share her study, or what `wish` says."""
        told: dict[str, Any] = {
            "grant": uuid4(),
            "patient": self.person,
            "studies": frozenset({(self.hand.site, self.study)}),
            "purpose": Purpose.TREATMENT,
            "term": MONTH,
        }
        with self.edges.database.transaction() as connection:
            ledger = Ledger(connection, self.known)
            made = Share(**(told | wish))
            assert grants.share(ledger, made, who or self.who)
            assert not grants.share(ledger, made, who or self.who)  # a form that is sent again
        return made.grant

    def withdraw(self, grant: UUID, who: Actor | None = None) -> bool:
        """Take it back."""
        with self.edges.database.transaction() as connection:
            ledger = Ledger(connection, self.known)
            return grants.withdraw(ledger, grant, self.person, who or self.who)

    def link(self, grant: UUID) -> Door:
        """Return what the bearer of a new link brings."""
        with self.edges.database.transaction() as connection:
            return Door(secret=codes.hashed(links.mint(connection, grant, "en")))

    def open(self, door: Door, born: date = BORN, guest: Guest = OKAFOR) -> Opened | Wrong | None:
        """Open a share."""
        with self.edges.database.transaction() as connection:
            return links.opened(connection, door, born, guest, 1.0, KEY, self.known)

    def viewing(self, grant: UUID) -> Credential:
        """Return what a doctor brings who has opened the share."""
        found = self.open(self.link(grant))
        assert isinstance(found, Opened)
        return Credential(viewing=codes.hashed(found.viewing))

    def ledger(self) -> list[tuple[int, str]]:
        """Return sequence and type of every change of her grants."""
        query = "SELECT seq, type FROM access.ledger WHERE person = %s ORDER BY position"
        return [(row["seq"], row["type"]) for row in self.hand.all(query, self.person)]

    def notices(self) -> list[tuple[str, str]]:
        """Return what she is told of what she shares, and where."""
        query = "SELECT kind, address FROM access.notice WHERE person = %s ORDER BY noted_at"
        return [(row["kind"], row["address"]) for row in self.hand.all(query, self.person)]

    def reached(self, address: str) -> None:
        """Let her have proven an address."""
        query = "INSERT INTO access.contact VALUES (%s, 'email', %s) RETURNING 1"
        self.hand.all(query, self.person, address)

    def told(self) -> list[str]:
        """Return the types of the messages about her grants, in the order of the outbox."""
        query = (
            "SELECT type FROM access.outbox WHERE body->>'person' = %s"
            " AND (type LIKE 'share.%%' OR type LIKE 'consent.%%') ORDER BY id"
        )
        return [row["type"] for row in self.hand.all(query, str(self.person))]


@pytest.fixture(autouse=True)
def fresh(hand: Hand) -> None:
    """Let nobody have tried anything lately."""
    hand.owner.execute("DELETE FROM access.bucket")


@pytest.fixture
def maria(hand: Hand, edges: Edges) -> Maria:
    person = hand.person()
    record = hand.record(person)
    return Maria(hand, edges, edges.reading.known, person, record, hand.study(record))
