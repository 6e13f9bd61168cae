"""shared.storage.s3: how long a store may be silent."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from shared.errors import EdgeDown
from shared.storage import Found, s3

SILENT = threading.Event()  # never set: what waits for it is silent for so long
DONE = (
    b"<CopyObjectResult><ETag>1</ETag><LastModified>2026-01-02T03:04:05.000Z</LastModified>"
    b"</CopyObjectResult>"
)


class Slow(BaseHTTPRequestHandler):
    """A store that says nothing while it copies."""

    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        """Tell of an object."""
        self.answer(b"")

    def do_PUT(self) -> None:
        """Copy it, longer than a connection may be silent."""
        SILENT.wait(4 * s3.READ_SECONDS)
        self.answer(DONE)

    def answer(self, body: bytes) -> None:
        """Answer 200."""
        self.send_response(200)
        self.send_header("ETag", '"1"')
        self.send_header("Last-Modified", "Fri, 02 Jan 2026 03:04:05 GMT")
        self.send_header("Content-Length", str(len(body) or 1))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Be quiet."""


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[s3.S3]:
    """Return a store whose connections may be silent for a tenth of a second."""
    monkeypatch.setattr(s3, "READ_SECONDS", 0.1)
    with ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server:
        server.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients do hang up
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield s3.S3(f"http://127.0.0.1:{server.server_port}", "key", "secret", "us-east-1")
        server.shutdown()
        thread.join()


def source(size: int) -> Found:
    return Found("drop", "north/1", None, size, "1", datetime(2026, 1, 2, tzinfo=UTC))


def test_a_copy_of_gigabytes_may_be_silent(store: s3.S3) -> None:
    """Some stores say nothing until it is done: to give up would be to begin anew, for ever."""
    store.copy(source(s3.LARGE), "archive", "north/1")


def test_any_other_silence_is_an_edge_that_is_down(store: s3.S3) -> None:
    """A store that is frozen is noticed."""
    with pytest.raises(EdgeDown):
        store.copy(source(s3.LARGE - 1), "archive", "north/1")
