"""Where bucket events come in: they are hints, for the sweep finds what gets lost."""

from collections.abc import Callable, Iterable

import structlog

from services.ingest.arrivals import Dropped
from services.ingest.arrivals.records import Unheard

log = structlog.get_logger()


def receive(
    body: bytes,
    dialect: Callable[[bytes], Iterable[Dropped]],
    arrived: Callable[[Dropped], None],
    name: str,
) -> tuple[int, str]:
    """Return the HTTP status and text for one event, posted in the dialect called `name`."""
    try:
        hints = list(dialect(body))
    except Unheard as no:
        log.warning("bucket_event_refused", dialect=name, reason=no.code)
        return 422, f"{no.code}\n"
    for hint in hints:
        arrived(hint)
    return (202, "heard\n") if hints else (200, "nothing for us\n")


def delivered(
    body: bytes,
    dialect: Callable[[bytes], Iterable[Dropped]],
    arrived: Callable[[Dropped], None],
) -> None:
    """Pass on one event that came by AMQP.

    Raises:
        Unheard: nobody understands it, so it goes to the dead letters.

    """
    for hint in dialect(body):
        arrived(hint)
