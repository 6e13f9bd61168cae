"""A person of two hospitals whose studies were received, before a portal of their own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Self
from uuid import UUID, uuid4

import pytest

from tests.received.files import ct_slice, public, relabelled
from tests.received.people import People
from tests.received.studies import Received

PATIENT = "P-1"


@dataclass
class Stage:
    """Who and what there is: `files` are the originals by site and study."""

    received: Received
    people: People
    sites: tuple[str, str]
    studies: tuple[str, str]
    person: UUID
    claims: tuple[UUID, ...]
    files: dict[tuple[str, str], list[bytes]]

    @property
    def place(self) -> str:
        """Return what stands in an address for the first study at the first hospital."""
        return f"{self.sites[0]}/{self.studies[0]}"

    @classmethod
    def of(cls, received: Received) -> Self:
        """Return a new one: a study at one hospital, two under the same UIDs at another."""
        root = f"2.25.{uuid4().int >> 72}"
        north, south = (f"{name}-{uuid4().hex[:8]}" for name in ("north", "south"))
        one, two = f"{root}.1", f"{root}.2"
        people = People(received)
        person = people.person()
        report = relabelled(public("test-SR.dcm"), PATIENT, one, f"{one}.9", f"{one}.9.1")
        slices = [ct_slice(one, f"{one}.1", number, PATIENT) for number in range(1, 4)]
        files = {
            (north, one): [*slices, report],
            (south, one): slices[:2],
            (south, two): [ct_slice(two, f"{two}.1", 1, PATIENT)],
        }
        claims = []
        for site in (north, south):
            received.site(site)
            received.receive(
                site, [each for (at, _), sent in files.items() if at == site for each in sent]
            )
            received.receipts(site)
            claims.append(people.claim(person, people.record(site, PATIENT), site))
        return cls(received, people, (north, south), (one, two), person, tuple(claims), files)


@pytest.fixture(scope="module")
def received(environment: Callable[[str], dict[str, str]]) -> Iterator[Received]:
    made = Received.on(environment)
    yield made
    made.close()


@pytest.fixture
def stage(received: Received) -> Stage:
    """Return a person who has claimed both records."""
    return Stage.of(received)
