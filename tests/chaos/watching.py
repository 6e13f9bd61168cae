"""What is seen from outside while faults are made: progress, its longest gap, redeliveries."""

import re
import time
from contextlib import suppress
from http import client
from threading import Event, Thread
from types import TracebackType
from typing import Self

import psycopg

from deploy.local.setting import HOST
from tests.chaos.standing import Standing

LOOK = 0.4  # seconds
REDELIVERED = re.compile(r"^scanpass_messages_redelivered_total\{.*\} ([0-9.e+]+)$", re.MULTILINE)
PROGRESS = """
    SELECT (SELECT count(DISTINCT (site, sha256)) FROM ingest.receipt) AS receipts,
        (SELECT count(*) FROM catalogue.content) AS filed,
        (SELECT count(*) FROM catalogue.content JOIN catalogue.settlement
            USING (site, sop_uid, sha256)) AS settled
"""


class Watch:
    """Looks on a thread of its own."""

    def __init__(self, stage: Standing, ports: dict[str, int]) -> None:
        """Ask the services at their own `ports`."""
        self.stage, self._ports = stage, ports
        self._began = time.monotonic()
        self._stop = Event()
        self._thread = Thread(target=self._look, name="watch", daemon=True)
        self._redelivered: dict[tuple[str, int], float] = {}  # by service and its start
        self.receipts = 0
        self.settled = 0
        self.longest_gap = 0.0

    def __enter__(self) -> Self:
        """Begin to look."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Look no more."""
        self._stop.set()
        self._thread.join()

    @property
    def seconds(self) -> float:
        """Return for how long it has been looked at."""
        return time.monotonic() - self._began

    @property
    def in_flight(self) -> int:
        """Return how many instances were dropped and are not filed and settled."""
        return self.stage.dropped - self.settled

    @property
    def redelivered(self) -> int:
        """Return how many redeliveries the services have counted, as far as they lived to say."""
        return int(sum(self._redelivered.values()))

    def _look(self) -> None:
        last: tuple[int, ...] = ()
        moved = time.monotonic()
        while not self._stop.wait(LOOK):
            with suppress(psycopg.Error):
                (row,) = self.stage.rows(PROGRESS)
                now = tuple(row.values())
                self.receipts, self.settled = row["receipts"], row["settled"]
                if now != last or self.in_flight <= 0:
                    last, moved = now, time.monotonic()
            self.longest_gap = max(self.longest_gap, time.monotonic() - moved)
            for service in self._ports:
                self._scrape(service)

    def _scrape(self, service: str) -> None:
        """Keep what one service says of redeliveries; one that is dead or frozen says nothing."""
        start = self.stage.services.starts(service)
        connection = client.HTTPConnection(HOST, self._ports[service], timeout=0.5)
        with suppress(OSError, client.HTTPException):
            connection.request("GET", "/metrics")
            text = connection.getresponse().read().decode()
            counted = sum(map(float, REDELIVERED.findall(text)))
            before = self._redelivered.get((service, start), 0.0)
            self._redelivered[service, start] = max(before, counted)
        connection.close()
