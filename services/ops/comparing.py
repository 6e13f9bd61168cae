"""The catalogue as it was before a rebuild, kept aside, and how the rebuilt one differs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shared.db import Connection, sql

BEFORE = "rebuild_before"
AT_MOST = 20  # differing rows that are named of one table

# What a rebuild empties, each with what identifies a row.
TABLES: Mapping[str, tuple[str, ...]] = {
    "series": ("site", "study_uid", "series_uid"),
    "content": ("site", "sop_uid", "sha256"),
    "settlement": ("site", "sop_uid", "sha256"),
    "study": ("site", "study_uid"),
    "record": ("record",),
    "roster_entry": ("site", "system", "patient_id"),
    "roster": ("site", "sha256"),
    "declaration": ("site", "study_uid", "sha256"),
}
# Columns that say when index did its work, not what came of it.
WHEN_DONE = {
    *("created_at", "first_seen", "last_seen", "waiting_since", "filed_at", "settled_at"),
    *("changes", "due_at"),  # how often a study was counted, and when it is looked at next
    "conflict_told",  # also true of what looked like a conflict for a moment
}
PERSONAL = {"system", "patient_id"}  # never on a screen


@dataclass(frozen=True)
class Difference:
    """One row that is not as before: `gone`, `new`, or `changed` in `columns`."""

    table: str
    key: str
    how: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Differences:
    """How many rows differ, by table, and the first of them."""

    counts: dict[str, int]
    first: tuple[Difference, ...]


def keep(connection: Connection, site: str | None) -> None:
    """Copy what is comparable into a schema of its own, in place of an older copy."""
    drop(connection)
    connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(BEFORE)))
    for table in TABLES:
        query = sql.SQL("CREATE TABLE {} AS {}").format(
            sql.Identifier(BEFORE, table), projection(connection, table, site)
        )
        connection.execute(query)


def drop(connection: Connection) -> None:
    """Remove the copy: it holds names."""
    connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(BEFORE)))


def kept(connection: Connection) -> bool:
    """Say whether there is a copy."""
    query = "SELECT FROM pg_namespace WHERE nspname = %s"
    return connection.execute(query, (BEFORE,)).fetchone() is not None


def projection(connection: Connection, table: str, site: str | None) -> sql.Composable:
    """Return the query of a table's comparable columns; one that is added later is among them."""
    rows = connection.execute(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_schema = 'catalogue' AND table_name = %s ORDER BY ordinal_position",
        (table,),
    )
    names = [row["column_name"] for row in rows if row["column_name"] not in WHEN_DONE]
    header = sql.SQL("sha256(header) AS header")  # a few kilobytes each otherwise
    return sql.SQL("SELECT {} FROM {}{}").format(
        sql.SQL(", ").join(header if name == "header" else sql.Identifier(name) for name in names),
        sql.Identifier("catalogue", table),
        sql.SQL(" WHERE site = {}").format(sql.Literal(site)) if site else sql.SQL(""),
    )


DIFFERING = """
    SELECT {shown}, count(*) OVER () AS differing,
        CASE WHEN to_jsonb(now) IS NULL THEN 'gone' WHEN to_jsonb(was) IS NULL THEN 'new'
            ELSE 'changed' END AS how,
        ARRAY(SELECT key FROM jsonb_each(to_jsonb(was)) AS old
            JOIN jsonb_each(to_jsonb(now)) AS new USING (key)
            WHERE old.value IS DISTINCT FROM new.value ORDER BY key) AS columns
    FROM {before} AS was FULL JOIN ({projection}) AS now USING ({keys})
    WHERE to_jsonb(was) IS DISTINCT FROM to_jsonb(now)
    ORDER BY {keys} LIMIT {limit}
"""


def differences(connection: Connection, site: str | None) -> Differences:
    """Return how the catalogue differs from the copy."""
    counts: dict[str, int] = {}
    first: list[Difference] = []
    for table in TABLES:
        found = list(differing(connection, table, site))
        counts[table] = found[0][1] if found else 0
        first += [difference for difference, _ in found]
    return Differences(counts, tuple(first))


def differing(
    connection: Connection, table: str, site: str | None
) -> Iterator[tuple[Difference, int]]:
    """Yield the first differing rows of a table, each with the number of all of them."""
    keys = TABLES[table]
    shown = [key for key in keys if key not in PERSONAL]
    query = sql.SQL(DIFFERING).format(
        shown=sql.SQL(", ").join(map(sql.Identifier, shown)),
        before=sql.Identifier(BEFORE, table),
        projection=projection(connection, table, site),
        keys=sql.SQL(", ").join(map(sql.Identifier, keys)),
        limit=sql.Literal(AT_MOST),
    )
    for row in connection.execute(query).fetchall():
        key = "/".join(str(row[name]) for name in shown)
        yield Difference(table, key, row["how"], tuple(row["columns"])), row["differing"]
