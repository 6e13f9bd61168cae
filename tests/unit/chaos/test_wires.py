"""chaos.wires: a wire does what it is told, and only that; of an end both halves hear."""

import socket
from collections.abc import Iterator
from threading import Thread

import pytest

from deploy.local.waiting import until
from tests.chaos.wires import BODY, Wire, Wires

PATIENCE = 10.0  # seconds
BYTES = bytes(range(256)) * 40


class Echo:
    """A server that sends back what it gets, and knows how many connections stand."""

    def __init__(self) -> None:
        """Listen on a free port."""
        self.standing = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        try:
            while True:
                Thread(target=self._serve, args=(self.listener.accept()[0],), daemon=True).start()
        except OSError:
            return

    def _serve(self, line: socket.socket) -> None:
        self.standing += 1
        try:
            with line:
                while data := line.recv(1 << 16):
                    line.sendall(data)
        except OSError:
            pass
        self.standing -= 1


@pytest.fixture
def echo() -> Iterator[Echo]:
    server = Echo()
    yield server
    server.listener.close()


@pytest.fixture
def wires() -> Iterator[Wires]:
    with Wires() as made:
        yield made


@pytest.fixture
def wire(wires: Wires, echo: Echo) -> Wire:
    return wires.wire(echo.port)


def dialled(wire: Wire) -> socket.socket:
    return socket.create_connection(("127.0.0.1", wire.port), timeout=PATIENCE)


def answered(line: socket.socket, size: int) -> bytes:
    """Return what comes back, until so many bytes or the end."""
    found = b""
    try:
        while len(found) < size and (data := line.recv(size - len(found))):
            found += data
    except OSError:
        pass
    return found


def test_a_plain_wire_passes_everything(wire: Wire) -> None:
    """Both ways, byte for byte."""
    with dialled(wire) as line:
        line.sendall(BYTES)
        assert answered(line, len(BYTES)) == BYTES


def test_a_wire_is_cut_after_its_bytes(wire: Wire, echo: Echo) -> None:
    """What comes before is passed; then both ends hear of it, and the next connection is whole."""
    wire.cut_after = 100
    with dialled(wire) as line:
        line.sendall(BYTES)
        assert len(answered(line, len(BYTES))) <= 100
    until(lambda: echo.standing == 0, PATIENCE, "the server's half stands")
    assert wire.hits == 1
    with dialled(wire) as line:
        line.sendall(BYTES)
        assert answered(line, len(BYTES)) == BYTES


def test_a_client_that_vanishes_is_not_kept_alive(wire: Wire, echo: Echo) -> None:
    """A half-open connection would hold what its owner had locked."""
    line = dialled(wire)
    line.sendall(BYTES)
    answered(line, 1)
    line.close()  # with unread bytes: a reset
    until(lambda: echo.standing == 0, PATIENCE, "the server's half stands")


def test_a_reset_ends_every_connection(wires: Wires, wire: Wire, echo: Echo) -> None:
    """At once, and for both ends."""
    with dialled(wire) as line:
        line.sendall(b"x")
        assert answered(line, 1) == b"x"
        wires.reset(wire)
        assert answered(line, 1) == b""
    until(lambda: echo.standing == 0, PATIENCE, "the server's half stands")


def test_a_refusing_wire_lets_nobody_in(wire: Wire) -> None:
    """And does again when it is told."""
    wire.refusing = True
    with dialled(wire) as line:
        assert answered(line, 1) == b""
    wire.refusing = False
    with dialled(wire) as line:
        line.sendall(b"x")
        assert answered(line, 1) == b"x"


def test_one_bit_is_turned_over_on_the_way_back(wire: Wire) -> None:
    """Only in a piece that may be a body, and only as often as was asked."""
    wire.flips = 1
    with dialled(wire) as line:
        line.sendall(b"x" * 10)
        assert answered(line, 10) == b"x" * 10
        line.sendall(BYTES)
        found = answered(line, len(BYTES))
    differing = [one ^ other for one, other in zip(found, BYTES, strict=True) if one != other]
    assert differing == [1]
    assert len(BYTES) > BODY


def test_a_stalled_wire_passes_nothing_until_it_is_let_go(wire: Wire) -> None:
    """Without a word to either end."""
    with dialled(wire) as line:
        wire.stalled = True
        line.sendall(b"x")
        line.settimeout(0.2)
        assert answered(line, 1) == b""
        wire.stalled = False
        line.settimeout(PATIENCE)
        assert answered(line, 1) == b"x"
