"""`python -m tests.chaos.planted NAME SERVICE`: a service with one function replaced by a fault.

The product has no switch for this: the function is replaced here, before the service runs.
"""

import runpy
import sys
from collections.abc import Callable, Iterator
from uuid import UUID, uuid4

from services.ingest import handler as ingest
from services.notify import handler as notify
from shared import outbox
from shared.broker import subscription
from shared.broker.hand import Delivery
from shared.db import Connection, Database, sql
from shared.events import Event


def ack_first() -> None:
    """Thank the broker before anything is done."""
    finish = subscription.Worker._finish  # noqa: SLF001  what is replaced

    def thankful(self: subscription.Worker, hand: list[Delivery]) -> None:
        for delivery in hand:
            delivery.ack()
        finish(self, hand)

    subscription.Worker._finish = thankful  # type: ignore[method-assign]  # noqa: SLF001  as above
    Delivery._ack = once(Delivery._ack)  # type: ignore[method-assign, assignment]  # noqa: SLF001  as above


def once(ack: Callable[[Delivery], None]) -> Callable[[Delivery], None]:
    """Return `ack`, harmless the second time: the broker would close the channel."""
    done: set[tuple[int, int]] = set()

    def acknowledge(self: Delivery) -> None:
        if (key := (id(self.channel), self.tag)) not in done:
            done.add(key)
            ack(self)

    return acknowledge


def dedupe_off() -> None:
    """Give each letter an identity of its own, whatever it is about."""

    def another(_self: notify.Debt) -> UUID:
        return uuid4()

    notify.Debt.delivery = property(another)  # type: ignore[assignment, method-assign]


def delete_before_receipt() -> None:
    """Let go of the drop as soon as the bytes are at their place."""
    keep = ingest.keep

    def hasty(hint, content, stored, storage) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001  as in `keep`
        keep(hint, content, stored, storage)
        storage.remove(hint.bucket, hint.key, hint.version)

    ingest.keep = hasty


def outbox_cursor() -> None:
    """Read the outbox from the last id that was sent."""

    def relay(database: Database, schema: str, publish_many: outbox.PublishMany) -> int:
        with database.transaction() as connection:
            rows = list(unread(connection, schema))
            if rows:
                publish_many([told for _, told in rows], [None] * len(rows))
                connection.execute(
                    sql.SQL("UPDATE {} SET sent_at = clock_timestamp() WHERE id = ANY(%s)").format(
                        sql.Identifier(schema, "outbox")
                    ),
                    ([number for number, _ in rows],),
                )
        return len(rows)

    outbox.relay = relay


def unread(connection: Connection, schema: str) -> Iterator[tuple[int, Event]]:
    """Yield the rows after the last one that says sent."""
    rows = connection.execute(
        sql.SQL(
            "SELECT id, type, body FROM {0} WHERE id > coalesce("
            "(SELECT max(id) FROM {0} WHERE sent_at IS NOT NULL), 0) ORDER BY id"
        ).format(sql.Identifier(schema, "outbox"))
    ).fetchall()
    for row in rows:
        yield row["id"], outbox.TYPES[row["type"]].model_validate(row["body"])


FAULTS: dict[str, Callable[[], None]] = {
    "ack-first": ack_first,
    "dedupe-off": dedupe_off,
    "delete-before-receipt": delete_before_receipt,
    "outbox-cursor": outbox_cursor,
}


if __name__ == "__main__":
    FAULTS[sys.argv[1]]()
    runpy.run_module(f"services.{sys.argv[2]}", run_name="__main__", alter_sys=False)
