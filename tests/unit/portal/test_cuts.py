"""portal.sharing.cuts: what flows by a grant stops when the grant ends, and when nobody knows."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.portal.sharing import cuts
from services.portal.sharing.cuts import Cut, Cuts

GUEST, OTHER = uuid4(), uuid4()


class Ledger:
    """A database of nothing but a ledger; each change is of one guest's grant."""

    def __init__(self) -> None:
        """Begin empty."""
        self.changes: list[UUID | None] = []

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """Give itself as a connection."""
        yield self

    def execute(self, query: str, told: tuple[int, ...] = ()) -> "Ledger":
        """Answer one of the two questions."""
        self.rows: list[dict[str, object]] = [{"position": len(self.changes)}]
        if query == cuts.CHANGED:
            known = list(enumerate(self.changes, 1))[told[0] :]
            self.rows = [{"position": place, "guest": guest} for place, guest in known]
        return self

    def fetchall(self) -> list[dict[str, object]]:
        """Return the answer."""
        return self.rows


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the time, to be set."""
    now = [100.0]
    monkeypatch.setattr(cuts, "monotonic", lambda: now[0])
    return now


def test_it_stops_at_the_first_piece_after_the_grant_has_ended(clock: list[float]) -> None:
    """Whatever is left; others go on."""
    ledger, made = Ledger(), Cuts()
    made.poll(ledger)  # type: ignore[arg-type]  # what it asks of a database
    theirs, others, own = (
        made.flowing(guest, clock[0], iter([b"1", b"2", b"3"])) for guest in (GUEST, OTHER, None)
    )
    assert [next(each) for each in (theirs, others, own)] == [b"1"] * 3
    ledger.changes.append(GUEST)
    clock[0] += 0.1
    made.poll(ledger)  # type: ignore[arg-type]  # as above
    with pytest.raises(Cut):
        next(theirs)
    assert next(others) == next(own) == b"2"


def test_what_began_after_a_change_is_not_cut_by_it(clock: list[float]) -> None:
    """It was asked anew when it began, and allowed."""
    ledger, made = Ledger(), Cuts()
    made.poll(ledger)  # type: ignore[arg-type]  # as above
    ledger.changes.append(GUEST)
    made.poll(ledger)  # type: ignore[arg-type]  # as above
    clock[0] += 0.1
    assert list(made.flowing(GUEST, clock[0], iter([b"1"]))) == [b"1"]


def test_who_does_not_know_what_was_withdrawn_sends_nothing_more(clock: list[float]) -> None:
    """Half a second after the last answer of the database; what is not by a grant goes on."""
    made = Cuts()
    made.poll(Ledger())  # type: ignore[arg-type]  # as above
    theirs, own = (made.flowing(guest, clock[0], iter([b"1", b"2"])) for guest in (GUEST, None))
    assert next(theirs) == next(own) == b"1"
    clock[0] += cuts.FRESH + 0.1
    with pytest.raises(Cut):
        next(theirs)
    assert next(own) == b"2"
