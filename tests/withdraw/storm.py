"""Requests without end by all paths at both replicas, while a share is taken back."""

import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection
from itertools import cycle, islice
from threading import Event

from tests.withdraw.replicas import Replica
from tests.withdraw.scene import Scene

THREADS = 4  # at each replica
BEFORE = 60  # requests that are allowed before it is taken back
ROUND = 2500  # requests that are asked after it
PATIENCE = 60.0  # seconds
SLOWLY = 0.002  # seconds between two pieces of a stream
PIECE = 1 << 16


@dataclass
class Came:
    """What came of the requests of one round: when its first byte was sent, and the status."""

    requests: list[tuple[float, int]] = field(default_factory=list)
    streams: list["Stream"] = field(default_factory=list)
    withdrawn: float = 0.0  # when the answer was read


@dataclass
class Stream:
    """One download."""

    began: Event = field(default_factory=Event)
    ended: float = 0.0
    read: int = 0
    whole: bool = False


def round_of(scene: Scene, at: list[Replica], number: int, *, count: int = ROUND) -> Came:
    """Share, open, ask, download, take back, and ask on."""
    first, second = at if number % 2 else at[::-1]
    opened, came, stop = scene.share(first, second), Came(), Event()
    came.streams = [Stream() for _ in at]
    with ThreadPoolExecutor((THREADS + 1) * len(at)) as threads:
        running = [
            threads.submit(ask, each, islice(cycle(scene.paths(opened)), turn, None), came, stop)
            for each in at
            for turn in range(THREADS)
        ]
        for each, stream in zip(at, came.streams, strict=True):
            running.append(threads.submit(download, each, scene.large(opened), stream))
        until(lambda: all(stream.began.is_set() for stream in came.streams))
        until(lambda: len(came.requests) >= BEFORE)
        came.withdrawn = first.form(f"/shared/{opened.grant}/end", scene.cookie).at
        until(lambda: after(came) >= count)
        stop.set()
        for done in running:
            done.result()
    return came


def until(true: Callable[[], bool]) -> None:
    """Wait until something is true.

    Raises:
        TimeoutError: it does not become so.

    """
    deadline = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.01)


def after(came: Came) -> int:
    """Return how many requests were sent after the answer was read."""
    return sum(at > came.withdrawn for at, _ in list(came.requests))


def ask(at: Replica, paths: "islice[str]", came: Came, stop: Event) -> None:
    """Ask one path after the other, over one connection."""
    connection = HTTPConnection("127.0.0.1", at.viewer, timeout=PATIENCE)
    for path in paths:
        if stop.is_set():
            break
        sent = time.perf_counter()
        connection.request("GET", path, headers={"accept": "*/*"})
        answer = connection.getresponse()
        answer.read()
        came.requests.append((sent, answer.status))
    connection.close()


def download(at: Replica, path: str, stream: Stream) -> None:
    """Read the large file slowly, through a small window, until it ends or is cut."""
    with socket.socket() as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, PIECE)
        door.settimeout(PATIENCE)
        door.connect(("127.0.0.1", at.viewer))
        door.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nAccept: */*\r\n\r\n".encode())
        head, rest = headers(door)
        length = int(head.partition("content-length: ")[2].partition("\r\n")[0] or 0)
        stream.read = len(rest)
        stream.began.set()
        try:
            while stream.read < length and (piece := door.recv(PIECE)):
                stream.read += len(piece)
                time.sleep(SLOWLY)
        except ConnectionError:
            pass  # cut
        stream.whole = stream.read >= length > 0
        stream.ended = time.perf_counter()


def headers(door: socket.socket) -> tuple[str, bytes]:
    """Return the head of an answer in small letters, and what was read of its body."""
    read = b""
    while b"\r\n\r\n" not in read and (piece := door.recv(PIECE)):
        read += piece
    head, _, rest = read.partition(b"\r\n\r\n")
    return head.decode("latin-1").lower() + "\r\n", rest
