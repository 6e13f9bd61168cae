"""Ingest as a real process with only its own environment, and a hospital that drops by boto3."""

from collections.abc import Callable, Iterator
from typing import TypeAlias
from uuid import uuid4

import pytest

from deploy.local import Servers, Services
from shared.db import Database
from tests.integration.ingest.hospital import Ears, Hospital

Opened: TypeAlias = Callable[[], Hospital]
QUICK = {
    "SCANPASS_SWEEP_SECONDS": "0.5",
    "SCANPASS_RECONCILE_SECONDS": "0.5",
    "SCANPASS_RECONCILE_AFTER_SECONDS": "3600",
}


@pytest.fixture(scope="module")
def start(servers: Servers) -> Iterator[Callable[..., Services]]:
    """Start ingest, and services beside it, with settings of its own; ended with the module."""
    running: list[Services] = []

    def begin(*beside: str, **settings: str) -> Services:
        for one in running:
            one.down()
        extra = {"ingest": QUICK | {f"SCANPASS_{key}": value for key, value in settings.items()}}
        one = Services(servers, names=("ingest", *beside), extra=extra)
        running[:] = [one]
        one.up()
        return one

    yield begin
    for one in running:
        one.down()


@pytest.fixture(scope="module")
def database(environment: Callable[[str], dict[str, str]]) -> Iterator[Database]:
    """Look into the tables as the operator may."""
    one = Database(environment("ops")["SCANPASS_DATABASE_URL"], name="test")
    yield one
    one.close()


@pytest.fixture
def opened(environment: Callable[[str], dict[str, str]], database: Database) -> Opened:
    """Open as many hospitals as a test needs, each one that nobody else uses."""

    def one() -> Hospital:
        site = f"h{uuid4().hex[:12]}"
        with database.transaction() as connection:
            connection.execute(
                "INSERT INTO sites.site (site, title, help_phone) VALUES (%s, 'Test', '+15550100')",
                (site,),
            )
        return Hospital(site, environment("owner"), database)

    return one


@pytest.fixture
def hospital(opened: Opened) -> Hospital:
    """Open a hospital that nobody else uses."""
    return opened()


@pytest.fixture
def ears(environment: Callable[[str], dict[str, str]]) -> Iterator[Ears]:
    """Hear every event from now on."""
    one = Ears(environment("ops")["SCANPASS_AMQP_URL"])
    yield one
    one.close()
