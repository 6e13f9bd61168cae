"""An HTTP server in a thread of its own, that stops when told to."""

import logging
import socket
import sys
from threading import Thread

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from services.portal.sharing.cuts import Cut
from shared.config import MISCONFIGURED

BACKLOG = 512
SILENCE = 15  # seconds an idle connection stays open
DRAIN = 10  # seconds for what is being answered when told to stop
# Bytes that wait in the kernel for a slow reader: what is cut goes no further than these.
UNSENT = 128 << 10
HEADERS = 32 << 10  # bytes of a request's line and headers


class Bounded(HttpToolsProtocol):
    """HTTP/1.1 by httptools, which sets no bound: a longer head than `HEADERS` is answered 400."""

    _open = False  # a head has begun, and is not whole
    _head = 0  # bytes of it that the parser told
    _come = _latest = 0  # bytes since it began, and of the latest piece

    def data_received(self, data: bytes) -> None:
        """Take a piece. A header that never ends is not told, so what came is counted as well."""
        self._latest = len(data)
        self._come += self._latest
        super().data_received(data)
        if self._open and self._come > HEADERS and not self.transport.is_closing():
            self.send_400_response("The headers are too long.")

    def on_message_begin(self) -> None:
        """Count anew; what stands before it in the same piece is counted too."""
        self._open, self._head, self._come = True, 0, self._latest
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Take a part of the request's line."""
        self._count(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        self._count(name, value)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Take a whole head; what follows is counted by who reads it."""
        self._open = False
        super().on_headers_complete()

    def _count(self, *parts: bytes) -> None:
        self._head += sum(map(len, parts))
        if self._head > HEADERS:
            raise ValueError  # the parser gives up, and 400 is answered


def unforeseen(record: logging.LogRecord) -> bool:
    """Say whether a line tells of more than an answer that was cut on purpose."""
    return not (record.exc_info and record.exc_info[0] is Cut)


class Server:
    """One app at one address."""

    def __init__(self, app: ASGIApp, host: str, port: int, name: str) -> None:
        """Listen from now on; `name` begins the two variables that say where.

        Raises:
            SystemExit: the port is taken.

        """
        self.name = name
        logging.getLogger("uvicorn.error").addFilter(unforeseen)
        try:
            self._socket = socket.create_server((host, port), backlog=BACKLOG)
        except OSError:
            sys.stderr.write(
                f"{name}_HOST, {name}_PORT: cannot listen at {host}:{port}."
                " Set the port to a free one, or to 0.\n"
            )
            raise SystemExit(MISCONFIGURED) from None
        # Those that are accepted have it too. Linux; it bounds what waits, not what is on its way.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT)
        self.port: int = self._socket.getsockname()[1]
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                access_log=False,  # addresses hold viewings
                log_config=None,
                server_header=False,
                lifespan="off",
                timeout_keep_alive=SILENCE,
                timeout_graceful_shutdown=DRAIN,
                http=Bounded,
                loop="uvloop",
                ws="none",
            )
        )
        self._thread = Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name=name, daemon=True
        )

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def answer(self) -> None:
        """Say nothing while it answers, for readiness.

        Raises:
            ConnectionError: it does not, or not yet.

        """
        if not (self._thread.is_alive() and self._server.started):
            raise ConnectionError

    def stop(self) -> None:
        """Finish what is being answered, and end."""
        self._server.should_exit = True
        self._thread.join()
