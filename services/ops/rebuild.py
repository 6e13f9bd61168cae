"""`scanpass rebuild`: the catalogue again, from receipts and buckets alone."""

import time
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer

from services.ops import backlog, comparing, edges, receipts
from services.ops.comparing import Differences
from services.ops.drop import bar
from services.ops.ends import PROBLEM, Problem
from services.ops.returning import put_back
from services.ops.screen import Json, People, table, tell
from services.ops.sites import checked, demand
from shared.db import Connection, Refused, retrying, sql

POLL = 1.0  # seconds between two looks at what is left
FORBIDDEN = "42501"  # insufficient_privilege (PostgreSQL, Appendix A)

app = typer.Typer(help="Make again what originals and receipts say.")


@app.callback()
def group() -> None:
    """Make again what originals and receipts say."""


@app.command("catalogue")
def catalogue(  # noqa: PLR0913  a command's options are its arguments
    *,
    site: Annotated[str | None, typer.Option(help="This site alone; all without.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Empty nothing; add the rest.")] = False,
    compare: Annotated[bool, typer.Option("--compare", help="Name rows that differ.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    patience: Annotated[float, typer.Option(help="Seconds in which something moves.")] = 600.0,
    as_json: Json = False,
) -> None:
    """Empty the catalogue, and fill it from the receipts; nobody is written to again.

    SCANPASS_DATABASE_URL has to be the owner's. Services run on, and the drop stays open.
    """
    if site is not None:
        demand(checked(site))
    if not (resume or yes):
        typer.confirm("Empty the catalogue, and fill it again?", abort=True, err=True)
    since = time.monotonic()
    until = begin(site, resume=resume, compare=compare)
    told = tell_all(site, until)
    unfiled, studies = wait(site, until, patience)
    found = compared(site) if compare else None
    seconds = round(time.monotonic() - since, 1)
    counted = {"told": told, "unfiled": unfiled, "studies_not_as_told": studies}
    report(counted, found, seconds, as_json=as_json)


@app.command("receipts")
def of_receipts(
    *,
    site: Annotated[str | None, typer.Option(help="This site alone; all without.")] = None,
    as_json: Json = False,
) -> None:
    """Put back into the drop what the buckets hold and no receipt tells of; again is harmless.

    After `db restore`: what came after the dump is then taken in once more.
    """
    if site is not None:
        demand(checked(site))
    returned = sum(put_back(edges.storage(), site))
    people = [f"{returned} objects put back into the drop; `scanpass status` shows them come in."]
    tell({"returned": returned}, people, as_json=as_json)


def begin(site: str | None, *, resume: bool, compare: bool) -> datetime:
    """Empty what is to be filled again, and return the time before which receipts are told.

    Raises:
        Problem: the role is not the owner's.

    """

    def once() -> datetime:
        with edges.transaction() as connection:
            receipts.unhurried(connection)
            if not resume:
                lock(connection)
                if compare:
                    comparing.keep(connection, site)
                else:
                    comparing.drop(connection)
                empty(connection, site)
            receipts.unfile(connection, site, everything=not resume)
            return backlog.clock(connection)

    try:
        return retrying(once)
    except Refused as no:
        if no.sqlstate != FORBIDDEN:
            raise
        msg = "Only the owner of the schemas may rebuild: set SCANPASS_DATABASE_URL to its URL."
        raise Problem(msg) from None


def lock(connection: Connection) -> None:
    """Let index finish what it writes, and wait."""
    names = sql.SQL(", ").join(sql.Identifier("catalogue", table) for table in comparing.TABLES)
    connection.execute(sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(names))


def empty(connection: Connection, site: str | None) -> None:
    """Delete the rows; the outbox stays, for what is in it is not told yet."""
    for name in comparing.TABLES:
        query = sql.SQL("DELETE FROM {} WHERE %(site)s::text IS NULL OR site = %(site)s")
        connection.execute(query.format(sql.Identifier("catalogue", name)), {"site": site})


def tell_all(site: str | None, until: datetime) -> int:
    """Tell the receipts again, and return how many there were."""
    told = 0
    with bar("receipts", receipts.unfiled(site, until), files=True) as progress:
        for count in receipts.tell(site, until):
            told += count
            progress.advance(progress.task_ids[0], count)
    return told


def wait(site: str | None, until: datetime, patience: float) -> tuple[int, int]:
    """Return what is left when nothing is, or when nothing has moved for `patience` seconds."""
    left = receipts.left(site, until)
    moved = time.monotonic()
    while any(left) and time.monotonic() < moved + patience:
        time.sleep(POLL)
        now = receipts.left(site, until)
        if now != left:
            left, moved = now, time.monotonic()
    return left


def compared(site: str | None) -> Differences | None:
    """Return how the catalogue differs from the copy, where one was kept.

    A copy that all agrees with has done its duty.
    """
    with edges.transaction() as connection:
        receipts.unhurried(connection)
        if not comparing.kept(connection):
            return None
        found = comparing.differences(connection, site)
        if not found.first:
            comparing.drop(connection)
    return found


def report(
    counted: dict[str, int], found: Differences | None, seconds: float, *, as_json: bool
) -> None:
    """Print what was done; exit code 1 where something is left or differs."""
    told, unfiled, studies = counted.values()
    people: list[People] = [f"{told} receipts told again in {seconds} s."]
    if unfiled or studies:
        people.append(f"{unfiled} receipts are not filed, {studies} studies are not as they were.")
        people.append("See `scanpass dead list`; then `scanpass rebuild catalogue --resume`.")
    rows = found.first if found else ()
    if found is not None:
        people.append(f"{sum(found.counts.values())} rows differ.")
    if rows:
        drawn = [(each.table, each.how, each.key, each.columns) for each in rows]
        people.append(table(("table", "how", "row", "columns"), drawn))
    document = {
        **counted,
        "seconds": seconds,
        "differing_rows": found and found.counts,
        "differences": [asdict(each) for each in rows],
    }
    tell(document, people, as_json=as_json)
    if unfiled or studies or rows:
        raise typer.Exit(PROBLEM)
