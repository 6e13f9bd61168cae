"""A wire between the services and the object store that counts the requests on it."""

import re
import socket
from collections import Counter
from contextlib import suppress
from threading import Thread
from types import TracebackType
from typing import Self

HEAD = re.compile(rb"(GET|PUT|POST|HEAD|DELETE) /([^/? ]*)[^ \r\n]* HTTP/1\.1\r\n")
CHUNK = 1 << 16  # bytes


class Wire:
    """Listens on a free port of this machine and passes every byte on, both ways."""

    def __init__(self, host: str, port: int) -> None:
        """Name the object store."""
        self.requests: Counter[str] = Counter()  # by "METHOD bucket"
        self._target = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        """Begin."""
        Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End; connections that stand end with their owners."""
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):  # the listener was closed
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(self._target)
                Thread(target=self._pass, args=(near, far, True), daemon=True).start()
                Thread(target=self._pass, args=(far, near, False), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, counted: bool) -> None:  # noqa: FBT001  a thread's argument
        with suppress(OSError), source, sink:
            while chunk := source.recv(CHUNK):
                if counted:  # a request's first line comes in one piece, at a chunk's beginning
                    for method, bucket in HEAD.findall(chunk):
                        self.requests[f"{method.decode()} {bucket.decode()}"] += 1
                sink.sendall(chunk)
