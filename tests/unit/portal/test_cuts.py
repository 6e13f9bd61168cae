"""portal.sharing.cuts: what flows by a grant stops when the grant ends, and when nobody knows."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from starlette.types import Message, Receive, Scope, Send

from services.portal.sharing import cuts
from services.portal.sharing.cuts import PIECE, Cut, Cuts, Flow

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


class Body:
    """What is sent of one answer, piece by piece; `meanwhile` happens after the first."""

    def __init__(self, made: Cuts, guest: UUID | None) -> None:
        """Answer a reader of `made`'s portal."""
        self.made, self.guest = made, guest
        self.sent: list[bytes] = []
        self.status = 0
        self.meanwhile: Callable[[], None] = lambda: None
        self.before: Callable[[], None] = lambda: None

    def run(self, *bodies: bytes) -> list[bytes]:
        """Send `bodies`, and return what came of them."""

        async def app(scope: Scope, _receive: Receive, send: Send) -> None:
            scope["state"]["guest"] = self.guest
            self.before()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            for number, body in enumerate(bodies, 1):
                more = number < len(bodies)
                await send({"type": "http.response.body", "body": body, "more_body": more})

        async def send(message: Message) -> None:
            self.status = message.get("status", self.status)
            if message["type"] == "http.response.body":
                self.sent.append(message["body"])
                if len(self.sent) == 1:
                    self.meanwhile()

        async def receive() -> Message:
            return {"type": "http.disconnect"}

        asyncio.run(Flow(app, self.made)({"type": "http"}, receive, send))
        return self.sent


def changed(ledger: Ledger, made: Cuts, clock: list[float]) -> None:
    """Let the grant of `GUEST` be taken back, and the portal hear of it."""
    ledger.changes.append(GUEST)
    clock[0] += 0.1
    made.poll(ledger)  # type: ignore[arg-type]  # what it asks of a database


@pytest.mark.parametrize("bodies", [(b"1", b"2", b"3"), (b"1" * PIECE + b"2",)])
def test_it_stops_at_the_first_piece_after_the_grant_has_ended(
    clock: list[float], bodies: tuple[bytes, ...]
) -> None:
    """Whatever is left, and also within one long body; others go on."""
    ledger, made = Ledger(), Cuts()
    made.poll(ledger)  # type: ignore[arg-type]  # as above
    theirs = Body(made, GUEST)
    theirs.meanwhile = partial(changed, ledger, made, clock)
    with pytest.raises(Cut):
        theirs.run(*bodies)
    assert len(theirs.sent) == 1
    for guest in (OTHER, None):
        others = Body(made, guest)
        others.meanwhile = partial(changed, ledger, made, clock)
        assert b"".join(others.run(*bodies)) == b"".join(bodies)


def test_what_was_decided_before_a_withdrawal_is_not_begun_after_it(clock: list[float]) -> None:
    """Not a byte of it: it may have taken long to be made ready."""
    ledger, made = Ledger(), Cuts()
    made.poll(ledger)  # type: ignore[arg-type]  # as above
    late = Body(made, GUEST)
    late.before = partial(changed, ledger, made, clock)
    assert late.run(b"1") == [b"Not Found\n"]
    assert late.status == 404


def test_what_began_after_a_change_is_not_cut_by_it(clock: list[float]) -> None:
    """It was asked anew when it began, and allowed."""
    ledger, made = Ledger(), Cuts()
    made.poll(ledger)  # type: ignore[arg-type]  # as above
    changed(ledger, made, clock)
    clock[0] += 0.1
    assert Body(made, GUEST).run(b"1", b"2") == [b"1", b"2"]


def test_who_does_not_know_what_was_withdrawn_sends_nothing_more(clock: list[float]) -> None:
    """Half a second after the last answer of the database; what is not by a grant goes on.

    What was decided just now, by the database itself, is begun.
    """
    made = Cuts()
    made.poll(Ledger())  # type: ignore[arg-type]  # as above
    clock[0] += cuts.FRESH + 0.1
    theirs = Body(made, GUEST)
    with pytest.raises(Cut):
        theirs.run(b"1", b"2")
    assert theirs.sent == [b"1"]
    assert Body(made, None).run(b"1", b"2") == [b"1", b"2"]
