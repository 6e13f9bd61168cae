"""One task, again and again, on a thread of its own."""

from collections.abc import Callable
from threading import Event as Flag
from threading import Thread

import structlog

from shared import metrics
from shared.backoff import waits
from shared.db import Conflicted
from shared.errors import EdgeDown
from shared.logs import told

log = structlog.get_logger()

FIRST_WAIT, LONGEST_WAIT = 0.5, 15.0  # seconds while an edge is down


class Loop:
    """Runs `task` each `seconds`, or at once again when it says that there is more."""

    def __init__(
        self, seconds: float, name: str, task: Callable[[], object], stopping: Flag
    ) -> None:
        """Wait for `start`."""
        self.name = name
        self._seconds = seconds
        self._task = task
        self._stopping = stopping
        self._down: str | None = None  # the edge, so that its fall and rise are logged once
        self._waits = waits(FIRST_WAIT, LONGEST_WAIT)
        metrics.LOOP_ERRORS.labels(
            loop=name, error="none"
        )  # so that the task is seen before it fails
        self.thread = Thread(target=self._run, name=f"loop {name}", daemon=True)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._stopping.wait(self._once())

    def _once(self) -> float:
        """Run the task, and return how long to wait, in seconds. Whatever it raises, we go on."""
        try:
            more = self._task()
        except EdgeDown as down:
            return self._edge_down(down.edge)
        except Conflicted:
            return next(self._waits)
        except Exception as error:  # noqa: BLE001  a loop that ended would be missed by nobody
            metrics.LOOP_ERRORS.labels(loop=self.name, error=type(error).__name__).inc()
            log.error("loop_failed", loop=self.name, error=told(error))
            return max(self._seconds, next(self._waits))
        if self._down is not None:
            log.info("loop_resumed", loop=self.name, edge=self._down)
        self._down = None
        self._waits = waits(FIRST_WAIT, LONGEST_WAIT)
        return 0.0 if more else self._seconds

    def _edge_down(self, edge: str) -> float:
        if edge != self._down:
            log.warning("loop_paused", loop=self.name, edge=edge)
        self._down = edge
        return next(self._waits)
