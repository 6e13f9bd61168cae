"""The only place that decides what becomes of a message."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias
from uuid import UUID

import structlog
from pydantic import ValidationError

from shared.crashpoint import reached
from shared.db import Conflicted
from shared.errors import EdgeDown, Malformed
from shared.events import Event
from shared.logs import told

log = structlog.get_logger()

Handler: TypeAlias = Callable[[Any], Iterable[Event]]
Routes: TypeAlias = Mapping[type[Event], Handler]


@dataclass(frozen=True, slots=True)
class Message:
    """One delivery: `type` is the event's, read from `ce-type` and not from the routing key."""

    type: str
    body: bytes
    id: str = ""
    attempt: int = 0  # failures so far
    redelivered: bool = False
    site: str = ""

    @property
    def uuid(self) -> UUID | None:
        """Return the event's id, where it has one as ours are."""
        try:
            return UUID(self.id)
        except ValueError:
            return None


class Verdict(Enum):
    """What to tell the broker."""

    ACK = "ack"  # done, and what follows from it is confirmed
    RETRY = "retry"  # nobody knows why: through the wait queues, five times, then dead
    PAUSE = "pause"  # an edge is down: stop consuming, leave the backlog where it is
    DEAD = "dead"  # the message is at fault


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, and why, as a code: the edge that is down, or the type of the error."""

    verdict: Verdict
    reason: str = ""


DONE = Judgement(Verdict.ACK)


def consume(message: Message, routes: Routes, publish: Callable[[Event], None]) -> Judgement:
    """Handle one message; `publish` returns only when the broker has confirmed.

    The handler goes on after a `yield` only then, so what comes after may let go of the source.
    """

    def work() -> None:
        event, handle = parse(message, routes)
        for told_event in handle(event):
            publish(told_event)
            reached("consumer.event.told")

    return judged(message, work)


def consume_raw(message: Message, handle: Callable[[bytes], None]) -> Judgement:
    """Handle one message of a stranger's: no event of ours, so its body is given as it is."""
    return judged(message, lambda: handle(message.body))


def judged(message: Message, work: Callable[[], None]) -> Judgement:
    """Do what there is to do for one message, and say what becomes of it."""
    try:
        work()
    except Exception as error:  # noqa: BLE001  the consumer answers for every failure
        return judge(message, error)
    return DONE


def parse(message: Message, routes: Mapping[type[Event], Any]) -> tuple[Event, Any]:
    """Return the event that `message` carries, and who handles it.

    Raises:
        Malformed: nobody here knows the type, or the body does not fit it.

    """
    for event_type, handle in routes.items():
        if event_type.routing_key == message.type:
            try:
                return event_type.model_validate_json(message.body), handle
            except ValidationError:
                msg = "body does not fit its type"
                raise Malformed(msg) from None
    msg = "unknown type"
    raise Malformed(msg)


def judge(message: Message, error: Exception) -> Judgement:
    """Say whose fault `error` is. Its text is never logged: drivers put patients into it."""
    match error:
        case Malformed():
            judgement = Judgement(Verdict.DEAD, "malformed")
        case EdgeDown():
            judgement = Judgement(Verdict.PAUSE, error.edge)
        case Conflicted():
            judgement = Judgement(Verdict.PAUSE, "database")
        case _:
            judgement = Judgement(Verdict.RETRY, type(error).__name__)
    log.warning(
        "message_not_handled",
        event_type=message.type,
        event_id=message.id,
        verdict=judgement.verdict.value,
        attempt=message.attempt,
        error=told(error),
    )
    return judgement
