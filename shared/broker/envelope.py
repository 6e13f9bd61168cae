"""Events in CloudEvents 1.0, binary mode: attributes in `ce-` headers, data in the body."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pika
from cloudevents.core.bindings.rabbitmq import RabbitMQMessage, from_binary, to_binary
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from shared.broker.topology import EVENTS
from shared.consumer import Message
from shared.events import Event
from shared.events.event import TYPE_PREFIX

JSON = "application/json"
ATTEMPT = "attempt"  # how often handling has failed so far; our own, since `x-*` is the broker's
FORMAT = JSONFormat()
PLAIN = re.compile(r"[A-Za-z0-9.-]{1,64}")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message as it goes to the broker; always persistent, always mandatory."""

    exchange: str
    routing_key: str
    body: bytes = field(repr=False)
    headers: dict[str, Any]
    content_type: str = JSON

    def properties(self, tag: int) -> pika.BasicProperties:
        """Return AMQP's properties; by `tag` a returned message is known again."""
        return pika.BasicProperties(
            content_type=self.content_type,
            delivery_mode=pika.DeliveryMode.Persistent.value,
            correlation_id=str(tag),
            message_id=self.headers.get("ce-id"),
            headers=self.headers,
        )


def outgoing(
    event: Event,
    causation: UUID | None = None,
    exchange: str = EVENTS,
    routing_key: str | None = None,
) -> Outgoing:
    """Return the message that tells `event`; `causation` is the id of what it follows from."""
    attributes: dict[str, Any] = {
        "id": str(event.id),
        "source": f"/{event.source}",
        "type": event.type,
        "specversion": "1.0",
        "subject": event.subject,
        "time": datetime.now(UTC),
        "datacontenttype": JSON,
        "site": event.site,
    }
    if event.sequence is not None:
        attributes["sequence"] = str(event.sequence)
    if causation is not None:
        attributes["causationid"] = str(causation)
    binary = to_binary(CloudEvent(attributes, event.model_dump(mode="json")), FORMAT)
    return Outgoing(exchange, routing_key or event.routing_key, binary.body, {**binary.headers})


def message(properties: pika.BasicProperties, body: bytes, *, redelivered: bool) -> Message:
    """Return the delivery as the consumer judges it.

    One that is no CloudEvent has the type "", which nobody handles: a dead letter. The body is
    left to the event's own model.
    """
    headers = properties.headers or {}
    ours = {name: value for name, value in headers.items() if isinstance(value, str)}
    try:
        attributes = from_binary(RabbitMQMessage(ours, JSON, b"{}"), FORMAT).get_attributes()
    except Exception:  # noqa: BLE001  the SDK raises whatever its parsing meets
        attributes = {}
    return Message(
        type=_plain(attributes.get("type")).removeprefix(TYPE_PREFIX),
        body=body,
        id=_plain(attributes.get("id")),
        attempt=_attempt(headers),
        redelivered=redelivered,
        site=_plain(attributes.get("site")),
    )


def again(
    properties: pika.BasicProperties, body: bytes, exchange: str, routing_key: str, **marks: object
) -> Outgoing:
    """Return the delivery as a message to a wait queue or to the dead letters.

    Headers are kept but for the broker's own: RabbitMQ before 4.0.1 drops a message with a
    copied `x-death` as a cycle.
    """
    kept = {
        name: value
        for name, value in (properties.headers or {}).items()
        if not name.lower().startswith("x-")
    }
    return Outgoing(exchange, routing_key, body, {**kept, **marks}, properties.content_type or JSON)


def _plain(value: object) -> str:
    """Return an identifier fit for a log line and a metric, or nothing."""
    text = str(value or "")
    return text if PLAIN.fullmatch(text) else ""


def _attempt(headers: dict[str, Any]) -> int:
    value = headers.get(ATTEMPT, 0)
    return value if isinstance(value, int) and value >= 0 else 0
