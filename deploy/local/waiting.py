"""Waiting for what comes up by itself, with a deadline."""

import socket
import time
from collections.abc import Callable

from deploy.local.setting import HOST

PAUSE = 0.05  # seconds between two tries


class NotUp(Exception):
    """A server or service did not come up in time; the text says which, and where its log is."""


def until(ready: Callable[[], bool], seconds: float, what: str) -> None:
    """Return as soon as `ready()`.

    Raises:
        NotUp: it was not within `seconds`.

    """
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise NotUp(what)
        time.sleep(PAUSE)


def listening(port: int) -> bool:
    """Say whether somebody answers at `port` of this machine."""
    try:
        with socket.create_connection((HOST, port), timeout=1):
            return True
    except OSError:
        return False
