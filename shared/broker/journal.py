"""The journal, read: a stream of every event, which reading takes nothing away from."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pika

from shared.broker.graveyard import translated
from shared.broker.hosts import hosts
from shared.broker.topology import JOURNAL
from shared.events.event import TYPE_PREFIX

AT_ONCE = 500  # events on their way to us; a stream demands a limit
SILENCE = 2.0  # seconds without an event: that was the last one for now
LOOK = 1.0  # seconds between two looks whether there is a new one


@dataclass(frozen=True, slots=True)
class Told:
    """One event as it was told. The body holds identifiers and codes only."""

    type: str  # the routing key, without the prefix
    id: str
    site: str
    subject: str
    at: datetime | None
    body: bytes = field(repr=False)
    headers: dict[str, Any] = field(repr=False)


def read(urls: str, since: datetime | None = None, *, follow: bool = False) -> Iterator[Told]:
    """Yield the events from `since` on (None: from the first there is), in their sequence.

    The stream is cut into chunks, and begins with the one that holds `since`. Ends with the last
    event, or with `follow` never.

    Raises:
        LookupError: there is no journal.
        EdgeDown: the broker does not answer.

    """
    begin: str | datetime = "first" if since is None else since
    with translated(), pika.BlockingConnection(hosts(urls, "scanpass journal")) as connection:
        channel = connection.channel()
        channel.basic_qos(prefetch_count=AT_ONCE)
        patience = LOOK if follow else SILENCE
        for method, properties, body in channel.consume(
            JOURNAL, arguments={"x-stream-offset": begin}, inactivity_timeout=patience
        ):
            if method is None and follow:
                continue
            if method is None:
                return
            channel.basic_ack(method.delivery_tag)
            event = told(properties, body)
            if since is None or event.at is None or event.at >= since:
                yield event


def told(properties: pika.BasicProperties, body: bytes) -> Told:
    """Return a message of the stream as the event that it tells."""
    headers = {
        name: value
        for name, value in (properties.headers or {}).items()
        if not name.lower().startswith("x-")
    }
    return Told(
        type=str(headers.get("ce-type", "")).removeprefix(TYPE_PREFIX),
        id=str(headers.get("ce-id", "")),
        site=str(headers.get("ce-site", "")),
        subject=str(headers.get("ce-subject", "")),
        at=time_of(headers.get("ce-time")),
        body=body,
        headers=headers,
    )


def time_of(text: object) -> datetime | None:
    """Return a CloudEvents time, None where it is none."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
