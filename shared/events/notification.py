"""Events of letters and text messages."""

from enum import StrEnum
from uuid import UUID

from shared.events.event import Code, Event


class Channel(StrEnum):
    """How a person is reached."""

    EMAIL = "email"
    SMS = "sms"


class NotificationEvent(Event):
    """What both say: which delivery, caused by which event, by which channel."""

    delivery: UUID
    event_id: UUID
    channel: Channel
    attempt: int

    @property
    def entity(self) -> str:
        """Return the delivery's id."""
        return str(self.delivery)

    @property
    def fact(self) -> str:
        """Return the attempt."""
        return str(self.attempt)


class NotificationSent(NotificationEvent):
    """The mail server or gateway has taken the message."""

    routing_key = "notification.sent.v1"
    source = "notify"


class NotificationFailed(NotificationEvent):
    """The address or number was refused for good, or the tries are used up."""

    routing_key = "notification.failed.v1"
    source = "notify"
    reason: Code
