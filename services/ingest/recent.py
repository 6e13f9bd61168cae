"""What was hinted a moment ago, so that webhook and sweep do not tell the same thing twice."""

from collections import OrderedDict
from threading import Lock
from time import monotonic

REMEMBERED = 60.0  # seconds


class Recent:
    """Keys and versions of the last minute; shared between threads."""

    def __init__(self, remembered: float = REMEMBERED) -> None:
        """Start empty."""
        self._remembered = remembered
        self._lock = Lock()
        self._hinted: OrderedDict[tuple[str, str], float] = OrderedDict()

    def holds(self, key: str, version: str) -> bool:
        """Say whether that version was hinted lately."""
        with self._lock:
            self._forget()
            return (key, version) in self._hinted

    def add(self, key: str, version: str) -> None:
        """Remember it from now on."""
        with self._lock:
            self._forget()
            self._hinted[key, version] = monotonic()
            self._hinted.move_to_end((key, version))

    def forget(self, key: str, version: str) -> None:
        """Let it be hinted by the next sweep."""
        with self._lock:
            self._hinted.pop((key, version), None)

    def _forget(self) -> None:
        limit = monotonic() - self._remembered
        while self._hinted and next(iter(self._hinted.values())) < limit:
            self._hinted.popitem(last=False)
