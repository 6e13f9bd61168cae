"""Many messages in one transaction, each answering for itself."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from shared.consumer import DONE, Judgement, Message, judge, parse
from shared.crashpoint import reached
from shared.db import Conflicted, retrying, savepoint
from shared.errors import EdgeDown
from shared.events import Event

# Of the event, what `prepare` returned for it, and the batch's connection.
BatchHandler: TypeAlias = Callable[[Any, Any, Any], object]
BatchRoutes: TypeAlias = Mapping[type[Event], BatchHandler]
Transaction: TypeAlias = Callable[[], AbstractContextManager[Any]]
Prepare: TypeAlias = Callable[[Any], Any]
Each: TypeAlias = Callable[[Callable[[Message], Any], Iterable[Message]], Iterable[Any]]


@dataclass(frozen=True, slots=True)
class Batch:
    """How a queue of batches is handled.

    `prepare` runs before the transaction, for several messages at once where `each` does so.
    """

    routes: BatchRoutes
    transaction: Transaction
    prepare: Prepare
    each: Each = map


@dataclass(frozen=True, slots=True)
class Prepared:
    """A message on its way into the transaction; `error` where it got no further."""

    message: Message
    handle: Callable[[Any], object] | None = None
    error: Exception | None = None


def consume_batch(messages: Sequence[Message], batch: Batch) -> list[Judgement]:
    """Handle `messages`, and judge each. When this returns, the transaction is committed.

    What follows from them is in the outbox by then, so the judgements may be told to the broker.
    One bad message costs its neighbours nothing, and whatever was delivered before is handled
    alone: it may be what killed us the last time. An edge that is down pauses all of them.
    """
    judgements: dict[int, Judgement] = {}
    fresh = [place for place, message in enumerate(messages) if not message.redelivered]
    again = [[place] for place, message in enumerate(messages) if message.redelivered]
    for part in (fresh, *again):
        together = _judged([messages[place] for place in part], batch)
        judgements |= zip(part, together, strict=True)
    return [judgements[place] for place in range(len(messages))]


def _judged(messages: Sequence[Message], batch: Batch) -> list[Judgement]:
    """Handle `messages` in one transaction; alone, where nobody knows whose fault a failure is."""
    try:
        prepared = list(batch.each(partial(_prepared, batch=batch), messages))
        reached("batch.prepared")
        judgements = retrying(partial(_committed, prepared, batch.transaction))
        reached("batch.committed")
    except (EdgeDown, Conflicted) as error:
        return [judge(message, error) for message in messages]
    except Exception as error:  # noqa: BLE001  the consumer answers for every failure
        if len(messages) == 1:
            return [judge(messages[0], error)]
        return [one for message in messages for one in _judged([message], batch)]
    return judgements


def _prepared(message: Message, batch: Batch) -> Prepared:
    """Do what can be done for `message` before the transaction.

    Raises:
        EdgeDown: so all must wait.

    """
    try:
        event, handle = parse(message, batch.routes)
        return Prepared(message, partial(handle, event, batch.prepare(event)))
    except EdgeDown:
        raise
    except Exception as error:  # noqa: BLE001  as above
        return Prepared(message, error=error)


def _committed(prepared: Sequence[Prepared], transaction: Transaction) -> list[Judgement]:
    """Run the whole transaction, and return what became of each message in it."""
    judgements = [judge(one.message, one.error) if one.error else DONE for one in prepared]
    if all(judgement is not DONE for judgement in judgements):
        return judgements
    with transaction() as connection:
        for place, one in enumerate(prepared):
            if one.handle is not None:
                judgements[place] = _attempted(one.message, one.handle, connection)
        reached("batch.handled")
    return judgements


def _attempted(
    message: Message,
    handle: Callable[[Any], object],
    connection: Any,  # noqa: ANN401  the edge's
) -> Judgement:
    try:
        with savepoint(connection):
            handle(connection)
    except (EdgeDown, Conflicted):
        raise  # the transaction is lost, and no message is to blame
    except Exception as error:  # noqa: BLE001  as above
        return judge(message, error)
    return DONE
