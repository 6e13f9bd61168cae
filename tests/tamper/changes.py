"""How someone with all rights on the database might change a log. The judge's own list.

Each change is a function of a connection, a victim's record, its entries, and a source of chance;
it does its work with triggers off, and the caller rolls it back.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any, TypeAlias
from uuid import UUID

import psycopg

Connection: TypeAlias = psycopg.Connection[dict[str, Any]]
Entry: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Victim:
    """One record's log, as it is before the change."""

    record: UUID
    entries: list[Entry]


Change: TypeAlias = Callable[[Connection, Victim, Random], None]

VALUES: dict[str, str] = {
    "at": "at + interval '1 microsecond'",
    "actor_kind": "CASE actor_kind WHEN 'patient' THEN 'stranger' ELSE 'patient' END",
    "actor": "gen_random_uuid()",
    "session": "gen_random_uuid()",
    "action": "action || 'x'",
    "because": "because || 'x'",
    "study_uid": "coalesce(study_uid, '') || '1'",
    "series_uid": "coalesce(series_uid, '') || '1'",
    "reads": "reads + 1",
    "previous": "set_byte(previous, 7, (get_byte(previous, 7) + 1) %% 256)",
    "hash": "set_byte(hash, 7, (get_byte(hash, 7) + 1) %% 256)",
}


def edit(column: str) -> Change:
    """Change one field of one entry."""

    def change(connection: Connection, victim: Victim, chance: Random) -> None:
        seq = chance.choice(victim.entries)["seq"]
        connection.execute(
            f"UPDATE access.entry SET {column} = {VALUES[column]} WHERE record = %s AND seq = %s",  # noqa: S608  # type: ignore[arg-type]
            (victim.record, seq),
        )

    return change


def delete(connection: Connection, victim: Victim, chance: Random) -> None:
    """Take one entry out, not the last."""
    seq = chance.choice(victim.entries[:-1])["seq"]
    connection.execute(
        "DELETE FROM access.entry WHERE record = %s AND seq = %s", (victim.record, seq)
    )


def close_ranks(connection: Connection, victim: Victim, chance: Random) -> None:
    """Take one entry out, and let the later ones move up."""
    seq = chance.choice(victim.entries[:-1])["seq"]
    delete_at(connection, victim.record, seq)
    for later in range(seq + 1, len(victim.entries) + 1):
        renumber(connection, victim.record, later, later - 1)
    connection.execute("UPDATE access.chain SET seq = seq - 1 WHERE record = %s", (victim.record,))


def insert(connection: Connection, victim: Victim, chance: Random) -> None:
    """Put a copy of one entry behind another, and let the later ones move down."""
    seq = chance.choice(victim.entries)["seq"]
    for later in range(len(victim.entries), seq, -1):
        renumber(connection, victim.record, later, later + 1)
    connection.execute(
        "INSERT INTO access.entry SELECT record, seq + 1, at, actor_kind, actor, session, action,"
        " because, study_uid, series_uid, reads, previous, hash"
        " FROM access.entry WHERE record = %s AND seq = %s",
        (victim.record, seq),
    )


def swap(connection: Connection, victim: Victim, chance: Random) -> None:
    """Let two entries change places."""
    one, other = chance.sample(range(1, len(victim.entries) + 1), 2)
    renumber(connection, victim.record, one, 0)
    renumber(connection, victim.record, other, one)
    renumber(connection, victim.record, 0, other)


def cut(connection: Connection, victim: Victim, chance: Random) -> None:
    """Cut the tail off, and leave the head as it was."""
    keep = chance.randrange(len(victim.entries))
    connection.execute(
        "DELETE FROM access.entry WHERE record = %s AND seq > %s", (victim.record, keep)
    )


def cut_well(connection: Connection, victim: Victim, chance: Random) -> None:
    """Cut the tail off, and make the head fit: only the outside knows better."""
    keep = chance.randrange(1, len(victim.entries))
    cut_to(connection, victim, keep)


def vanish(connection: Connection, victim: Victim, _chance: Random) -> None:
    """Take the whole log away, head and all."""
    for table in ("entry", "chain"):
        connection.execute(
            f"DELETE FROM access.{table} WHERE record = %s",  # noqa: S608  # type: ignore[arg-type]
            (victim.record,),
        )


def reseal(connection: Connection, victim: Victim, chance: Random) -> None:
    """Change one entry, then seal it and all later ones anew, and the head: well forged."""
    start = chance.randrange(1, len(victim.entries) + 1)
    connection.execute(
        "UPDATE access.entry SET actor = gen_random_uuid() WHERE record = %s AND seq = %s",
        (victim.record, start),
    )
    rows = connection.execute(
        "SELECT * FROM access.entry WHERE record = %s AND seq >= %s ORDER BY seq",
        (victim.record, start),
    ).fetchall()
    previous = bytes(rows[0]["previous"])
    for row in rows:
        previous = seal(connection, row, previous)
    connection.execute(
        "UPDATE access.chain SET head = %s WHERE record = %s", (previous, victim.record)
    )


def seal(connection: Connection, row: Entry, previous: bytes) -> bytes:
    """Write and return the hash of `row` behind `previous`; by hand, not by the product's code."""
    microseconds = round(row["at"].timestamp() * 1_000_000)
    told = [row["record"], row["seq"], microseconds, row["actor_kind"], row["actor"] or ""]
    told += [row["session"] or "", row["action"], row["because"], row["study_uid"] or ""]
    told += [row["series_uid"] or "", row["reads"], previous.hex()]
    digest = hashlib.sha256("\n".join(map(str, told)).encode()).digest()
    connection.execute(
        "UPDATE access.entry SET previous = %s, hash = %s WHERE record = %s AND seq = %s",
        (previous, digest, row["record"], row["seq"]),
    )
    return digest


def cut_to(connection: Connection, victim: Victim, keep: int) -> None:
    """Let the chain end at `keep`, head and all."""
    connection.execute(
        "DELETE FROM access.entry WHERE record = %s AND seq > %s", (victim.record, keep)
    )
    connection.execute(
        "UPDATE access.chain SET seq = %s, head = %s WHERE record = %s",
        (keep, victim.entries[keep - 1]["hash"], victim.record),
    )


def delete_at(connection: Connection, record: UUID, seq: int) -> None:
    """Take the entry at `seq` out."""
    connection.execute("DELETE FROM access.entry WHERE record = %s AND seq = %s", (record, seq))


def renumber(connection: Connection, record: UUID, seq: int, other: int) -> None:
    """Move one entry."""
    connection.execute(
        "UPDATE access.entry SET seq = %s WHERE record = %s AND seq = %s", (other, record, seq)
    )


CHANGES: dict[str, Change] = {
    **{f"edit {column}": edit(column) for column in VALUES},
    "delete": delete,
    "delete and close ranks": close_ranks,
    "insert": insert,
    "swap": swap,
    "cut the tail": cut,
    "cut the tail, head and all": cut_well,
    "take all away": vanish,
    "change and seal anew": reseal,
}
