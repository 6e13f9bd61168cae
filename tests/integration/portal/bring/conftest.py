"""A person of one hospital, and whoever may bring for her."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Self
from uuid import UUID, uuid4

import pytest
from starlette.testclient import TestClient

from services.portal.bring.rules import PIECE
from tests.received.files import ct_slice
from tests.received.people import People
from tests.received.studies import Received

NAME, BORN = "Case^Maria", "19680312"


@dataclass
class Stage:
    """Maria, whose study a hospital has sent, and Lucía, who has all her rights."""

    received: Received
    people: People
    site: str
    study: str
    maria: UUID
    lucia: UUID
    cookies: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, received: Received) -> Self:
        """Return a new one."""
        people, site, study = People(received), f"n-{uuid4().hex[:8]}", f"2.25.{uuid4().int >> 72}"
        received.site(site)
        received.receive(site, [slice_of(study, NAME)])
        received.receipts(site)
        maria, lucia, sven, otto = (people.person() for _ in range(4))
        record = people.record(site, "P-1")
        people.claim(maria, record, site)
        people.helper(maria, lucia, "everything")
        people.helper(maria, sven, "share")
        made = cls(received, people, site, study, maria, lucia)
        for name, person in (("maria", maria), ("lucia", lucia), ("sven", sven), ("otto", otto)):
            made.cookies[name], _ = people.session(person)
        return made

    def brought(self) -> str:
        """Return the site of what was brought for Maria."""
        query = "SELECT site FROM access.brought WHERE person = %s"
        ((site,),) = (row.values() for row in self.received.rows(query, self.maria))
        return str(site)

    def answers(self) -> list[str]:
        """Return what was decided of whom discs name."""
        query = "SELECT answer FROM access.brought_record WHERE person = %s ORDER BY answered_at"
        return [row["answer"] for row in self.received.rows(query, self.maria)]


def slice_of(study: str, name: str, born: str = BORN, number: str = "P-1") -> bytes:
    """Return a file of a study of one slice."""
    return ct_slice(study, f"{study}.1", 1, number, PatientName=name, PatientBirthDate=born)


def begun(client: TestClient, whose: UUID, files: list[bytes]) -> Any:  # noqa: ANN401  JSON
    """Begin to bring `files`; return what is answered."""
    told = {
        "whose": str(whose),
        "fingerprint": sha256(b"".join(files)).hexdigest(),
        "sizes": [len(each) for each in files],
    }
    return client.post("/bring", json=told)


def carried(client: TestClient, upload: str, files: list[bytes]) -> None:
    """Carry all of it."""
    for number, content in enumerate(files):
        for at in range(0, len(content), PIECE):
            put = client.put(f"/bring/{upload}/{number}?at={at}", content=content[at : at + PIECE])
            assert put.json() == {"received": min(at + PIECE, len(content))}, put.text


@pytest.fixture(scope="module")
def received(environment: Callable[[str], dict[str, str]]) -> Iterator[Received]:
    made = Received.on(environment)
    yield made
    made.close()


@pytest.fixture
def stage(received: Received) -> Stage:
    """Return a new Maria."""
    return Stage.of(received)
