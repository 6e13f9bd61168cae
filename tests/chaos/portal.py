"""The rows of the matrix in which somebody looks at their pictures meanwhile."""

import time
from hashlib import sha256
from http import HTTPStatus
from http.client import HTTPException

from deploy.local.waiting import until
from tests.chaos import load
from tests.chaos.faults import TRIES, Ring
from tests.chaos.visitor import BUFFER, Visitor

SLOW = 5.0  # seconds in which a reader reads nothing
LONG = 1.0  # seconds; what a transaction takes that waits for no reader
TRANSACTIONS = """
    SELECT 1 FROM pg_stat_activity
    WHERE usename = 'scanpass_portal' AND xact_start < now() - make_interval(secs => %s)
"""


class Wrong(Exception):
    """Something that must not be; the text says what."""


def visiting(made: Ring, number: int) -> tuple[Visitor, str, str]:
    """Return somebody who is signed in, the path of an original of theirs, and its SHA-256."""
    digest = sha256(load.large(number)).hexdigest()
    visitor = Visitor(made.stage, "north", load.large_of(number))
    path = visitor.path(digest)
    until(lambda: visitor.digest(path) == digest, TRIES, "the original is not served")
    return visitor, path, digest


def killed(made: Ring, number: int) -> None:
    """Kill the portal in a download: the reader sees that it is cut, and has the rest later."""
    visitor, path, digest = visiting(made, number)
    with visitor.opened(path) as answer:
        had, tag = answer.read(BUFFER), answer.headers["ETag"]
        made.stage.services.kill("portal")
        try:
            while piece := answer.read1(BUFFER):
                had += piece
        except (OSError, HTTPException):
            pass
    if sha256(had).hexdigest() == digest:
        msg = "the download was not cut: nothing is shown"
        raise Wrong(msg)
    if len(had) >= int(answer.headers["Content-Length"]):
        msg = "a download that was cut looks whole"
        raise Wrong(msg)
    until(
        lambda: sha256(visitor.rest(path, tag, had)).hexdigest() == digest,
        TRIES,
        "the rest is not served",
    )


def slow_reader(made: Ring, number: int) -> None:
    """Read nothing for a while: no transaction waits for it, and others are served."""
    visitor, path, digest = visiting(made, number)
    with visitor.opened(path) as answer:
        first = answer.read(BUFFER)
        end = time.monotonic() + SLOW
        while time.monotonic() < end:
            if made.stage.rows(TRANSACTIONS, LONG):
                msg = "a transaction waits for a slow reader"
                raise Wrong(msg)
            if visitor.digest(path) != digest:
                msg = "a slow reader holds others up"
                raise Wrong(msg)
        if sha256(first + answer.read()).hexdigest() != digest:
            msg = "a slow reader gets other bytes"
            raise Wrong(msg)


def database_away(made: Ring, number: int) -> None:
    """Take the database away, and end the session: there is no stale yes, then nor later."""
    visitor, path, _ = visiting(made, number)
    wire = made.wire["portal", "database"]
    wire.refusing = True
    made.wires.reset(wire)
    statuses = {visitor.status(path) for _ in range(5)}
    visitor.sign_out()
    wire.refusing = False
    if statuses != {HTTPStatus.SERVICE_UNAVAILABLE}:
        msg = f"without its database the portal says {sorted(statuses)}"
        raise Wrong(msg)
    made.stage.services.wait(TRIES)
    if (status := visitor.status(path)) != HTTPStatus.NOT_FOUND:
        msg = f"whoever has signed out is told {status}"
        raise Wrong(msg)
