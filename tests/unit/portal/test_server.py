"""services.portal.server: requests are read to a bound, and answered; what was cut is no error."""

import logging
import socket
from collections.abc import Iterator

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from deploy.local.waiting import until
from services.portal.server import HEADERS, UNSENT, Server, unforeseen
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


class Flow:
    """Answers `/flow` with more than any buffer holds, counting what it has got rid of."""

    def __init__(self) -> None:
        """Begin."""
        self.sent = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        if scope["path"] != "/flow":
            await PlainTextResponse("heard")(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(100):
            await send({"type": "http.response.body", "body": bytes(UNSENT), "more_body": True})
            self.sent += UNSENT
        await send({"type": "http.response.body", "body": b""})


def test_little_waits_for_a_slow_reader() -> None:
    """So that a download that is cut goes on for no longer than it takes to read that little."""
    flow = Flow()
    server = Server(flow, "127.0.0.1", 0, "SCANPASS_TEST")
    server.start()
    until(lambda: answers(server), DEADLINE, "the server does not come up")
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, CHUNK)
        slow.settimeout(DEADLINE)
        slow.connect(("127.0.0.1", server.port))
        slow.sendall(b"GET /flow HTTP/1.1\r\nHost: x\r\n\r\n")
        assert slow.recv(1)
        # Each answer is a turn of the server's loop, in which it would have sent more if it could.
        for _ in range(50):
            told(server.port, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert 0 < flow.sent <= 8 * UNSENT
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    server.stop()
