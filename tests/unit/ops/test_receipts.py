"""ops.receipts: events are read from receipts, and told only while the queues are short."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from services.ops import edges, receipts
from shared.events import Event, PatientRegistered, StoredObject

ROSTER = PatientRegistered(
    site="north",
    object=StoredObject(bucket="archive", key="k", size=1, sha256="a" * 64),
    patients=1,
)


def row(event_type: str, event: dict[str, Any]) -> dict[str, Any]:
    return {"event_type": event_type, "event": event}


def test_a_receipt_gives_its_event_back() -> None:
    """With the id it had, since the same fact has the same id."""
    stored = row(ROSTER.routing_key, ROSTER.model_dump(mode="json"))
    assert receipts.readable(stored) == ROSTER


@pytest.mark.parametrize("stored", [row(ROSTER.routing_key, {}), row("nobody.knows.v1", {})])
def test_a_receipt_that_cannot_be_read_stops_nothing(stored: dict[str, Any]) -> None:
    """It stays unfiled, and is counted at the end."""
    assert receipts.readable(stored) is None


class Told:
    """A publisher that notes what it is given, and after which look at the queues."""

    def __init__(self) -> None:
        """Let two looks find too much, and two find little enough."""
        self.depths = [receipts.SHORT + 1, receipts.SHORT + 1, receipts.SHORT, 0]
        self.after: list[int] = []

    def publish_many(self, events: list[Event]) -> None:
        """Note when."""
        assert events
        self.after.append(4 - len(self.depths))

    def look(self, _url: str, queues: tuple[str, ...]) -> dict[str, int]:
        """Return the next depth."""
        return dict.fromkeys(queues, 0) | {queues[0]: self.depths.pop(0)}

    @contextmanager
    def open(self) -> Iterator["Told"]:
        """Give itself as the publisher."""
        yield self


def test_nothing_is_told_while_the_queues_are_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """The backlog waits in the table, where it is cheap."""
    told, stored = Told(), row(ROSTER.routing_key, ROSTER.model_dump(mode="json"))
    monkeypatch.setattr(receipts, "depths", told.look)
    monkeypatch.setattr(receipts, "slices", lambda *_: iter([[stored], [stored, stored]]))
    monkeypatch.setattr(receipts, "POLL", 0)
    monkeypatch.setattr(edges, "amqp_url", lambda: "amqp://nowhere")
    monkeypatch.setattr(edges, "publisher", told.open)

    assert list(receipts.tell(None, datetime.now(UTC))) == [1, 2]
    assert told.after == [3, 4]
