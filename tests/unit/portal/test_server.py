"""services.portal.server: requests are read to a bound, and answered; what was cut is no error."""

import logging
import socket
from collections.abc import Iterator

import pytest
from starlette.responses import PlainTextResponse

from deploy.local.waiting import until
from services.portal.server import HEADERS, Server, unforeseen
from services.portal.sharing.cuts import Cut

DEADLINE = 10.0  # seconds
CHUNK = 4 << 10  # bytes


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Return where a server answers everything with a word."""
    server = Server(PlainTextResponse("heard"), "127.0.0.1", 0, "SCANPASS_TEST")
    server.start()
    until(lambda: answers(server), DEADLINE, "the server does not come up")
    yield server.port
    server.stop()


def answers(server: Server) -> bool:
    """Say whether it has come up."""
    try:
        server.answer()
    except ConnectionError:
        return False
    return True


def told(port: int, *said: bytes) -> bytes:
    """Return what is answered to `said` until the server has said it all, or goes."""
    with socket.create_connection(("127.0.0.1", port), timeout=DEADLINE) as wire:
        found = b""
        try:
            for each in said:
                wire.sendall(each)
            while not found.endswith((b"heard", b"too long.", b"received.")):
                if not (more := wire.recv(CHUNK)):
                    break
                found += more
        except ConnectionError:
            pass  # it has gone, and what it said before may be lost with the rest of ours
        return found


def test_a_usual_request_is_answered(port: int) -> None:
    """With headers of almost all the length that there may be, and several on one connection."""
    request = b"GET / HTTP/1.1\r\nhost: x\r\nlong: %s\r\n\r\n" % (b"a" * (HEADERS - 100))
    assert told(port, request).startswith(b"HTTP/1.1 200 ")
    with socket.create_connection(("127.0.0.1", port), timeout=DEADLINE) as wire:
        for _ in range(3):
            wire.sendall(request)
            assert wire.recv(CHUNK).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("body", [0, 4 * HEADERS])
def test_a_long_body_is_no_long_head(port: int, body: int) -> None:
    """What follows the headers is counted by whoever reads it."""
    head = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % body
    assert told(port, head, b"a" * body).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "said",
    [
        [b"GET / HTTP/1.1\r\nlong: " + b"a" * (2 * HEADERS) + b"\r\n\r\n"],
        [b"GET / HTTP/1.1\r\nlong: ", *[b"a" * CHUNK] * (3 * HEADERS // CHUNK)],
        [b"GET / HTTP/1.1\r\n", *[b"some: header\r\n"] * HEADERS],
        [b"GET /" + b"a" * (2 * HEADERS) + b" HTTP/1.1\r\n\r\n"],
        [b"GET /", *[b"a" * CHUNK] * (3 * HEADERS // CHUNK)],
    ],
    ids=["one-header", "one-that-never-ends", "many", "address", "address-that-never-ends"],
)
def test_too_long_a_head_is_refused(port: int, said: list[bytes]) -> None:
    """And not kept in memory until it ends."""
    found = told(port, *said)
    assert found == b"" or found.startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(("error", "told"), [(Cut(), False), (ValueError(), True), (None, True)])
def test_only_the_unforeseen_is_logged(error: Exception | None, told: object) -> None:
    """An answer that was cut has a line of its own, without alarm."""
    logger = logging.getLogger("uvicorn.error")
    exc_info = None if error is None else (type(error), error, None)
    record = logger.makeRecord(logger.name, logging.ERROR, "", 0, "", (), exc_info)
    assert unforeseen(record) is told
