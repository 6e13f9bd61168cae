"""`scanpass access reconcile`: what was given and withdrawn after the dump, from the mirror."""

import json
from collections.abc import Iterator
from typing import Any

import typer

from services.ops import edges
from services.ops.ends import Problem
from services.ops.screen import Json, tell
from shared.db import Connection, Jsonb, Refused, Row
from shared.storage import Storage

app = typer.Typer(help="What patients give to others and take back.")

LEDGER, GRANTS = "ledger", "grants/"
FORBIDDEN = "42501"  # insufficient_privilege (PostgreSQL, Appendix A)
ENDED = {
    "consent.withdrawn.v1": "withdrawn",
    "share.revoked.v1": "withdrawn",
    "consent.expired.v1": "expired",
    "share.expired.v1": "expired",
}

END = "SELECT position FROM access.ledger_end FOR UPDATE"
MOVE = "UPDATE access.ledger_end SET position = %s"
# Whoever is not there any more was made after the dump: they have claimed nothing by now.
PERSON = "INSERT INTO access.person (person) VALUES (%s) ON CONFLICT DO NOTHING"
WRITE = """
    INSERT INTO access.ledger (position, person, seq, grant_id, version, type, body, at, mirrored)
    VALUES (%(position)s, %(person)s, %(seq)s, %(grant_id)s, %(version)s, %(type)s, %(body)s,
        %(at)s, true)
"""
APPLY = """
    INSERT INTO access.grants (grant_id, version, kind, person, grantee_kind, grantee, staff,
        keep, everything, sites, arrived_before, purpose, starts_at, ends_at, most_uses, given_by,
        ended_at, ended_as)
    VALUES (%(grant)s, %(version)s, %(kind)s, %(person)s, %(grantee_kind)s, %(grantee)s,
        %(staff)s, %(keep)s, %(everything)s, %(sites)s::text[], %(arrived_before)s, %(purpose)s,
        %(starts)s, %(ends)s, %(most_uses)s, %(given_by)s, CASE WHEN %(ended_as)s::text IS NOT NULL
            THEN %(at)s::timestamptz END, %(ended_as)s)
    ON CONFLICT (grant_id) DO UPDATE SET version = excluded.version, keep = excluded.keep,
        arrived_before = excluded.arrived_before, ends_at = excluded.ends_at,
        ended_at = excluded.ended_at, ended_as = excluded.ended_as
"""
NAME = """
    INSERT INTO access.grant_study (grant_id, site, study_uid) VALUES (%s, %s, %s)
    ON CONFLICT DO NOTHING
"""


@app.callback()
def group() -> None:
    """Hold commands, though there is one so far."""


@app.command()
def reconcile(*, as_json: Json = False) -> None:
    """Replay from the bucket `ledger` what the database does not know; again is harmless.

    After `db restore`: until then nothing is read by any share or consent, so that what was
    withdrawn stays withdrawn. SCANPASS_DATABASE_URL has to be the owner's.
    """
    storage = edges.storage()
    try:
        with edges.transaction() as connection:
            replayed, end = replay(connection, storage)
    except Refused as no:
        if no.sqlstate != FORBIDDEN:
            raise
        msg = "Only the owner of the schemas may replay: set SCANPASS_DATABASE_URL to its URL."
        raise Problem(msg) from None
    people = [f"{replayed} changes replayed; the ledger ends at {end}."]
    tell({"replayed": replayed, "end": end}, people, as_json=as_json)


def replay(connection: Connection, storage: Storage) -> tuple[int, int]:
    """Return how many changes were replayed, and where the ledger ends now.

    Raises:
        Problem: the mirror misses a change.

    """
    (row,) = connection.execute(END).fetchall()
    end = begin = row["position"]
    for change in changes(storage, begin):
        if change["position"] <= end:
            continue  # told twice
        if change["position"] != end + 1:
            msg = f"The mirror misses change {end + 1}: nothing was replayed."
            raise Problem(msg)
        for person in {change["person"], change["body"]["given_by"]}:
            connection.execute(PERSON, (person,))
        connection.execute(WRITE, change | {"body": Jsonb(change["body"])})
        connection.execute(APPLY, applied(change))
        for study in change["body"]["scope"]["studies"]:
            told = (change["grant_id"], study["site"], study["study_uid"])
            connection.execute(NAME, told)
        end = change["position"]
    connection.execute(MOVE, (end,))
    return end - begin, end


def changes(storage: Storage, after: int) -> Iterator[Row]:
    """Yield the changes that the mirror holds after a position, in their order."""
    for each in storage.list(LEDGER, GRANTS):  # keys begin with the first position
        if int(each.key.removeprefix(GRANTS).split("-")[1]) > after:
            with storage.open(LEDGER, each.key) as file:
                yield from json.load(file)


def applied(change: Row) -> dict[str, Any]:
    """Return a change as the columns of the grant that it made."""
    body = change["body"]
    return {
        **body,
        **body["scope"],
        "at": change["at"],
        "kind": change["type"].partition(".")[0],
        "keep": "keep" in body["actions"],
        "ended_as": ENDED.get(change["type"]),
        "staff": body.get("grantee_person"),
    }
