"""`scanpass sites apply`: hospitals as files in Git declare them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from services.ops import edges
from services.ops.declaring import Declaration, Malformed, declared
from services.ops.ends import OK, PROBLEM, Misused
from services.ops.screen import Json, plain, tell
from services.ops.sites import pictured
from shared.db import Connection, sql

app = typer.Typer(help="Hospitals as files declare them.", no_args_is_help=True)

LOCK = "SELECT pg_advisory_xact_lock(hashtext('sites'))"
ROWS = """
SELECT site, to_jsonb(known) - '{site,created_at}'::text[] AS given FROM sites.site AS known
"""
# Whatever came from a site keeps its name: letters, logs and shares speak of it.
KEPT = """
SELECT site FROM sites.site WHERE NOT site = ANY(%s) AND left(site, 8) <> 'brought-' AND (
    EXISTS (SELECT FROM ingest.receipt WHERE receipt.site = site.site)
    OR EXISTS (SELECT FROM catalogue.study WHERE study.site = site.site)
) ORDER BY site
"""
# No file declares what patients bring.
PRUNED = """
DELETE FROM sites.site
WHERE NOT site = ANY(%s) AND NOT site = ANY(%s) AND left(site, 8) <> 'brought-'
"""


@app.callback()
def sites() -> None:
    """Keep `apply` a word of its own."""


@app.command("apply")
def apply(
    *,
    file: Annotated[
        Path, typer.Option("-f", "--file", help="A folder with NAME.toml each, or one file.")
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say it, and change nothing.")] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="Remove what no file declares, and nothing came from.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Make the hospitals as the files say: all of them, or none where one file is wrong."""
    wanted = {name: (found, logo) for name, found, logo in files(file)}
    with edges.transaction() as connection, undone(connection, dry_run=dry_run):
        connection.execute(LOCK)
        before = rows(connection)
        for found, logo in wanted.values():
            put(connection, found, logo)
        kept = pruned(connection, list(wanted)) if prune else []
        changes = differences(before, rows(connection))
    would = " (nothing was changed)" if dry_run else ""
    lines = [f"{each['site']}: {each['change']}" for each in changes]
    lines += [f"{name}: no file declares it, but files came from it: it stays." for name in kept]
    lines += [f"{len(wanted)} declared, {len(changes)} to change or changed{would}."]
    document = {"declared": len(wanted), "changes": changes, "kept": kept, "dry_run": dry_run}
    tell(document, lines, as_json=as_json)
    return PROBLEM if kept else OK


def files(place: Path) -> Iterator[tuple[str, Declaration, dict[str, Any]]]:
    """Yield each declared site with its declaration and its logo's columns.

    Raises:
        Misused: a file cannot be read or is wrong, there is none, or two declare one site.

    """
    found = sorted(place.glob("*.toml")) if place.is_dir() else [place]
    if not found:
        msg = f"There is no .toml file in {place}."
        raise Misused(msg)
    owner: dict[str, Path] = {}
    for path in found:
        try:
            one = declared(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, Malformed) as error:
            why = error.strerror if isinstance(error, OSError) else error
            msg = f"{path} cannot be applied: {why}."
            raise Misused(msg) from None
        if (other := owner.setdefault(one.site, path)) != path:
            msg = f"{other} and {path} both declare {one.site}."
            raise Misused(msg)
        yield one.site, one, pictured(path.parent / one.logo if one.logo else None)


@contextmanager
def undone(connection: Connection, *, dry_run: bool) -> Iterator[None]:
    """Take back what is done within, where nothing is to be changed."""
    connection.execute("SAVEPOINT dry_run")
    yield
    if dry_run:
        connection.execute("ROLLBACK TO SAVEPOINT dry_run")


def put(connection: Connection, site: Declaration, logo: Mapping[str, Any]) -> None:
    """Insert the site, or make its row as declared: what is left out is as for a new one."""
    columns = {**site.columns, "logo": None, "logo_type": None, **logo}
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    values = sql.SQL(", ").join(
        sql.DEFAULT if value is None else sql.Literal(value) for value in columns.values()
    )
    connection.execute(
        sql.SQL(
            "INSERT INTO sites.site (site, {0}) VALUES ({1}, {2})"
            " ON CONFLICT (site) DO UPDATE SET ({0}) = ROW ({2})"
        ).format(names, sql.Literal(site.site), values)
    )


def rows(connection: Connection) -> dict[str, dict[str, Any]]:
    """Return what is known of each site."""
    return {row["site"]: row["given"] for row in connection.execute(ROWS).fetchall()}


def pruned(connection: Connection, wanted: list[str]) -> list[str]:
    """Remove sites that are not `wanted`; return those that stay, since files came from them."""
    kept = [row["site"] for row in connection.execute(KEPT, (wanted,)).fetchall()]
    connection.execute(PRUNED, (wanted, kept))
    return kept


def differences(
    before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, str]]:
    """Return for each site that is new, gone or changed what became of it."""
    changes = []
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if old is None or new is None:
            changes.append({"site": name, "change": "new" if old is None else "removed"})
        elif old != new:
            what = [
                f"{key} {shown(key, old)} -> {shown(key, new)}"
                for key in new
                if old[key] != new[key]
            ]
            changes.append({"site": name, "change": ", ".join(what)})
    return changes


def shown(key: str, row: Mapping[str, Any]) -> str:
    """Return a value as it is told: of a picture only whether there is one."""
    value = row[key]
    if key == "logo":
        return "a picture" if value else "none"
    return plain(value) or "none"
