"""Events that are committed with the state they tell of, and told afterwards.

A relay takes unsent rows, never "ids greater than the last": rows are committed out of order.
"""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from shared import metrics
from shared.crashpoint import reached
from shared.db import Connection, Database, Jsonb, sql
from shared.events import CATALOGUE, Event

AT_ONCE = 500  # rows a pass
TYPES = {event_type.routing_key: event_type for event_type in CATALOGUE}


class PublishMany(Protocol):
    """`Publisher.publish_many`."""

    def __call__(self, events: Sequence[Event], causations: Sequence[UUID | None]) -> None:
        """Return when the broker has confirmed all."""


def put(connection: Connection, schema: str, event: Event, causation: UUID | None = None) -> None:
    """Write `event` into the outbox of `schema`, to be told once the transaction is committed."""
    connection.execute(
        sql.SQL("INSERT INTO {} (event_id, type, body, causation) VALUES (%s, %s, %s, %s)").format(
            _outbox(schema)
        ),
        (event.id, event.routing_key, Jsonb(event.model_dump(mode="json")), causation),
    )
    reached("outbox.event.put")


def relay(database: Database, schema: str, publish_many: PublishMany) -> int:
    """Tell what is unsent, in sequence, and return how many that were.

    One relay works at a time, however many replicas there are, so the rows of a subject are told
    in their sequence. A crash between confirm and commit tells them twice, with the same ids.

    Raises:
        EdgeDown: the database or the broker does not answer; nothing counts as sent.

    """
    with database.transaction() as connection:
        if not _first(connection, schema):
            return 0
        _measure(connection, schema)
        rows = connection.execute(
            sql.SQL(
                "SELECT id, type, body, causation FROM {} WHERE sent_at IS NULL"
                " ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED"
            ).format(_outbox(schema)),
            (AT_ONCE,),
        ).fetchall()
        if rows:
            reached("outbox.rows.taken")
            publish_many(
                [TYPES[row["type"]].model_validate(row["body"]) for row in rows],
                [row["causation"] for row in rows],
            )
            reached("outbox.events.told")
            connection.execute(
                sql.SQL("UPDATE {} SET sent_at = clock_timestamp() WHERE id = ANY(%s)").format(
                    _outbox(schema)
                ),
                ([row["id"] for row in rows],),
            )
            reached("outbox.rows.marked")
    if rows:
        reached("outbox.rows.committed")
    return len(rows)


def prune(database: Database, schema: str) -> None:
    """Forget what was sent more than a day ago."""
    with database.transaction() as connection:
        connection.execute(
            sql.SQL("DELETE FROM {} WHERE sent_at < now() - interval '1 day'").format(
                _outbox(schema)
            )
        )
    reached("outbox.rows.pruned")


def _outbox(schema: str) -> sql.Composable:
    return sql.Identifier(schema, "outbox")


def _first(connection: Connection, schema: str) -> bool:
    """Say whether no other relay is at work; until the end of the transaction none will be."""
    row = connection.execute(
        "SELECT pg_try_advisory_xact_lock(hashtext(%s)) AS first", (f"{schema}.outbox",)
    ).fetchone()
    return row is not None and bool(row["first"])


def _measure(connection: Connection, schema: str) -> None:
    row = connection.execute(
        sql.SQL(
            "SELECT count(*) AS unsent, coalesce(extract(epoch FROM"
            " clock_timestamp() - min(created_at)), 0) AS age FROM {} WHERE sent_at IS NULL"
        ).format(_outbox(schema))
    ).fetchone()
    if row is not None:
        metrics.OUTBOX_UNSENT.labels(schema=schema).set(row["unsent"])
        metrics.OUTBOX_AGE.labels(schema=schema).set(float(row["age"]))
