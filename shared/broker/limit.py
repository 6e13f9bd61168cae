"""Dead letters are for single messages: when a site's grow in number, the site waits instead."""

from collections import deque
from threading import Lock
from time import monotonic

import structlog

from shared import metrics
from shared.brought import label

log = structlog.get_logger()

# Dead letters of one site out of one queue, within so many seconds: three times as long as a
# message of a paused site waits, so that the pause lasts while they go on failing.
MOST, WITHIN = 50, 1800.0


class Limit:
    """How many dead letters a queue may make of each site; shared between its workers.

    Counted by site, so that one hospital's broken device stops only itself, and by process: a
    bad release fills nobody's dead letters, and its messages are there when it is taken back.
    """

    def __init__(self, queue: str, most: int = MOST, within: float = WITHIN) -> None:
        """Start with none."""
        self._queue, self._most, self._within = queue, most, within
        self._lock = Lock()
        self._made: dict[str, deque[float]] = {}

    def allows(self, site: str) -> bool:
        """Say whether one more dead letter of `site` may be made; asking counts either way."""
        now = monotonic()
        with self._lock:
            made = self._made.setdefault(site, deque(maxlen=self._most))
            while made and made[0] <= now - self._within:
                made.popleft()
            allowed = len(made) < self._most
            made.append(now)
        metrics.SITE_PAUSED.labels(queue=self._queue, site=label(site)).set(int(not allowed))
        if not allowed:
            log.warning("site_paused", queue=self._queue, site=site)
        return allowed
