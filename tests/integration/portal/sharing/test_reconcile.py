"""scanpass access reconcile: a withdrawal survives a database that is put back older."""

from collections.abc import Callable, Iterator
from uuid import UUID, uuid4

import pytest

from services.ops import access
from services.ops.ends import Problem
from services.portal.reading import Hidden
from services.portal.sharing import deciding, mirror
from services.portal.sharing.deciding import Given
from services.portal.sharing.known import Known
from services.portal.sharing.ledger import Ledger
from shared.access import Action
from shared.db import Database
from shared.storage.s3 import S3
from tests.integration.portal.sharing.conftest import Maria
from tests.integration.portal.sharing.test_grants import consent, reads
from tests.received.studies import store

TABLES = ("grants", "grant_study", "link", "visit_code", "guest", "ledger", "ledger_end")


@pytest.fixture
def owner(environment: Callable[[str], dict[str, str]]) -> Iterator[Database]:
    database = Database(environment("owner")["SCANPASS_DATABASE_URL"], pool_size=1)
    yield database
    database.close()


@pytest.fixture
def bucket(environment: Callable[[str], dict[str, str]]) -> S3:
    return store(environment("ops"))


def dumped(maria: Maria) -> None:
    """Keep what is there aside, as a dump does."""
    for table in TABLES:
        maria.hand.owner.execute(f"DROP TABLE IF EXISTS pg_temp.{table}")
        maria.hand.owner.execute(f"CREATE TEMP TABLE {table} AS TABLE access.{table}")


def restored(maria: Maria) -> None:
    """Put back what was kept, and nothing else."""
    maria.hand.owner.execute("SET session_replication_role = replica")
    for table in reversed(TABLES):
        maria.hand.owner.execute(f"DELETE FROM access.{table}")  # noqa: S608
    for table in TABLES:
        maria.hand.owner.execute(f"INSERT INTO access.{table} TABLE pg_temp.{table}")
    maria.hand.owner.execute("SET session_replication_role = origin")


def mirrored(maria: Maria) -> None:
    """Let the mirror have all that there is."""
    while mirror.mirror(maria.edges.database, maria.edges.storage, maria.known):
        pass


def reconciled(owner: Database, bucket: S3) -> tuple[int, int]:
    """Replay, as the operator does."""
    with owner.transaction() as connection:
        return access.replay(connection, bucket)


def test_what_was_withdrawn_after_the_dump_stays_withdrawn(
    maria: Maria, owner: Database, bucket: S3
) -> None:
    """Nothing is read by any grant before, and by those that stand after."""
    kept, lost = maria.share(), maria.share()
    standing, doctor = maria.viewing(kept), maria.viewing(lost)
    mirrored(maria)
    dumped(maria)
    maria.withdraw(lost)
    given = consent(maria)
    mirrored(maria)
    before = maria.ledger()
    restored(maria)
    # A portal that has seen it, and one that is started anew.
    assert not reads(maria, doctor)
    maria.edges.reading.known = maria.known = Known()
    assert not reads(maria, standing)
    mirror.mirror(maria.edges.database, maria.edges.storage, maria.known)
    assert not reads(maria, standing)
    assert not reads(maria, doctor)
    assert reconciled(owner, bucket)[0] == 2
    assert reads(maria, standing)
    with (
        pytest.raises(Hidden) as refused,
        maria.edges.reading.opened(doctor, Action.LOOK, maria.hand.site, maria.study),
    ):
        pytest.fail("was let in")
    assert refused.value.because == "withdrawn"
    assert maria.ledger() == before
    row = maria.hand.one("SELECT * FROM access.grants WHERE grant_id = %s", given)
    assert (row["kind"], row["keep"], row["everything"]) == ("consent", True, True)
    assert reconciled(owner, bucket)[0] == 0
    assert maria.share()


def test_a_mirror_with_a_gap_is_not_replayed(maria: Maria, owner: Database, bucket: S3) -> None:
    """Half of what was changed would be worse than nothing."""
    mirrored(maria)
    dumped(maria)
    for _ in range(2):
        maria.share()
        mirrored(maria)
    restored(maria)
    end = maria.hand.one("SELECT position FROM access.ledger_end")["position"]
    first = f"{mirror.FOLDER}{end + 1:020d}"
    assert list(bucket.list(mirror.BUCKET, first))

    there = bucket

    class Gap:
        """The bucket without the first segment after the dump."""

        list = staticmethod(
            lambda bucket, folder: (
                each for each in there.list(bucket, folder) if not each.key.startswith(first)
            )
        )
        open = there.open

    with pytest.raises(Problem), owner.transaction() as connection:
        access.replay(connection, Gap())  # type: ignore[arg-type]  # what it asks of a store
    assert reconciled(owner, bucket)[0] == 2


def asked_for(maria: Maria, **who: object) -> UUID:
    """Return a request that María has approved: her grant."""
    told = {"staff": None, "guest": None, "grant_id": None} | who
    request = uuid4()
    maria.hand.all(
        "INSERT INTO access.request (request, staff, guest, grant_id, person, purpose, keep,"
        " future, days, language, expires_at) VALUES (%s, %s, %s, %s, %s, 'TREAT', false, true,"
        " 90, 'en', now() + interval '1 day') RETURNING 1",
        *(request, told["staff"], told["guest"], told["grant_id"], maria.person),
    )
    with maria.edges.database.transaction() as connection:
        row = deciding.one(connection, maria.person, request)
        assert row
        given = Given(None, keep=False, future=True, days=90)
        grant = deciding.approve(Ledger(connection, maria.known), row, given, maria.who)
    assert grant
    return grant


def test_what_was_approved_after_the_dump_is_replayed(
    maria: Maria, owner: Database, bucket: S3
) -> None:
    """A consent to one of staff, to them; and more time, until then."""
    columns = "grantee_kind, staff, everything, keep, ends_at, version"
    query = f"SELECT {columns} FROM access.grants WHERE grant_id = ANY (%s) ORDER BY 1"  # noqa: S608
    share = maria.share()
    maria.viewing(share)
    guest = maria.hand.one("SELECT guest FROM access.guest WHERE grant_id = %s", share)["guest"]
    ada = maria.hand.one("INSERT INTO access.staff VALUES (%s, 'Ada') RETURNING staff", uuid4())
    mirrored(maria)
    dumped(maria)
    given = asked_for(maria, staff=ada["staff"])
    assert asked_for(maria, guest=guest, grant_id=share) == share
    mirrored(maria)
    before = maria.hand.all(query, [share, given])
    maria.hand.all("DELETE FROM access.request WHERE person = %s RETURNING 1", maria.person)
    restored(maria)
    assert maria.hand.all(query, [share, given]) != before
    reconciled(owner, bucket)
    after = maria.hand.all(query, [share, given])
    assert [row["version"] for row in after] == [2, 1]
    assert after == before
