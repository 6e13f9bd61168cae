"""`scanpass quarantine`: what could not be let in, why, and what a person decides."""

from typing import Annotated, Any

import typer

from services.ops import edges
from services.ops.ends import Problem
from services.ops.queries import DIGEST
from services.ops.screen import Json, plain, table, tell
from services.ops.who import As, who
from shared.db import Row
from shared.events import Decision, ObjectDecided
from shared.reasons import Reason
from shared.reference import normalised

app = typer.Typer(help="What could not be let in.")
Ref = Annotated[str, typer.Argument(help="Reference, or SHA-256 of the content.")]
TITLES = ("reference", "site", "reason", "size", "quarantined_at", "decision")

LISTED = """
    SELECT reference, site, sha256, drop_digest, key, size, reason, quarantined_at,
           decision, decided_at, actor, outcome
    FROM ingest.quarantine
    WHERE (%(all)s OR decision IS NULL) AND site = coalesce(%(site)s, site)
    ORDER BY quarantined_at DESC LIMIT %(limit)s
"""
ONE = """
    SELECT q.*, r.door, r.dropped_at, r.received_at
    FROM ingest.quarantine q
    LEFT JOIN LATERAL (
        SELECT door, dropped_at, received_at FROM ingest.receipt r
        WHERE (r.site, r.sha256, r.drop_digest) = (q.site, q.sha256, q.drop_digest)
        ORDER BY received_at LIMIT 1
    ) r ON true
    WHERE q.reference = %(reference)s OR q.sha256 = %(sha256)s
    ORDER BY q.quarantined_at
"""


@app.command("list")
def show_all(
    *,
    site: Annotated[str | None, typer.Option(help="Of one site.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Decided ones too.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 200,
    as_json: Json = False,
) -> None:
    """List what waits for a decision, the newest first."""
    with edges.transaction() as connection:
        asked = {"all": everything, "site": site, "limit": limit}
        rows = connection.execute(LISTED, asked).fetchall()
    drawn = table(TITLES, [[row[title] for title in TITLES] for row in rows])
    tell({"quarantine": rows}, [drawn if rows else "Nothing is quarantined."], as_json=as_json)


@app.command("show")
def show(ref: Ref, *, as_json: Json = False) -> None:
    """Show why an object could not be let in, and where its bytes are."""
    documents = [described(row) for row in rows_of(ref)]
    people = [
        table(("", ""), [(name, plain(value)) for name, value in each.items()])
        for each in documents
    ]
    tell({"quarantine": documents}, people, as_json=as_json)


@app.command("release")
def release(ref: Ref, *, actor: As = None, as_json: Json = False) -> None:
    """Let an object in as it is."""
    row = one(ref)
    if not releasable(row["reason"]) or row["outcome"] == "not-releasable":
        msg = f"{row['reference']} cannot be released: {meaning(row['reason'])}"
        raise Problem(msg)
    decide(row, Decision.RELEASE, actor, as_json=as_json)


@app.command("reject")
def reject(ref: Ref, *, actor: As = None, as_json: Json = False) -> None:
    """Keep an object out for good; its bytes are kept."""
    decide(one(ref), Decision.REJECT, actor, as_json=as_json)


def decide(row: Row, decision: Decision, actor: str | None, *, as_json: bool) -> None:
    """Tell what a person decided; ingest carries it out.

    Raises:
        Problem: it is decided already, otherwise.

    """
    if row["decision"] not in {None, decision.value}:
        msg = f"{row['reference']} is decided already: {row['decision']}, by {row['actor']}."
        raise Problem(msg)
    event = ObjectDecided(
        site=row["site"],
        sha256=row["sha256"],
        drop_digest=row["drop_digest"],
        decision=decision,
        actor=who(actor),
    )
    with edges.publisher() as publisher:
        publisher.publish(event)
    document = {"reference": row["reference"], "event": str(event.id), **event.model_dump()}
    sentence = f"{row['reference']}: {decision.value} is told; ingest carries it out."
    tell(document, [sentence], as_json=as_json)


def one(ref: str) -> Row:
    """Return the one object that `ref` names.

    Raises:
        Problem: there is none, or there are several.

    """
    rows = rows_of(ref)
    if len(rows) > 1:
        msg = f"{len(rows)} objects bear {ref}: say which by its SHA-256 (`quarantine show {ref}`)."
        raise Problem(msg)
    return rows[0]


def rows_of(ref: str) -> list[Row]:
    """Return the quarantined objects that `ref` names.

    Raises:
        Problem: there is none.

    """
    said = ref.strip().lower()
    asked = {
        "reference": normalised(ref),
        "sha256": said if DIGEST.fullmatch(said) else None,
    }
    with edges.transaction() as connection:
        rows = connection.execute(ONE, asked).fetchall()
    if not rows:
        msg = f"Nothing quarantined bears {ref}."
        raise Problem(msg)
    return rows


def described(row: Row) -> dict[str, Any]:
    """Return a quarantined object as a person asks for it."""
    return {
        **row,
        "meaning": meaning(row["reason"]),
        "releasable": releasable(row["reason"]),
        "bytes_at": f"s3://quarantine/{row['key']}",
    }


def meaning(code: str) -> str:
    """Return what a reason code means, one sentence."""
    try:
        return Reason(code).meaning
    except ValueError:
        return "This version does not know the reason."


def releasable(code: str) -> bool:
    """Say whether an object with this reason can be let in; what is not known cannot."""
    try:
        return Reason(code).releasable
    except ValueError:
        return False
