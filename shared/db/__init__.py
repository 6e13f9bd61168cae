"""PostgreSQL, as the services see it: the only home of `psycopg`.

No error leaves here with the driver's text: it quotes rows, and rows name patients.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol, TypeAlias, TypeVar

import psycopg
from psycopg import errors, sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool

from shared.db.url import conninfo, why_not
from shared.errors import EdgeDown

__all__ = [
    "Conflicted",
    "Connection",
    "Database",
    "Jsonb",
    "Refused",
    "Row",
    "retrying",
    "savepoint",
    "sql",
    "translated",
    "why_not",
]

Row: TypeAlias = dict[str, Any]
Connection: TypeAlias = psycopg.Connection[Row]
Result = TypeVar("Result")

WAIT = 10.0  # seconds for a connection out of the pool, before the database counts as down
TRIES = 5  # of a transaction that collides with others


class Conflicted(Exception):
    """Another transaction was in the way (deadlock, serialization): the whole of it again."""


class Refused(Exception):
    """The database answers, and says no: a constraint, a permission, a value it cannot take."""

    def __init__(self, sqlstate: str) -> None:
        """Keep the code of PostgreSQL's Appendix A."""
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


class Database:
    """A pool of connections to one database; safe to share between threads."""

    def __init__(self, url: str, pool_size: int = 4, name: str = "scanpass") -> None:
        """Connect when first asked; `name` is what PostgreSQL's own views call this process.

        Raises:
            ValueError: `url` is no PostgreSQL URL.

        """
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            conninfo(url, name),
            connection_class=psycopg.Connection[Row],
            kwargs={"row_factory": dict_row},
            min_size=0,
            max_size=pool_size,
            timeout=WAIT,
            # Short, for the waits between its tries double: the next caller makes it try anew.
            reconnect_timeout=WAIT,
            check=ConnectionPool.check_connection,
            open=True,
        )

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Give a connection whose rows are dicts; commit at the end, roll back on any error.

        Raises:
            EdgeDown: there is no connection, or it broke; also when the outcome of the commit
                is unknown, so what is written must bear being written twice.
            Conflicted: another transaction was in the way.
            Refused: the database answers, and says no.

        """
        # Begun here: psycopg makes the first `transaction()` of a connection the outer one, and
        # a savepoint would commit.
        with translated(), self._pool.connection() as connection, connection.transaction():
            yield connection

    def answer(self) -> None:
        """Ask something, for readiness.

        Raises:
            EdgeDown: there is no answer.

        """
        with self.transaction() as connection:
            connection.execute("SELECT 1")

    def close(self) -> None:
        """Close every connection; waits for those in use."""
        self._pool.close()


class Transactional(Protocol):
    """A connection, or what holds one for the time of a transaction."""

    def transaction(self) -> AbstractContextManager[object]:
        """Open a savepoint within the transaction."""


@contextmanager
def savepoint(connection: Transactional) -> Iterator[None]:
    """Roll back to here on an error, so that the transaction around it can go on."""
    with translated(), connection.transaction():
        yield


def retrying(task: Callable[[], Result], tries: int = TRIES) -> Result:
    """Run `task`, a whole transaction, again while others are in its way.

    Raises:
        Conflicted: after `tries`.

    """
    for _ in range(tries - 1):
        try:
            return task()
        except Conflicted:
            continue
    return task()


@contextmanager
def translated() -> Iterator[None]:
    """Raise our own errors instead of the driver's, with its frames and without its text."""
    try:
        yield
    except psycopg.Error as error:
        raise ours(error).with_traceback(error.__traceback__) from None


def ours(error: psycopg.Error) -> Exception:
    """Return what `error` means to a caller."""
    match error:
        case errors.SerializationFailure() | errors.DeadlockDetected():
            return Conflicted()
        case errors.ProgramLimitExceeded():  # a value too long for an index: no edge is down
            return Refused(error.sqlstate or "54000")
        case (
            psycopg.OperationalError()
            | psycopg.InterfaceError()
            | errors.ReadOnlySqlTransaction()  # a primary that has become a standby
        ):
            return EdgeDown("database")
    return Refused(error.sqlstate or "unknown")
