"""What a service answers over HTTP: is it alive, is it ready, how much has it done."""

import json
import sys
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TypeAlias

import structlog

from shared import metrics
from shared.config import MISCONFIGURED
from shared.logs import told

log = structlog.get_logger()

# Names what is wrong; empty when all is well.
Check: TypeAlias = Callable[[], list[str]]
# From a request's body to a status and an answer of plain text.
Route: TypeAlias = Callable[[bytes], tuple[int, str]]

LARGEST = 4 << 20  # bytes of a body; a notification is a few KiB
SILENCE = 10.0  # seconds a client may keep a thread waiting
POLL = 0.1  # seconds until `close` is noticed


class Probes:
    """`/livez`, `/readyz`, `/metrics`, and the POST routes a service adds."""

    def __init__(
        self,
        host: str,
        port: int,
        checks: Mapping[str, Check],
        routes: Mapping[str, Route],
    ) -> None:
        """Answer at `host`:`port` (0: a free one) from now on; checks and routes by their path.

        Raises:
            SystemExit: the port is taken.

        """
        self.checks = checks
        self.routes = routes
        try:
            self._server = Server((host, port), Asked, self)
        except OSError:
            sys.stderr.write(
                f"SCANPASS_PROBE_HOST, SCANPASS_PROBE_PORT: cannot listen at {host}:{port}."
                " Set the port to a free one, or to 0.\n"
            )
            raise SystemExit(MISCONFIGURED) from None
        self._thread = Thread(
            target=self._server.serve_forever, args=(POLL,), name="probes", daemon=True
        )
        self._thread.start()

    @property
    def port(self) -> int:
        """Return where it listens."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Server(ThreadingHTTPServer):
    """A server that knows what to answer."""

    daemon_threads = True

    def __init__(
        self, address: tuple[str, int], asked: type[BaseHTTPRequestHandler], probes: Probes
    ) -> None:
        """Listen at `address`."""
        self.probes = probes
        super().__init__(address, asked)

    def handle_error(self, _request: object, _client_address: object) -> None:
        """Say nothing of clients that go away in the middle of an answer."""


class Asked(BaseHTTPRequestHandler):
    """One request."""

    server: Server
    protocol_version = "HTTP/1.1"
    timeout = SILENCE

    def do_GET(self) -> None:
        """Answer a probe."""
        if self.path == "/metrics":
            self._answer(200, metrics.exposition(), "text/plain; version=0.0.4; charset=utf-8")
        elif check := self.server.probes.checks.get(self.path):
            wrong = check()
            body = json.dumps({"ok": not wrong, "wrong": wrong}).encode()
            self._answer(503 if wrong else 200, body, "application/json")
        else:
            self._answer(404, b"not found\n", "text/plain")

    def do_POST(self) -> None:
        """Give the body to the route, which answers."""
        route = self.server.probes.routes.get(self.path)
        length = self.headers.get("content-length", "")
        if not length.isascii() or not length.isdigit() or int(length) > LARGEST:
            self.close_connection = True  # the body stays unread
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, b"too large\n", "text/plain")
            return
        body = self.rfile.read(int(length))
        if route is None:
            self._answer(404, b"not found\n", "text/plain")
            return
        try:
            status, text = route(body)
        except Exception as error:  # noqa: BLE001  the sender is told to come again
            log.warning("route_failed", path=self.path, error=told(error))
            status, text = 503, "not now\n"
        self._answer(status, text.encode(), "text/plain; charset=utf-8")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  its own signature
        """Log no requests: the probes come every few seconds."""

    def _answer(self, status: int, body: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
