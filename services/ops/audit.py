"""`scanpass audit verify`: whether the access log is as it was written."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from uuid import UUID

import typer

from services.ops import edges
from services.ops.ends import Problem
from services.ops.screen import Json, table, tell
from shared.access.chain import Fault, Head, Link, faults
from shared.db import Connection, Row
from shared.storage import Storage

app = typer.Typer(help="The log of who looked.")

LEDGER, ANCHORS = "ledger", "access/"
AT_ONCE = 5000  # entries a fetch
COLUMNS = [field.name for field in fields(Link)]
ENTRIES = f"SELECT {', '.join(COLUMNS)} FROM access.entry ORDER BY record, seq"  # noqa: S608  ours
HEADS = "SELECT record, seq, head FROM access.chain"


@app.callback()
def group() -> None:
    """Hold commands, though there is one so far."""


@app.command()
def verify(*, as_json: Json = False) -> None:
    """Compare every entry with its seal, its neighbour, and what the ledger bucket was told.

    Exit code 1 where an entry was changed, put in, taken out or cut off.
    """
    anchors = kept(edges.storage())
    with edges.transaction() as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        found = list(examined(connection, anchors))
        (count,) = connection.execute("SELECT count(*) AS entries FROM access.entry").fetchall()
    document = {
        "entries": count["entries"],
        "faults": [
            {"record": each.record, "seq": each.seq, "wrong": each.wrong.value} for each in found
        ],
    }
    rows = [(each.record, each.seq, each.wrong.value) for each in found]
    said = f"{count['entries']} entries, as they were written." if not found else ""
    tell(document, [table(("record", "entry", "wrong"), rows) if found else said], as_json=as_json)
    if found:
        msg = f"{len(found)} records have a log that is not as it was written."
        raise Problem(msg)


def examined(connection: Connection, anchors: Mapping[UUID, Sequence[Head]]) -> Iterator[Fault]:
    """Yield what is wrong with the log; in one pass, of the snapshot that `connection` sees."""
    heads = {
        row["record"]: (row["seq"], bytes(row["head"]))
        for row in connection.execute(HEADS)
        if row["seq"]
    }
    yield from faults(links(connection), heads, anchors)


def links(connection: Connection) -> Iterator[Link]:
    """Yield every entry by record and place; never all of them in memory."""
    with connection.cursor("audit") as cursor:
        cursor.itersize = AT_ONCE
        cursor.execute(ENTRIES)
        for row in cursor:
            yield link(row)


def link(row: Row) -> Link:
    """Return a row as what it says."""
    return Link(**row | {"previous": bytes(row["previous"]), "hash": bytes(row["hash"])})


def kept(storage: Storage) -> dict[UUID, list[Head]]:
    """Return every end of a chain that the ledger bucket was told."""
    found: dict[UUID, list[Head]] = defaultdict(list)
    for each in storage.list(LEDGER, ANCHORS):
        with storage.open(LEDGER, each.key) as file:
            for record, seq, digest in json.load(file):
                found[UUID(record)].append((seq, bytes.fromhex(digest)))
    return found
