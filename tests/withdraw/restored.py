"""Shares that were taken back after the dump, asked of the database that is put back."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from uuid import UUID, uuid4

from services.ops import access, backup
from services.portal.sharing import grants, links
from services.portal.sharing.grants import Share
from services.portal.sharing.known import Known
from services.portal.sharing.ledger import Ledger
from services.portal.sharing.links import Door, Guest, Opened, Role
from services.portal.signin.birth import read
from services.portal.signin.entries import Actor
from shared.access import Purpose, codes
from shared.db import Database
from tests.received.studies import store
from tests.withdraw.replicas import Replica, replica
from tests.withdraw.scene import BORN, Scene
from tests.withdraw.storm import until

GUEST = Guest("Dr. Okafor", Role.DOCTOR, "", "en")
TOLD = "SELECT count(*) AS n FROM access.ledger WHERE mirrored"
ALL = "SELECT count(*) AS n FROM access.ledger"


def restored(
    scene: Scene, environment: Callable[[str], Mapping[str, str]], log: Path, plant: str, count: int
) -> tuple[int, int]:
    """Return how many withdrawn shares were asked, and how many were still read.

    They are asked before and after `scanpass access reconcile`; one that stands must be read after.

    Raises:
        LookupError: the one that stands is not read, before the dump or in the end.

    """
    database = Database(environment("portal")["SCANPASS_DATABASE_URL"])
    url, place = environment("owner")["SCANPASS_DATABASE_URL"], log.with_suffix(".dump")
    path = f"{scene.site}/{scene.study}"
    given = [shared(scene, database) for _ in range(count + 1)]
    (_, standing), *taken = given
    backup.dump(url, place)
    for grant, _ in taken:
        with database.transaction() as connection:
            who = Actor(scene.person, uuid4())
            grants.withdraw(Ledger(connection, Known(0)), grant, scene.person, who)
    with replica(environment("portal"), log, "") as at:
        until(lambda: scene.received.rows(TOLD)[0]["n"], scene.received.rows(ALL)[0]["n"])
        if not reads(at, [standing], path):
            raise LookupError(standing)
    database.close()
    backup.restore(url, place)
    viewings = [viewing for _, viewing in taken]
    with replica(environment("portal"), log, plant) as at:
        read_before = reads(at, viewings, path)
        with scene.received.owner.transaction() as connection:
            access.replay(connection, store(environment("ops")))
        read_after = reads(at, viewings, path)
        if not plant and not reads(at, [standing], path):
            raise LookupError(standing)
    return count, max(read_before, read_after)


def shared(scene: Scene, database: Database) -> tuple[UUID, str]:
    """Return a share and what stands in the address of who opened it."""
    wish = Share(
        grant=uuid4(),
        patient=scene.person,
        studies=frozenset({(scene.site, scene.study)}),
        purpose=Purpose.TREATMENT,
        term=timedelta(days=1),
    )
    born = read(**BORN)
    with database.transaction() as connection:
        known = Known(0)
        grants.share(Ledger(connection, known), wish, Actor(scene.person, uuid4()))
        door = Door(secret=codes.hashed(links.mint(connection, wish.grant, "en")))
        came = links.opened(connection, door, born, GUEST, 1.0, "key", known) if born else None
    match came:
        case Opened(viewing):
            return wish.grant, viewing
    raise LookupError(wish.grant)


def reads(at: Replica, viewings: list[str], path: str) -> int:
    """Return how many of these addresses show the pictures."""
    connection = HTTPConnection("127.0.0.1", at.viewer, timeout=60)
    found = 0
    for viewing in viewings:
        connection.request("GET", f"/v/{viewing}/{path}")
        answer = connection.getresponse()
        answer.read()
        found += answer.status == 200
    connection.close()
    return found
