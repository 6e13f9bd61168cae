"""Visitors count every answer, and what is no whole answer is an error."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from tests.upgrade.replicas import Fleet
from tests.upgrade.visitors import Visitors


class Portal(BaseHTTPRequestHandler):
    """Answers by the path: a status, or an answer that is cut off."""

    def do_GET(self) -> None:
        """Answer."""
        if self.path == "/cut":
            self.send_response(200)
            self.send_header("Content-Length", "10")
            self.end_headers()
            self.wfile.write(b"half")
            return
        self.send_response(int(self.path[1:]))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


class One:
    """A portal of a release."""

    release = "old"

    def __init__(self, pages: int) -> None:
        """Answer at a port."""
        self.pages = pages


def test_errors_and_torn_answers_are_found() -> None:
    """503 and half an answer count as errors, 200 and 404 do not."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Portal)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    fleet = Fleet()
    fleet.portals = [One(server.server_port)]  # type: ignore[list-item]  # as far as it is asked
    paths = ("/200", "/503", "/404", "/cut")
    visitors = Visitors(fleet, "cookie=x", paths)
    try:
        with visitors.looking():
            assert visitors.until(lambda: len(visitors.answers) == len(paths), 30)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert set(visitors.answers) == {("old", 200), ("old", 503), ("old", 404), ("old", 0)}
    assert 0 < visitors.broken < visitors.requests
    assert {each.split()[3] for each in visitors.offenders} == {"/503", "/cut"}
