"""shared.outbox on the real database: committed is told, once it can be, in sequence."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from uuid import UUID, uuid4

import pytest

from shared import outbox
from shared.broker.publisher import Publisher
from shared.db import Database
from shared.errors import EdgeDown
from shared.events import Event
from tests.integration.broker.desk import Desk, available

SCHEMA = "catalogue"


@pytest.fixture
def database(environment: Callable[[str], dict[str, str]]) -> Iterator[Database]:
    one = Database(environment("index")["SCANPASS_DATABASE_URL"], pool_size=3)
    yield one
    with one.transaction() as connection:
        connection.execute("DELETE FROM catalogue.outbox")
    one.close()


class Told:
    """A broker that remembers, and that can be down."""

    def __init__(self) -> None:
        """Be up."""
        self.events: list[Event] = []
        self.causations: list[UUID | None] = []
        self.down = False

    def __call__(self, events: Sequence[Event], causations: Sequence[UUID | None]) -> None:
        """Take them."""
        if self.down:
            edge = "broker"
            raise EdgeDown(edge)
        self.events += events
        self.causations += causations


def unsent(database: Database) -> int:
    with database.transaction() as connection:
        row = connection.execute(
            "SELECT count(*) AS unsent FROM catalogue.outbox WHERE sent_at IS NULL"
        ).fetchone()
    assert row is not None
    return int(row["unsent"])


def test_what_is_committed_is_told_in_sequence(database: Database) -> None:
    """With its cause, and once."""
    told, cause = Told(), uuid4()
    with database.transaction() as connection:
        for revision in (1, 2, 3):
            outbox.put(connection, SCHEMA, available(revision), causation=cause)
    assert outbox.relay(database, SCHEMA, told) == 3
    assert outbox.relay(database, SCHEMA, told) == 0
    assert told.events == [available(1), available(2), available(3)]
    assert told.causations == [cause] * 3


def test_what_is_rolled_back_is_never_told(database: Database) -> None:
    """State and event stand or fall together."""
    told = Told()

    def fail() -> None:
        with database.transaction() as connection:
            outbox.put(connection, SCHEMA, available())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert outbox.relay(database, SCHEMA, told) == 0
    assert told.events == []


def test_what_the_broker_does_not_confirm_stays(database: Database) -> None:
    """It is told when the broker is back."""
    told = Told()
    with database.transaction() as connection:
        outbox.put(connection, SCHEMA, available())
    told.down = True
    with pytest.raises(EdgeDown):
        outbox.relay(database, SCHEMA, told)
    assert unsent(database) == 1
    told.down = False
    assert outbox.relay(database, SCHEMA, told) == 1
    assert told.events == [available()]


def test_a_row_committed_late_is_not_skipped(database: Database) -> None:
    """Rows are told by being unsent, not by being newer than the last one told."""
    told = Told()
    with database.transaction() as late:
        outbox.put(late, SCHEMA, available(1))
        with database.transaction() as early:
            outbox.put(early, SCHEMA, available(2))
        outbox.relay(database, SCHEMA, told)
        assert told.events == [available(2)]
    outbox.relay(database, SCHEMA, told)
    assert told.events == [available(2), available(1)]


def test_one_relay_works_at_a_time(database: Database) -> None:
    """Two replicas would tell the revisions of one study out of sequence."""
    outer, inner = Told(), Told()

    def meanwhile(events: Sequence[Event], causations: Sequence[UUID | None]) -> None:
        assert outbox.relay(database, SCHEMA, inner) == 0
        outer(events, causations)

    with database.transaction() as connection:
        outbox.put(connection, SCHEMA, available())
    assert outbox.relay(database, SCHEMA, meanwhile) == 1
    assert (outer.events, inner.events) == ([available()], [])


def test_only_what_was_sent_long_ago_is_forgotten(database: Database) -> None:
    """Unsent rows stay, however old; sent ones for a day."""
    told = Told()
    for revision in (1, 2):
        with database.transaction() as connection:
            outbox.put(connection, SCHEMA, available(revision))
        outbox.relay(database, SCHEMA, told)
    with database.transaction() as connection:
        outbox.put(connection, SCHEMA, available(3))
        connection.execute(
            "UPDATE catalogue.outbox SET created_at = now() - interval '3 days',"
            " sent_at = sent_at - interval '2 days' WHERE body ->> 'revision' <> '2'"
        )
    outbox.prune(database, SCHEMA)
    with database.transaction() as connection:
        rows = connection.execute("SELECT body ->> 'revision' AS revision FROM catalogue.outbox")
        assert {row["revision"] for row in rows} == {"2", "3"}


def test_the_real_broker_gets_what_the_outbox_holds(
    desk: Desk, publisher: Publisher, database: Database
) -> None:
    """`relay` and `publish_many` fit."""
    with database.transaction() as connection:
        for revision in range(20):
            outbox.put(connection, SCHEMA, available(revision))
    assert partial(outbox.relay, database, SCHEMA, publisher.publish_many)() == 20
    assert desk.depth() == 20
