"""`scanpass canary`: a study of nobody's, dropped to see how long a hospital's studies take."""

import time
from io import BytesIO
from typing import Annotated

import typer

from services.ops import edges
from services.ops.ends import PROBLEM, Problem
from services.ops.screen import Json, table, tell
from services.ops.sites import checked, exists
from shared import canary
from shared.db import Connection, Row

app = typer.Typer(help="Studies of nobody's, which tell how long the way takes.")

POLL = 0.5  # seconds
SHOWN = ("site", "sent_at", "came_at", "seconds", "waiting_since")
SITES = "SELECT site FROM sites.site ORDER BY site"
# One that has not come through is sent again beside itself; what it left is still on its way.
WAITS = "SELECT waiting_since IS NOT NULL AS waits FROM sites.canary WHERE site = %s FOR UPDATE"
SENT = """
    INSERT INTO sites.canary AS old (site, sent_at, waiting_since)
    VALUES (%s, clock_timestamp(), clock_timestamp())
    ON CONFLICT (site) DO UPDATE SET sent_at = excluded.sent_at,
        waiting_since = coalesce(old.waiting_since, excluded.waiting_since)
"""
ALL = "SELECT site, sent_at, came_at, seconds, waiting_since FROM sites.canary ORDER BY site"

Site = Annotated[list[str] | None, typer.Option(help="A hospital; again for another. Else all.")]


@app.command("send")
def send(
    *,
    site: Site = None,
    wait_seconds: Annotated[float, typer.Option(min=0, help="At most so long.")] = 300.0,
    as_json: Json = False,
) -> None:
    """Drop one at each hospital, and wait until all are available; exit code 1 where one is not."""
    from shared.dicom.canary import instance  # noqa: PLC0415  only this command makes one

    storage, content = edges.storage(), instance()
    names = chosen(site)
    for name in names:
        with edges.transaction() as connection:
            sent(connection, name)
        storage.put("drop", canary.drop_key(name), BytesIO(content), "application/dicom")
    rows = followed(names, wait_seconds)
    late = [row["site"] for row in rows if row["waiting_since"] is not None]
    told = (
        f"{row['site']}: not yet available."
        if row["site"] in late
        else f"{row['site']}: available after {row['seconds']:.1f} s."
        for row in rows
    )
    tell({"canaries": rows, "late": late}, told, as_json=as_json)
    if late:
        raise typer.Exit(PROBLEM)


@app.command("status")
def status(*, as_json: Json = False) -> None:
    """Say of each hospital's canary when it was sent, and when and how fast it came through."""
    with edges.transaction() as connection:
        rows = connection.execute(ALL).fetchall()
    drawn = table(SHOWN, [[row[name] for name in SHOWN] for row in rows])
    tell({"canaries": rows}, [drawn if rows else "No canary was sent."], as_json=as_json)


@app.command("stop")
def stop(
    site: Annotated[str, typer.Argument(help="The hospital.")], *, as_json: Json = False
) -> None:
    """Send no more at a hospital: forget the last one, and ask for no other."""
    name = checked(site)
    with edges.transaction() as connection:
        known = connection.execute("DELETE FROM sites.canary WHERE site = %s RETURNING 1", (name,))
        if known.fetchone() is None:
            msg = f"No canary was sent at {name}."
            raise Problem(msg)
        connection.execute("SELECT sites.forget_canary(%s)", (name,))
    tell({"site": name}, [f"{name} has no canary any more."], as_json=as_json)


def chosen(names: list[str] | None) -> list[str]:
    """Return the hospitals that are named, or all.

    Raises:
        Problem: there is none of that name.

    """
    with edges.transaction() as connection:
        if not names:
            return [row["site"] for row in connection.execute(SITES).fetchall()]
        for name in map(checked, names):
            if not exists(connection, name):
                msg = f"No site has the name {name}."
                raise Problem(msg)
    return names


def sent(connection: Connection, site: str) -> None:
    """Note that one is sent; where the last has come through, forget it first."""
    row = connection.execute(WAITS, (site,)).fetchone()
    if row is None or not row["waits"]:
        connection.execute("SELECT sites.forget_canary(%s)", (site,))
    connection.execute(SENT, (site,))


def followed(names: list[str], seconds: float) -> list[Row]:
    """Return how the canaries fare: when all have come through, or the time is over."""
    end = time.monotonic() + seconds
    while True:
        with edges.transaction() as connection:
            rows = [row for row in connection.execute(ALL).fetchall() if row["site"] in names]
        if not any(row["waiting_since"] for row in rows) or time.monotonic() > end:
            return rows
        time.sleep(POLL)
