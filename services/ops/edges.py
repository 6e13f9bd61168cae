"""The servers, opened when a command first needs them, with a clear word when they are down."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import unquote, urlsplit

from pydantic import ValidationError
from pydantic_settings import BaseSettings

from services.ops.ends import Misused, Unreachable
from services.ops.management import Management
from services.ops.mending import place
from services.ops.settings import ManagementSettings
from shared import db
from shared.config import BrokerSettings, DatabaseSettings, StorageSettings, wrong
from shared.db import Connection, Database
from shared.errors import EdgeDown

if TYPE_CHECKING:
    from shared.broker.graveyard import Graveyard
    from shared.broker.publisher import Publisher
    from shared.storage import Storage

Read = TypeVar("Read", bound=BaseSettings)


def read(settings: type[Read]) -> Read:
    """Return the part of the settings that a command needs.

    Raises:
        Misused: a variable is missing or wrong; the sentence names it and says what it is for.

    """
    try:
        return settings()
    except ValidationError as error:
        first, *more = wrong(settings, error)
        others = f" ({len(more)} more are missing or wrong)" if more else ""
        raise Misused(first + others) from None


@contextmanager
def transaction() -> Iterator[Connection]:
    """Give one transaction on the database."""
    url = read(DatabaseSettings).database_url.get_secret_value()
    trouble("database", db.why_not(url), url)
    database = Database(url, pool_size=1, name="ops")
    try:
        with database.transaction() as connection:
            yield connection
    finally:
        database.close()


@contextmanager
def snapshot() -> Iterator[Connection]:
    """Give one transaction that only reads, and sees the database as it is at one moment."""
    with transaction() as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield connection


def storage() -> "Storage":
    """Return the object store."""
    from shared.storage import probe  # noqa: PLC0415  a command loads the drivers it uses
    from shared.storage.s3 import S3  # noqa: PLC0415  the same

    settings = read(StorageSettings)
    access, secret = (
        each.get_secret_value() for each in (settings.s3_access_key, settings.s3_secret_key)
    )
    trouble("s3", probe.why_not(settings), settings.s3_endpoint)
    return S3(settings.s3_endpoint, access, secret, settings.s3_region)


@contextmanager
def publisher() -> "Iterator[Publisher]":
    """Give a publisher whose every message is confirmed."""
    from shared.broker.publisher import Publisher  # noqa: PLC0415  the same

    url = amqp_url()
    made = Publisher(url, "ops")
    try:
        yield made
    finally:
        made.close()


@contextmanager
def graveyard() -> "Iterator[Graveyard]":
    """Give the dead letters."""
    from shared.broker.graveyard import Graveyard  # noqa: PLC0415  the same

    made = Graveyard(amqp_url())
    try:
        yield made
    finally:
        made.close()


def amqp_url() -> str:
    """Return the URL of a broker that answers."""
    from shared.broker import probe  # noqa: PLC0415  the same

    url = read(BrokerSettings).amqp_url.get_secret_value()
    trouble("broker", probe.why_not(url), url)
    return url


def management() -> Management:
    """Return the broker's management API."""
    settings = read(ManagementSettings)
    vhost = unquote(urlsplit(settings.amqp_url.get_secret_value()).path[1:]) or "/"
    return Management(settings.management_url.get_secret_value(), vhost)


def trouble(edge: str, code: str | None, url: str) -> None:
    """Raise what `code` says of an edge; None says that it works.

    Raises:
        Unreachable: always with a code.

    """
    if code is not None:
        raise Unreachable(edge, code, place(url))


WHY_NOT: Mapping[str, Callable[[], object]] = {
    "database": lambda: transaction().__enter__(),
    "s3": storage,
    "broker": amqp_url,
}


def diagnosed(error: EdgeDown) -> Unreachable:
    """Return what is wrong with an edge that failed in the middle of a command."""
    if isinstance(error, Unreachable):
        return error
    try:
        WHY_NOT.get(error.edge, lambda: None)()
    except Unreachable as found:
        return found
    return Unreachable(error.edge, "unknown", "")
