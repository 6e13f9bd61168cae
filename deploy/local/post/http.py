"""A small HTTP server on a thread of its own, for the gateway and the pages."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeAlias
from urllib.parse import urlsplit

HOST = "127.0.0.1"
LARGEST = 1 << 16  # bytes of a request


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said to it."""

    status: int
    body: bytes = b""
    type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


Site: TypeAlias = Callable[[Request], Answer]


class HttpServer:
    """Listens on the loopback until stopped; can be started again, on the same port."""

    def __init__(self, name: str, site: Site, port: int) -> None:
        """Answer with `site`; port 0 takes a free one."""
        self.name, self.site, self.port = name, site, port

    def start(self) -> None:
        """Return when connections are taken.

        Raises:
            OSError: the port is not free.

        """
        self.server = ThreadingHTTPServer((HOST, self.port), answering(self.site))
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(
            target=self.server.serve_forever, args=(0.05,), name=self.name, daemon=True
        )
        self.thread.start()

    def stop(self) -> None:
        """Stop listening."""
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def answering(site: Site) -> type[BaseHTTPRequestHandler]:
    """Return what the standard library needs in order to ask `site`."""

    class Handler(BaseHTTPRequestHandler):
        timeout = 30  # seconds for one request

        def answer(self) -> None:
            """Read one request, and write the answer."""
            length = self.headers.get("Content-Length", "0")
            if not length.isdecimal() or int(length) > LARGEST:
                self.send_error(413)
                return
            url = urlsplit(self.path)
            body = self.rfile.read(int(length))
            said = site(Request(self.command, url.path, url.query, dict(self.headers), body))
            self.send_response(said.status)
            self.send_header("Content-Type", said.type)
            self.send_header("Content-Length", str(len(said.body)))
            for name, value in said.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said.body)

        do_GET = do_POST = answer  # noqa: N815  the names are the library's

        def log_message(self, *_: object) -> None:
            """Say nothing: addresses and numbers are no business of a log."""

    return Handler
