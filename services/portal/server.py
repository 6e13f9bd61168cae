"""An HTTP server in a thread of its own, that stops when told to."""

import logging
import socket
import sys
from threading import Thread

import uvicorn
from starlette.types import ASGIApp

from services.portal.sharing.cuts import Cut
from shared.config import MISCONFIGURED

BACKLOG = 512
SILENCE = 15  # seconds an idle connection stays open
DRAIN = 10  # seconds for what is being answered when told to stop
HEADERS = 32 << 10  # bytes


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
                h11_max_incomplete_event_size=HEADERS,
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
