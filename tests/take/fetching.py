"""A browser that saves a ZIP, whole or cut off and gone on with."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlencode

CHUNK = 1 << 20
TIMEOUT = 300


@dataclass(frozen=True)
class Browser:
    """Someone who is signed in at `port`."""

    port: int
    cookie: str

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> HTTPResponse:
        """Return an answer whose body is yet to be read."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        given = {"cookie": self.cookie, "content-type": "application/x-www-form-urlencoded"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body=body or None, headers=given)
        return connection.getresponse()

    def begin(self, path: str, **form: str) -> str:
        """Have something frozen, and return the address of its ZIP."""
        answer = self.ask("POST", path, urlencode(form))
        answer.read()
        if answer.status != 303:
            raise RuntimeError(answer.status)
        return f"{answer.headers['location']}/scans.zip"

    def save(self, address: str, file: Path) -> tuple[int, float]:
        """Save the whole; return its length as it was told before, and the seconds it took."""
        since = time.monotonic()
        answer = self.ask("GET", address)
        told = int(answer.headers["content-length"])
        with file.open("wb") as out:
            while chunk := answer.read(CHUNK):
                out.write(chunk)
        return told, time.monotonic() - since

    def resume(self, address: str, file: Path, cuts: Sequence[int]) -> None:
        """Save it, but lose the connection at each of `cuts`, and go on from there."""
        with file.open("wb") as out:
            for stop in (*sorted(cuts), None):
                answer = self.ask("GET", address, range=f"bytes={out.tell()}-")
                if answer.status != 206:
                    raise RuntimeError(answer.status)
                end = out.tell() + int(answer.headers["content-length"]) if stop is None else stop
                while chunk := answer.read(min(CHUNK, end - out.tell())):
                    out.write(chunk)
                answer.close()
