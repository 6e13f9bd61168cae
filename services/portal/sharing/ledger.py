"""The ledger of grants: every change with its message, in the order in which they are committed."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from services.portal.logbook import SCHEMA
from services.portal.sharing.known import Known
from services.portal.signin import entries
from services.portal.signin.entries import Actor
from shared import metrics, outbox
from shared.access import Because, Ended, Named, Purpose
from shared.db import Connection, Jsonb, Row
from shared.errors import EdgeDown
from shared.events import (
    Condition,
    ConsentAmended,
    ConsentExpired,
    ConsentGranted,
    ConsentWithdrawn,
    Given,
    GivenScope,
    GivenStudy,
    Grantee,
    GrantEvent,
    ShareAmended,
    ShareCreated,
    ShareExpired,
    ShareRevoked,
)

WHOLE = """
    SELECT g.*, coalesce((SELECT jsonb_agg(jsonb_build_object('site', site, 'study_uid', study_uid)
            ORDER BY site, study_uid) FROM access.grant_study AS s
            WHERE s.grant_id = g.grant_id), '[]') AS studies,
        (SELECT link FROM access.link AS l WHERE l.grant_id = g.grant_id AND channel IS NOT NULL
            ORDER BY made_at LIMIT 1) AS link
    FROM access.grants AS g WHERE grant_id = %s
"""
END = "UPDATE access.ledger_end SET position = position + 1 RETURNING position"
WRITE = """
    INSERT INTO access.ledger (position, person, seq, grant_id, version, type, body)
    VALUES (%s, %s, %s, %s, %s, %s, %s)
"""
# From the start, so that the first of a kind is an increase too.
for _change in ("created", "revoked", "expired"):
    metrics.GRANTS_CHANGED.labels(change=f"share-{_change}")
SEQ = "SELECT coalesce(max(seq), 0) + 1 AS seq FROM access.ledger WHERE person = %s"


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledger, inside a transaction in which grants are changed."""

    connection: Connection
    known: Known

    def tell(
        self, grant: UUID, who: Actor | None, because: Because, *, amended: bool = False
    ) -> None:
        """Write a change that was made into ledger, outbox and the patient's logs.

        Raises:
            EdgeDown: the database is older than what was given or withdrawn: nothing changes then.

        """
        before = self.known.position
        (end,) = self.connection.execute(END).fetchall()
        if before is None or end["position"] <= before:
            edge = "ledger"
            raise EdgeDown(edge)
        (row,) = self.connection.execute(WHOLE, (grant,)).fetchall()
        (place,) = self.connection.execute(SEQ, (row["person"],)).fetchall()
        event = event_of(row, place["seq"], who.person if who else None, amended=amended)
        told = (end["position"], event.person, event.seq, grant, event.version, event.routing_key)
        self.connection.execute(WRITE, (*told, Jsonb(event.model_dump(mode="json"))))
        outbox.put(self.connection, SCHEMA, event)
        action = event.routing_key.removesuffix(".v1").replace(".", "-")
        if event.grantee_kind is Grantee.APP:
            action = action.replace("consent", "address")
        metrics.GRANTS_CHANGED.labels(change=action).inc()
        for record in records(self.connection, row["person"], event.scope):
            if who is None:
                entries.write_by_time(self.connection, record, action, because)
            else:
                entries.write(self.connection, record, who, action, because)


def event_of(row: Row, seq: int, by: UUID | None, *, amended: bool) -> GrantEvent:
    """Return a grant as the event that tells its last change."""
    share = row["kind"] == "share"
    asked = (Condition.BIRTH_DATE, Condition.NAME_AND_ROLE) if share else ()
    made = type_of(row, amended=amended)
    more = {"link": row["link"]} if made is ShareCreated else {}
    return made(
        **more,
        person=row["person"],
        seq=seq,
        grant=row["grant_id"],
        version=row["version"],
        grantee_kind=Grantee(row["grantee_kind"]),
        grantee=row["grantee"],
        actions=(Given.LOOK, Given.KEEP) if row["keep"] else (Given.LOOK,),
        scope=GivenScope(
            studies=tuple(GivenStudy(**each) for each in row["studies"]),
            everything=row["everything"],
            sites=None if row["sites"] is None else tuple(row["sites"]),
            arrived_before=row["arrived_before"],
        ),
        purpose=Purpose(row["purpose"]),
        starts=row["starts_at"],
        ends=row["ends_at"],
        most_uses=row["most_uses"],
        conditions=asked,
        given_by=row["given_by"],
        by=by,
        grantee_person=row["staff"],
    )


ENDS: dict[tuple[str, str], type[GrantEvent]] = {
    ("share", Ended.WITHDRAWN): ShareRevoked,
    ("share", Ended.EXPIRED): ShareExpired,
    ("consent", Ended.WITHDRAWN): ConsentWithdrawn,
    ("consent", Ended.EXPIRED): ConsentExpired,
}


def type_of(row: Row, *, amended: bool) -> type[GrantEvent]:
    """Return which event tells the last change of a grant."""
    if row["ended_as"]:
        return ENDS[row["kind"], row["ended_as"]]
    if amended:
        return ShareAmended if row["kind"] == "share" else ConsentAmended
    return ShareCreated if row["kind"] == "share" else ConsentGranted


RECORDS = """
    SELECT record FROM access.claim WHERE person = %(person)s AND ended_at IS NULL
        AND (%(everything)s OR EXISTS (SELECT FROM catalogue.study AS s
            WHERE s.record = claim.record AND (s.site, s.study_uid) IN (
                SELECT * FROM unnest(%(sites)s::text[], %(uids)s::text[]))))
    ORDER BY record
"""


def records(connection: Connection, person: UUID, scope: GivenScope) -> list[UUID]:
    """Return the records that a scope is about; always in the same sequence of them."""
    sites, uids = columns({(each.site, each.study_uid) for each in scope.studies})
    told = {"person": person, "everything": scope.everything, "sites": sites, "uids": uids}
    return [row["record"] for row in connection.execute(RECORDS, told).fetchall()]


def columns(studies: Collection[Named]) -> tuple[list[str], list[str]]:
    """Return the sites and the UIDs of studies, side by side."""
    pairs = sorted(studies)
    return [site for site, _ in pairs], [uid for _, uid in pairs]
