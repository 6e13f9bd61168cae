"""A hospital of its own for each test, with patients who can be reached, or not."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from deploy.local import Servers
from deploy.local.post import Ports, Post
from services.notify import deliveries
from services.notify.deliveries import Deliveries
from services.notify.handler import STUDIES_RELEASED, STUDY_RELEASED, Debt, Pace
from shared.db import Database, Row
from shared.events import Lane, StudyReleased

PACE = Pace(timedelta(hours=1), timedelta(days=1))


@dataclass
class Hospital:
    """One site, its patients, and what they are owed."""

    site: str
    owner: Database
    notify: Database

    def transaction(self) -> AbstractContextManager[Deliveries]:
        """Open a transaction on the table, as the service does."""
        return deliveries.transaction(self.notify)

    def patient(self, name: str = "Jan Citizen") -> UUID:
        """Return the record of a patient whose address nobody knows."""
        record = uuid4()
        with self.owner.transaction() as connection:
            connection.execute(
                "INSERT INTO catalogue.record (record, site, issuer, patient_id, display_name)"
                " VALUES (%s, %s, '', %s, %s)",
                (record, self.site, str(record), name),
            )
        return record

    def tell(self, record: UUID, email: str | None, phone: str | None, language: str) -> None:
        """Tell how a patient can be reached, as a roster does."""
        with self.owner.transaction() as connection:
            connection.execute(
                "INSERT INTO catalogue.roster_entry"
                " (site, system, patient_id, email, phone, language, told_at)"
                " VALUES (%s, '', %s, %s, %s, %s, now())"
                " ON CONFLICT (site, system, patient_id) DO UPDATE SET email = excluded.email,"
                " phone = excluded.phone",
                (self.site, str(record), email, phone, language),
            )

    def reachable(
        self, email: str | None = "jan@patients.example", phone: str | None = None
    ) -> UUID:
        """Return the record of a patient who can be reached."""
        record = self.patient()
        self.tell(record, email, phone, "en")
        return record

    def debt(self, record: UUID, study: str = "1.2") -> Debt:
        """Return one letter to be written."""
        return Debt(STUDY_RELEASED, self.site, study, record, uuid4())

    def owe(self, *debts: Debt) -> None:
        """Write the rows."""
        with self.transaction() as table:
            for debt in debts:
                table.owe(debt)

    def gather(self, record: UUID, *studies: str, pace: Pace = PACE) -> None:
        """Add studies to the person's digest, each in a transaction of its own."""
        for study in studies:
            debt = replace(self.debt(record, study), kind=STUDIES_RELEASED)
            with self.transaction() as table:
                table.gather(debt, pace)

    def digests(self) -> dict[UUID, set[str]]:
        """Return the studies of each of the site's digests."""
        with self.owner.transaction() as connection:
            rows = connection.execute(
                "SELECT delivery, array_agg(study_uid) AS studies FROM notify.digested"
                " WHERE site = %s GROUP BY delivery",
                (self.site,),
            ).fetchall()
        return {row["delivery"]: set(row["studies"]) for row in rows}

    def released(self, record: UUID, study: str, lane: Lane = Lane.LIVE) -> StudyReleased:
        """Return the event that index would tell."""
        return StudyReleased(
            site=self.site, study_uid=study, record=record, revision=1, rule="at-once", lane=lane
        )

    def rows(self) -> list[Row]:
        """Return the site's deliveries."""
        with self.owner.transaction() as connection:
            return connection.execute(
                "SELECT *, due_at > clock_timestamp() AS later FROM notify.delivery"
                " WHERE site = %s ORDER BY study_uid, created_at",
                (self.site,),
            ).fetchall()

    def told(self) -> list[Row]:
        """Return the site's events in the outbox."""
        with self.owner.transaction() as connection:
            return connection.execute(
                "SELECT * FROM notify.outbox WHERE body->>'site' = %s ORDER BY id", (self.site,)
            ).fetchall()

    def hurry(self) -> None:
        """Let time pass: whatever waits is due now."""
        with self.owner.transaction() as connection:
            connection.execute("UPDATE notify.delivery SET due_at = now() WHERE state = 'due'")


@pytest.fixture
def hospital(environment: Callable[[str], dict[str, str]]) -> Iterator[Hospital]:
    """Return a site that nobody else uses, in a table where nobody else is owed anything."""
    site = f"t{uuid4().hex[:12]}"
    owner = Database(environment("owner")["SCANPASS_DATABASE_URL"])
    notify = Database(environment("notify")["SCANPASS_DATABASE_URL"])
    with owner.transaction() as connection:
        connection.execute("TRUNCATE notify.digested, notify.delivery, notify.outbox")
        connection.execute(
            "INSERT INTO sites.site (site, title, help_phone, help_hours, help_languages)"
            " VALUES (%s, 'Test Hospital', '+1 555 0100', 'Mon-Fri', '{en,es}')",
            (site,),
        )
    yield Hospital(site, owner, notify)
    notify.close()
    owner.close()


@pytest.fixture
def post(
    servers: Servers, environment: Callable[[str], dict[str, str]], tmp_path: Path
) -> Iterator[Post]:
    """Open a post office where the services look for one."""
    ports = Ports(servers.ports["demo.smtp"], servers.ports["demo.sms"])
    with Post(tmp_path, environment("notify")["SCANPASS_SMS_GATEWAY_TOKEN"], ports) as office:
        yield office
