"""What ingest does when a person has decided about a quarantined object."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Protocol

import structlog

from services.ingest.content import Content, content_of
from services.ingest.handler import looked_at
from services.ingest.inspect import Instance, Refused
from services.ingest.placing import place, telling
from services.ingest.receipts import Receipt, written
from shared.crashpoint import reached
from shared.db import Database, Row
from shared.events import Decision, Event, Lane, ObjectDecided
from shared.reasons import Reason
from shared.storage import Storage

log = structlog.get_logger()

RELEASED = "released"  # the drop version of the receipt that a release writes
WARNING = "released-by-desk"
OUTCOMES = {Decision.RELEASE: "released", Decision.REJECT: "rejected"}


class Quarantine(Protocol):
    """The table of what was not let in."""

    def find(self, event: ObjectDecided) -> Row | None:
        """Return the object that `event` is about."""

    def settle(self, event: ObjectDecided, outcome: str, receipt: Receipt | None) -> Event | None:
        """Record the decision, and the receipt with it; return the event to tell, if any."""


def decided(event: ObjectDecided, storage: Storage, quarantine: Quarantine) -> Iterator[Event]:
    """Let an object in as it is, or record that it stays out. The first decision stands.

    Safe to run twice: the archive key comes from the content, the first receipt stands, and the
    event is told again with the same id.
    """
    row = quarantine.find(event)
    if row is None or row["decision"] not in {None, event.decision}:
        log.warning("decision_without_object", site=event.site, sha256=event.sha256)
        return
    if event.decision is Decision.REJECT:
        quarantine.settle(event, OUTCOMES[event.decision], None)
        return
    receipt = released(event, row, storage)
    if receipt is None:
        log.warning("not_releasable", site=event.site, sha256=event.sha256, reason=row["reason"])
        quarantine.settle(event, "not-releasable", None)
        return
    told = quarantine.settle(event, OUTCOMES[event.decision], receipt)
    reached("ingest.decision.settled")
    if told is not None:
        yield told


def released(event: ObjectDecided, row: Row, storage: Storage) -> Receipt | None:
    """Copy the object into the archive, and return its receipt; None if it cannot be let in."""
    with storage.open("quarantine", row["key"]) as file:
        content, finding = content_of(file), looked_at(file)
    if isinstance(finding, Refused) and finding.reason.releasable:
        finding = finding.instance or finding
    source = storage.look("quarantine", row["key"])
    fit = content.sha256 == event.sha256 and row["reason"] in set(Reason)
    if not isinstance(finding, Instance) or source is None or not fit:
        return None
    finding = replace(finding, warnings=(*finding.warnings, WARNING))
    stored = place(event.site, event.drop_digest, content, finding)
    storage.copy(source, stored.bucket, stored.key)
    reached("ingest.decision.copied")
    return receipt_of(event, content, finding, row["quarantined_at"])


def receipt_of(
    event: ObjectDecided, content: Content, found: Instance, dropped_at: datetime
) -> Receipt:
    """Return the receipt of a release: beside the one of the drop, with a version of its own."""
    stored = place(event.site, event.drop_digest, content, found)
    return Receipt(
        site=event.site,
        drop_digest=event.drop_digest,
        drop_version=f"{RELEASED}-{content.sha256}",
        content=content,
        stored=stored,
        lane=Lane.LIVE,
        dropped_at=dropped_at,
        event=telling(event.site, event.drop_digest, Lane.LIVE, stored, found),
    )


class Desk:
    """The table `ingest.quarantine`."""

    def __init__(self, database: Database) -> None:
        """Keep the database."""
        self._database = database

    def find(self, event: ObjectDecided) -> Row | None:
        """Return the object that `event` is about."""
        with self._database.transaction() as connection:
            return connection.execute(
                "SELECT key, reason, decision, quarantined_at FROM ingest.quarantine"
                " WHERE (site, sha256, drop_digest) = (%s, %s, %s)",
                (event.site, event.sha256, event.drop_digest),
            ).fetchone()

    def settle(self, event: ObjectDecided, outcome: str, receipt: Receipt | None) -> Event | None:
        """Record the decision and the receipt in one transaction."""
        with self._database.transaction() as connection:
            changed = connection.execute(
                "UPDATE ingest.quarantine SET decision = %(decision)s, outcome = %(outcome)s,"
                " actor = coalesce(actor, %(actor)s),"
                " decided_at = coalesce(decided_at, clock_timestamp())"
                " WHERE (site, sha256, drop_digest) = (%(site)s, %(sha256)s, %(drop_digest)s)"
                " AND coalesce(decision, %(decision)s) = %(decision)s",
                event.model_dump(mode="json") | {"outcome": outcome},
            ).rowcount
            if not changed or receipt is None:
                return None
            return written(connection, [receipt])[0]
