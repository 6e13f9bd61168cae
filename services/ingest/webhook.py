"""Where bucket events are posted to: answers at once, for the sweep finds what gets lost."""

from collections.abc import Callable

from services.ingest.arrivals import Dropped


def receive(
    body: bytes, dialect: Callable[[bytes], Dropped | None], arrived: Callable[[Dropped], None]
) -> tuple[int, str]:
    """Return the HTTP status and text for one posted event."""
    hint = dialect(body)
    if hint is None:
        return 200, "nothing for us\n"
    arrived(hint)
    return 202, "heard\n"
