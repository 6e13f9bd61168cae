"""Streams that are open when a grant ends: cut by time, not by how many bytes are left."""

from collections.abc import Iterator
from http import HTTPStatus
from threading import Lock
from time import monotonic
from uuid import UUID

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.db import Database

FRESH = 0.5  # seconds: who knows less of what was withdrawn sends nothing more by any grant
PIECE = 1 << 18  # bytes that are sent without asking again
# Decided before the grant has ended, and made ready only after it.
LATE = PlainTextResponse("Not Found\n", HTTPStatus.NOT_FOUND)
KEPT = 86_400.0  # seconds; no stream lasts so long

BEGIN = "SELECT position FROM access.ledger_end"
# Whatever was changed: who may go on asks again, and is told so at once. What is new ends nothing.
CHANGED = """
    SELECT position, CASE WHEN version > 1 THEN guest END AS guest
    FROM access.ledger LEFT JOIN access.guest USING (grant_id)
    WHERE position > %s ORDER BY position
"""


class Cut(Exception):
    """The grant by which a stream was read has ended; the connection is closed unfinished."""


class Cuts:
    """Whose streams are over; safe to share between threads."""

    def __init__(self) -> None:
        """Begin with nobody's, and with an old view."""
        self._position: int | None = None
        self._seen = 0.0
        self._gone: dict[UUID, float] = {}
        self._guard = Lock()

    def poll(self, database: Database) -> None:
        """Ask which grants were changed since the last time."""
        asked = monotonic()
        with database.transaction() as connection:
            if self._position is None:
                rows = []
                (end,) = connection.execute(BEGIN).fetchall()
                position = end["position"]
            else:
                rows = connection.execute(CHANGED, (self._position,)).fetchall()
                position = rows[-1]["position"] if rows else self._position
        # After the answer: so later than whatever began before the change was committed.
        known = monotonic()
        with self._guard:
            self._gone |= {row["guest"]: known for row in rows if row["guest"]}
            self._gone = {guest: at for guest, at in self._gone.items() if at > known - KEPT}
            self._position, self._seen = position, asked

    def over(self, guest: UUID, since: float, *, begun: bool) -> bool:
        """Say whether nothing more may be sent of what a guest began to read at `since`.

        What has not `begun` to be sent was decided a moment ago: then an old view is no reason.
        """
        with self._guard:
            cut = self._gone.get(guest, -1.0) >= since
            return cut or (begun and monotonic() > self._seen + FRESH)


class Flow:
    """Sends what guests read in pieces, for as long as they may. Pure ASGI.

    A route leaves who reads in `request.state.guest`; what others read is sent as it comes.
    """

    def __init__(self, app: ASGIApp, cuts: Cuts) -> None:
        """Stand before `app`."""
        self._app, self._cuts = app, cuts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer.

        Raises:
            Cut: no longer; the server then closes the connection unfinished.

        """
        since, begun, late = monotonic(), False, False  # before the read is decided
        state = scope.setdefault("state", {})

        async def sending(message: Message) -> None:
            nonlocal begun, late
            guest = state.get("guest")
            if guest is None:
                await send(message)
            elif message["type"] != "http.response.body":
                late = self._cuts.over(guest, since, begun=False)
                await (LATE(scope, receive, send) if late else send(message))
            elif not late:
                for piece in pieces(message):
                    if self._cuts.over(guest, since, begun=begun):
                        raise Cut
                    begun = True
                    await send(piece)

        await self._app(scope, receive, sending)


def pieces(message: Message) -> Iterator[Message]:
    """Yield a part of an answer's body in pieces."""
    body, more = message.get("body", b""), message.get("more_body", False)
    for at in range(0, max(len(body), 1), PIECE):
        left = more or at + PIECE < len(body)
        yield {**message, "body": body[at : at + PIECE], "more_body": left}
