"""Patients who look all the while: each request goes to a portal that takes visitors."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from threading import Event, Thread

from deploy.local.setting import HOST
from tests.upgrade.replicas import Fleet, Replica

READERS = 4
THINKS = 0.15  # seconds between two requests of one reader
TIMEOUT = 60.0
BROKEN = 500


class Visitors:
    """Readers, and what they were answered."""

    def __init__(self, fleet: Fleet, cookie: str, paths: Sequence[str]) -> None:
        """Know whom to ask, as whom, for what."""
        self.answers: Counter[tuple[str, int]] = Counter()  # by release and status; 0: cut off
        self._offenders: Counter[str] = Counter()
        self.asked_together = 0  # while portals of two releases took visitors
        self._fleet, self._paths = fleet, paths
        self._headers = {"Cookie": cookie, "Accept": "*/*"}
        self._stop = Event()

    @property
    def requests(self) -> int:
        """Return how many were asked."""
        return sum(self.answers.values())

    @property
    def broken(self) -> int:
        """Return how many got an error of the server's, or no whole answer."""
        return sum(n for (_, status), n in self.answers.items() if not 0 < status < BROKEN)

    @property
    def offenders(self) -> list[str]:
        """Return what was answered wrongly, and how often."""
        return [f"{what}, {count} times" for what, count in sorted(self._offenders.items())]

    def told(self, release: str) -> str:
        """Return in words how often a release has answered what."""
        ours = {status: n for (who, status), n in sorted(self.answers.items()) if who == release}
        return ", ".join(f"{n} times {status}" for status, n in ours.items()) or "nobody asked"

    def _ask(self, number: int) -> None:
        while not self._stop.wait(THINKS):
            number += 1
            portals = list(self._fleet.portals)
            portal = portals[number % len(portals)]
            # Two that have the same number in turn would meet the same portal each time.
            path = self._paths[(number // len(portals)) % len(self._paths)]
            status = self._status(portal, path)
            self.answers[portal.release, status] += 1
            self.asked_together += len({each.release for each in portals}) > 1
            if not 0 < status < BROKEN:
                self._offenders[f"portal: {portal.release} answers {path} with {status}"] += 1

    def _status(self, portal: Replica, path: str) -> int:
        connection = HTTPConnection(HOST, portal.pages, timeout=TIMEOUT)
        try:
            connection.request("GET", path, headers=self._headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, HTTPException):
            return 0
        else:
            return answer.status
        finally:
            connection.close()

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Let them look meanwhile."""
        threads = [Thread(target=self._ask, args=(7 * number,)) for number in range(READERS)]
        for each in threads:
            each.start()
        try:
            yield
        finally:
            self._stop.set()
            for each in threads:
                each.join()

    def until(self, enough: Callable[[], bool], seconds: float) -> bool:
        """Say whether it is enough within `seconds`."""
        end = time.monotonic() + seconds
        while not enough():
            if time.monotonic() > end:
                return False
            time.sleep(0.1)
        return True
