"""shared.db on a real PostgreSQL: whose fault is it, and never the driver's words."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier
from uuid import uuid4

import pytest

from deploy.local import Servers
from shared.db import Conflicted, Database, Refused, retrying, savepoint, sql, why_not
from shared.errors import EdgeDown


@pytest.fixture
def url(environment: Callable[[str], dict[str, str]]) -> str:
    """Return the URL of the schemas' owner."""
    return environment("owner")["SCANPASS_DATABASE_URL"]


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """Return a pool of four connections."""
    made = Database(url)
    yield made
    made.close()


@pytest.fixture
def table(database: Database) -> Iterator[sql.Identifier]:
    """Make a table with two rows."""
    name = sql.Identifier(f"t{uuid4().hex}")
    with database.transaction() as connection:
        connection.execute(sql.SQL("CREATE TABLE {} (id int PRIMARY KEY, n int)").format(name))
        connection.execute(sql.SQL("INSERT INTO {} VALUES (1, 0), (2, 0)").format(name))
    yield name
    with database.transaction() as connection:
        connection.execute(sql.SQL("DROP TABLE {}").format(name))


def total(database: Database, table: sql.Identifier) -> int:
    with database.transaction() as connection:
        (row,) = connection.execute(
            sql.SQL("SELECT sum(n)::int AS n FROM {}").format(table)
        ).fetchall()
    return int(row["n"])


def test_an_error_rolls_all_of_it_back(database: Database, table: sql.Identifier) -> None:
    """Half a transaction never happened."""
    with suppress(ZeroDivisionError), database.transaction() as connection:
        connection.execute(sql.SQL("UPDATE {} SET n = 1").format(table))
        raise ZeroDivisionError
    assert total(database, table) == 0


def test_a_savepoint_saves_what_was_before_it(database: Database, table: sql.Identifier) -> None:
    """One bad statement costs only itself."""
    with database.transaction() as connection:
        connection.execute(sql.SQL("UPDATE {} SET n = 1").format(table))
        with pytest.raises(Refused), savepoint(connection):
            connection.execute(sql.SQL("INSERT INTO {} VALUES (1, 5)").format(table))
    assert total(database, table) == 2


def test_a_refusal_bears_a_code_and_no_row(database: Database) -> None:
    """The driver's text quotes what was written."""
    with pytest.raises(Refused) as refused, database.transaction() as connection:
        connection.execute("SELECT %s::int", ("DOE^JANE",))
    assert refused.value.sqlstate == "22P02"
    assert "DOE" not in str(refused.value)
    assert refused.value.__suppress_context__


def test_transactions_in_each_other_s_way_are_run_again(
    database: Database, table: sql.Identifier
) -> None:
    """A deadlock is nobody's fault: all of it is done in the end."""
    together = Barrier(2, timeout=20)
    conflicts = []

    def both(order: tuple[int, int]) -> None:
        first = True

        def add() -> None:
            nonlocal first
            try:
                with database.transaction() as connection:
                    for place in order:
                        connection.execute(
                            sql.SQL("UPDATE {} SET n = n + 1 WHERE id = %s").format(table), (place,)
                        )
                        if first:
                            first = False
                            together.wait()
            except Conflicted:
                conflicts.append(order)
                raise

        retrying(add)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(both, [(1, 2), (2, 1)]))

    assert total(database, table) == 4
    assert conflicts  # one at least: on a slow machine the second try may meet the other again


def test_a_broken_connection_is_an_edge_that_is_down(database: Database, url: str) -> None:
    """The next transaction gets a new connection."""
    killer = Database(url)

    def killed() -> None:
        with database.transaction() as connection:
            (row,) = connection.execute("SELECT pg_backend_pid() AS pid").fetchall()
            with killer.transaction() as other:
                other.execute("SELECT pg_terminate_backend(%s)", (row["pid"],))
            connection.execute("SELECT 1")

    with pytest.raises(EdgeDown):
        killed()
    killer.close()
    database.answer()


def test_a_server_that_comes_back_is_used_again(
    database: Database, servers: Servers, table: sql.Identifier
) -> None:
    """While it is dead the edge is down; afterwards nothing has to be started anew."""
    servers.kill("database")
    try:
        with pytest.raises(EdgeDown):
            database.answer()
    finally:
        servers.start("database")
    assert total(database, table) == 0


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda url: url, None),
        (lambda _: "postgresql://127.0.0.1:1/x?connect_timeout=1", "nobody-listens"),
        (lambda _: "not a url", "not-a-url"),
        (lambda url: url.rsplit("/", 1)[0] + "/nowhere", "no-such-database-or-role"),
    ],
)
def test_why_a_database_cannot_be_used_is_a_code(
    url: str, change: Callable[[str], str], code: str | None
) -> None:
    """For the operator's one line."""
    assert why_not(change(url)) == code


def test_what_a_vanished_client_has_locked_is_let_go(database: Database) -> None:
    """The server looks whether we are there: in the middle of a statement nothing else ends it."""
    with database.transaction() as connection:
        names = ("tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count")
        told = [connection.execute(f"SHOW {name}".encode()).fetchone() for name in names]
    assert [int(next(iter((row or {"": 0}).values()))) for row in told] == [10, 5, 3]
