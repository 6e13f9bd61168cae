"""`scanpass canary` beside running services: it comes through, and nobody hears of it."""

from collections.abc import Callable, Iterator

import pytest

from deploy.local import Servers, Services
from shared.canary import STUDY_UID
from shared.db import Database
from tests.integration.ops.conftest import Scanpass

LEFT = """
    SELECT (SELECT count(*) FROM ingest.receipt WHERE site = %(s)s)
        + (SELECT count(*) FROM catalogue.study WHERE site = %(s)s)
        + (SELECT count(*) FROM catalogue.series WHERE site = %(s)s)
        + (SELECT count(*) FROM catalogue.content WHERE site = %(s)s)
        + (SELECT count(*) FROM catalogue.settlement WHERE site = %(s)s)
        + (SELECT count(*) FROM catalogue.record WHERE site = %(s)s)
        + (SELECT count(*) FROM told.study WHERE site = %(s)s) AS rows
"""
HEARD = """
    SELECT (SELECT count(*) FROM notify.delivery WHERE site = %(s)s) AS letters,
        (SELECT count(*) FROM catalogue.outbox WHERE body->>'site' = %(s)s
            AND type LIKE 'study.released.%%') AS released,
        (SELECT count(*) FROM catalogue.study WHERE site = %(s)s AND state = 'available'
            AND released_at IS NULL) AS held,
        (SELECT count(*) FROM ingest.receipt WHERE site = %(s)s) AS receipts
"""


@pytest.fixture(scope="module")
def services(servers: Servers) -> Iterator[Services]:
    """Run what the way to `available` takes, and notify, which must not hear of it."""
    with Services(servers, ("ingest", "transcode", "index", "notify")) as running:
        yield running


@pytest.fixture
def owner(environment: Callable[[str], dict[str, str]]) -> Iterator[Database]:
    """Look at every table."""
    made = Database(environment("owner")["SCANPASS_DATABASE_URL"], 1, "test")
    yield made
    made.close()


@pytest.mark.usefixtures("services")
def test_it_comes_through_again_and_again(scanpass: Scanpass, site: str, owner: Database) -> None:
    """Each is new and takes the whole way; nothing is released, told, or left but the last one."""
    for _ in range(2):
        done = scanpass("canary", "send", "--site", site, "--json")
        assert done.code == 0, done.err
        (row,) = done.json["canaries"]
        assert row["seconds"] > 0
        assert row["came_at"] > row["sent_at"]
        with owner.transaction() as connection:
            (heard,) = connection.execute(HEARD, {"s": site}).fetchall()
        assert heard == {"letters": 0, "released": 0, "held": 1, "receipts": 1}
    assert f"{site} " in scanpass("canary", "status").out

    assert scanpass("canary", "stop", site).code == 0
    with owner.transaction() as connection:
        assert connection.execute(LEFT, {"s": site}).fetchone() == {"rows": 0}
    assert scanpass("canary", "stop", site).code == 1


@pytest.fixture
def held(scanpass: Scanpass, site: str) -> Iterator[str]:
    """Return a site of which nothing is taken in meanwhile."""
    assert scanpass("pause", "site", site).code == 0
    yield site
    assert scanpass("resume", "site", site).code == 0


def test_one_that_does_not_come_is_said(scanpass: Scanpass, held: str, owner: Database) -> None:
    """The exit code says so, its wait counts from the first, and no patient is said to wait."""
    with owner.transaction() as connection:
        connection.execute(
            "INSERT INTO sites.canary VALUES (%s, now(), now() - interval '1 hour')", (held,)
        )
    done = scanpass("canary", "send", "--site", held, "--wait-seconds", "0")
    assert (done.code, done.out) == (1, f"{held}: not yet available.\n")
    with owner.transaction() as connection:
        row = connection.execute(
            "SELECT waiting_since < now() - interval '50 minutes' AS first,"
            " sent_at > now() - interval '1 minute' AS last FROM sites.canary WHERE site = %s",
            (held,),
        ).fetchone()
        assert row == {"first": True, "last": True}
        connection.execute(
            "INSERT INTO catalogue.study (site, study_uid, reference) VALUES (%s, %s, 'x')",
            (held, STUDY_UID),
        )
    assert held not in str(scanpass("status", "--json").json["waits"])
    with owner.transaction() as connection:
        connection.execute("DELETE FROM catalogue.study WHERE site = %s", (held,))


def test_nobody_elses_study_can_be_forgotten(
    environment: Callable[[str], dict[str, str]], scanpass: Scanpass, site: str, owner: Database
) -> None:
    """Ops may forget the canary, and has no other way to take a study out."""
    with owner.transaction() as connection:
        connection.execute(
            "INSERT INTO catalogue.study (site, study_uid, reference) VALUES (%s, '1.2.3', 'x')",
            (site,),
        )
    ops = Database(environment("ops")["SCANPASS_DATABASE_URL"], 1, "test")
    try:
        with ops.transaction() as connection:
            connection.execute("SELECT sites.forget_canary(%s)", (site,))
    finally:
        ops.close()
    with owner.transaction() as connection:
        left = connection.execute("SELECT study_uid FROM catalogue.study WHERE site = %s", (site,))
        assert left.fetchall() == [{"study_uid": "1.2.3"}]
        connection.execute("DELETE FROM catalogue.study WHERE site = %s", (site,))
    assert scanpass("canary", "send", "--site", "nobody-knows").code == 1
