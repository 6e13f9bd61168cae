"""shared.broker.envelope: events cross the broker as CloudEvents, and come back as they were."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import pika
import pytest

from shared.broker.envelope import again, message, outgoing
from shared.events import Because, Completeness, StudyAvailable

AVAILABLE = StudyAvailable(
    site="north",
    study_uid="1.2",
    record=None,
    revision=4,
    series=1,
    instances=3,
    failed=0,
    completeness=Completeness.COMPLETE,
    because=Because.QUIET,
)


def test_the_headers_say_what_the_event_is() -> None:
    """CloudEvents 1.0 in binary mode, persistent, by the event's own exchange and key."""
    cause = uuid4()
    told = outgoing(AVAILABLE, cause)
    headers = dict(told.headers)
    assert datetime.fromisoformat(headers.pop("ce-time")).tzinfo is not None
    assert headers == {
        "ce-id": str(AVAILABLE.id),
        "ce-source": "/index",
        "ce-type": "org.scanpass.study.available.v1",
        "ce-specversion": "1.0",
        "ce-subject": "north/1.2",
        "ce-site": "north",
        "ce-sequence": "4",
        "ce-causationid": str(cause),
    }
    assert (told.exchange, told.routing_key) == ("scanpass.events", "study.available.v1")
    properties = told.properties(7)
    assert (properties.delivery_mode, properties.content_type) == (2, "application/json")
    assert properties.correlation_id == "7"


def test_an_event_comes_back_as_it_was() -> None:
    """The body is the event's own JSON."""
    told = outgoing(AVAILABLE)
    came = message(told.properties(1), told.body, redelivered=True)
    assert (came.type, came.id, came.site) == ("study.available.v1", str(AVAILABLE.id), "north")
    assert (came.attempt, came.redelivered) == (0, True)
    assert StudyAvailable.model_validate_json(came.body) == AVAILABLE


@pytest.mark.parametrize(
    "headers",
    [
        None,
        {},
        {"ce-type": "org.scanpass.study.available.v1"},
        {"ce-type": 7, "ce-id": "1", "ce-source": "/a", "ce-specversion": "1.0"},
        {"ce-type": "DOE^JANE", "ce-id": "1", "ce-source": "/a", "ce-specversion": "1.0"},
        {"ce-type": "a", "ce-id": "1", "ce-source": "/a", "ce-specversion": "9"},
        {"ce-type": "a", "ce-id": "1", "ce-source": "/a", "ce-specversion": "1.0", "ce-time": "x"},
    ],
)
def test_what_is_no_cloudevent_has_no_type(headers: dict[str, Any] | None) -> None:
    """Nobody handles it, so it is a dead letter; and its strange type is in no log."""
    assert message(pika.BasicProperties(headers=headers), b"x", redelivered=False).type == ""


def test_a_retry_keeps_our_headers_and_none_of_the_brokers() -> None:
    """RabbitMQ drops a message with a copied `x-death` as a cycle."""
    properties = pika.BasicProperties(
        content_type="application/json",
        headers={"ce-id": "1", "attempt": 1, "x-death": [{}], "X-Delivery-Count": 2},
    )
    moved = again(properties, b"body", "wait.10s", "notify.events", attempt=2)
    assert moved.headers == {"ce-id": "1", "attempt": 2}
    assert (moved.exchange, moved.routing_key) == ("wait.10s", "notify.events")
    assert moved.body == b"body"


@pytest.mark.parametrize(("value", "attempt"), [(3, 3), ("3", 0), (-1, 0), (None, 0)])
def test_the_attempt_is_a_count_or_nothing(value: object, attempt: int) -> None:
    """A header that somebody else wrote counts for nothing."""
    properties = pika.BasicProperties(headers={"attempt": value})
    assert message(properties, b"", redelivered=False).attempt == attempt
