"""Connections to one HTTP/1.1 server that are kept between requests, for answers of known length.

Only what a ranged GET needs (RFC 9112): whatever else is answered is the caller's to ask again in
another way. Of an answer that comes by TCP as it is, the body is one call of the system's.
"""

import re
import socket
import ssl
from collections import deque
from contextlib import suppress
from struct import pack
from typing import TypeAlias
from urllib.parse import SplitResult
from weakref import finalize

END = b"\r\n\r\n"
STATUS = re.compile(rb"HTTP/1\.1 ([0-9]{3})[ \r]")
LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]{1,15}) *\r\n", re.IGNORECASE)
CLOSING = re.compile(rb"\r\nconnection: *close *\r\n", re.IGNORECASE)
LONGEST = 16 << 10  # bytes of a head
Answer: TypeAlias = tuple[int, bytes]


class Stale(ConnectionError):
    """The server closed the connection before it answered."""


class Kept:
    """Asks one server; safe to use from many threads, each with a connection of its own."""

    def __init__(self, url: SplitResult, seconds: tuple[float, float], most: int) -> None:
        """Connect to nothing yet; `seconds` to connect and to wait, `most` connections are kept."""
        self._place = (url.hostname or "", url.port or (443 if url.scheme == "https" else 80))
        self._tls = ssl.create_default_context() if url.scheme == "https" else None
        self._connect, self._wait = seconds
        self._free: deque[socket.socket] = deque(maxlen=most)  # the latest is taken first
        finalize(self, closed, self._free)

    def ask(self, request: bytes, most: int) -> Answer | None:
        """Return status and body; None where it is longer than `most` bytes, or of no known length.

        Raises:
            OSError: there is no answer.

        """
        while True:
            try:
                connection = self._free.pop()
            except IndexError:
                break
            with suppress(Stale):  # the next may be newer
                return self._asked(connection, request, most)
        return self._asked(self._new(), request, most)

    def _asked(self, connection: socket.socket, request: bytes, most: int) -> Answer | None:
        kept = False
        try:
            head, body = self._head(connection, request)
            status, length = STATUS.match(head), LENGTH.search(head)
            if status is None or length is None or int(length[1]) > most:
                return None
            body += self._rest(connection, int(length[1]) - len(body))
            kept = len(body) == int(length[1]) and not CLOSING.search(head)
            return int(status[1]), body
        except BlockingIOError:
            raise TimeoutError from None  # of a blocking socket: the time is over
        finally:
            if kept and len(self._free) < (self._free.maxlen or 0):
                self._free.append(connection)
            else:
                connection.close()

    def _head(self, connection: socket.socket, request: bytes) -> tuple[bytes, bytes]:
        """Return the head of the answer, and what of the body came with it.

        By TCP that is nothing, as a rule: the head is looked at first, so that the body comes
        apart from it and is never moved again.
        """
        try:
            connection.sendall(request)
            seen = connection.recv(LONGEST, 0 if self._tls else socket.MSG_PEEK)
        except ConnectionError:
            raise Stale from None
        if not seen:
            raise Stale
        if self._tls is None:
            at = seen.find(END)
            seen = connection.recv(at + len(END) if at >= 0 else len(seen))
        while (at := seen.find(END)) < 0:
            piece = connection.recv(LONGEST)
            seen += piece
            if not piece or len(seen) > 2 * LONGEST:
                raise ConnectionError
        return seen[: at + len(END)], seen[at + len(END) :]

    def _rest(self, connection: socket.socket, length: int) -> bytes:
        """Return `length` bytes more: by TCP one piece, unless a signal comes between."""
        flags = 0 if self._tls else socket.MSG_WAITALL
        pieces = []
        while length > 0:
            piece = connection.recv(length, flags)
            if not piece:
                raise ConnectionError
            pieces.append(piece)
            length -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _new(self) -> socket.socket:
        """Connect."""
        connection = socket.create_connection(self._place, self._connect)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._tls is not None:
            connection.settimeout(self._wait)
            return self._tls.wrap_socket(connection, server_hostname=self._place[0])
        # A blocking socket whose waits the system ends: only such a one waits for a whole body.
        connection.settimeout(None)
        seconds, rest = divmod(self._wait, 1)
        time = pack("@ll", int(seconds), int(rest * 1_000_000))
        for way in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            connection.setsockopt(socket.SOL_SOCKET, way, time)
        return connection


def closed(connections: deque[socket.socket]) -> None:
    """Let all go."""
    while connections:
        connections.pop().close()
