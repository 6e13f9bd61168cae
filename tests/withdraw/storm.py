"""Requests without end by all paths at both replicas, while a share is taken back."""

import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from itertools import cycle, islice
from threading import Event

from tests.withdraw.replicas import Replica
from tests.withdraw.scene import Scene

THREADS = 4  # at each replica
BEFORE = 40  # requests that are asked before it is taken back
PATIENCE = 60.0  # seconds, for whatever must come next
# Seconds between two pieces of a stream until it is taken back, and from then on: fast enough
# that what lies in buffers counts little, and slow enough that the rest would last a second.
SLOWLY, FASTER = 0.05, 0.001
PIECE = 1 << 16
CUT = 599  # instead of a status: the connection broke


@dataclass
class Came:
    """What came of one round. Of each request: when its first byte was sent, status, which path."""

    requests: list[tuple[float, int, int]] = field(default_factory=list)
    streams: list["Stream"] = field(default_factory=list)
    withdrawn: float = 0.0  # when the answer was read


@dataclass
class Stream:
    """One download."""

    began: Event = field(default_factory=Event)
    hurry: Event = field(default_factory=Event)  # it was taken back: read faster
    ended: float = 0.0
    read: int = 0
    length: int = 0

    @property
    def whole(self) -> bool:
        """Say whether it came to its end; one that never began was not cut either."""
        return self.read >= self.length


def round_of(scene: Scene, at: list[Replica], number: int, count: int) -> Came:
    """Share, open, ask, download, take back, and ask on: at least `count` requests after it.

    Raises:
        TimeoutError: nothing comes any more.

    """
    first, second = at if number % 2 else at[::-1]
    opened, came, stop = scene.share(first, second), Came(), Event()
    paths, large = list(enumerate(scene.paths(opened))), scene.large(opened)
    doors = [(each, path) for each in at for path in large]
    came.streams = [Stream() for _ in doors]
    with ThreadPoolExecutor(THREADS * len(at) + len(doors)) as threads:
        running = [
            threads.submit(ask, each, islice(cycle(paths), turn, None), came, stop)
            for each in at
            for turn in range(THREADS)
        ]
        for (each, path), stream in zip(doors, came.streams, strict=True):
            running.append(threads.submit(download, each, path, stream))
        try:
            until(lambda: sum(each.began.is_set() for each in came.streams), len(doors))
            until(lambda: len(came.requests), BEFORE)
            came.withdrawn = first.form(f"/shared/{opened.grant}/end", scene.cookie).at
            for stream in came.streams:
                stream.hurry.set()
            until(lambda: after(came), count)
        finally:
            stop.set()
        for done in running:
            done.result()
    return came


def until(grown: Callable[[], int], enough: int) -> None:
    """Wait until there is enough of something, for as long as it grows.

    Raises:
        TimeoutError: it has not grown for a minute.

    """
    deadline, last = time.monotonic() + PATIENCE, 0
    while (now := grown()) < enough:
        if now > last:
            deadline, last = time.monotonic() + PATIENCE, now
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.02)


def after(came: Came) -> int:
    """Return how many requests were sent after the answer was read."""
    return sum(at > came.withdrawn for at, _, _ in list(came.requests))


def ask(at: Replica, paths: "islice[tuple[int, str]]", came: Came, stop: Event) -> None:
    """Ask one path after the other, over one connection."""
    connection = HTTPConnection("127.0.0.1", at.viewer, timeout=PATIENCE)
    for which, path in paths:
        if stop.is_set():
            break
        sent = time.perf_counter()
        try:
            connection.request("GET", path, headers={"accept": "*/*"})
            answer = connection.getresponse()
            answer.read()
        except (HTTPException, ConnectionError):
            connection.close()
            came.requests.append((sent, CUT, which))
        else:
            came.requests.append((sent, answer.status, which))
    connection.close()


def download(at: Replica, path: str, stream: Stream) -> None:
    """Read the large file slowly, through a small window, until it ends or is cut."""
    with socket.socket() as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, PIECE)
        door.settimeout(PATIENCE)
        door.connect(("127.0.0.1", at.viewer))
        door.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nAccept: */*\r\n\r\n".encode())
        head, rest = headers(door)
        stream.length = int(head.partition("content-length: ")[2].partition("\r\n")[0] or 0)
        stream.read = len(rest)
        stream.began.set()
        try:
            while not stream.whole and (piece := door.recv(PIECE)):
                stream.read += len(piece)
                if stream.hurry.wait(SLOWLY):
                    time.sleep(FASTER)
        except ConnectionError:
            pass  # cut
        stream.ended = time.perf_counter()


def headers(door: socket.socket) -> tuple[str, bytes]:
    """Return the head of an answer in small letters, and what was read of its body."""
    read = b""
    while b"\r\n\r\n" not in read and (piece := door.recv(PIECE)):
        read += piece
    head, _, rest = read.partition(b"\r\n\r\n")
    return head.decode("latin-1").lower() + "\r\n", rest
