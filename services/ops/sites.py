"""`scanpass site`: which hospitals drop, and how patients know them."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import TypeAdapter, ValidationError

from services.ops import declaring, edges
from services.ops.ends import Misused, Problem
from services.ops.screen import Json, table, tell
from shared.db import Connection, Refused, sql

app = typer.Typer(help="Hospitals that drop.")

LOGO_BYTES = 256 << 10
PNG, SVG = "image/png", "image/svg+xml"
NEEDED = ("title", "help_phone")
SHOWN = ("site", "title", "help_phone", "language", "timezone", "release_rule", "release_days")
COLUMNS = """
    site, title, help_phone, help_hours, help_languages, language, timezone, issuer,
    quiet_seconds, limit_seconds, release_rule, release_days, adult_years, logo_type, created_at
"""


class Rule(StrEnum):
    """When a hospital shows what has come."""

    AT_ONCE = "at-once"
    WITH_REPORT = "with-report"
    AFTER_TERM = "after-term"


@app.command("add")
def add(  # noqa: PLR0913  a command's options are its arguments
    name: Annotated[str, typer.Argument(help="Short name: the first part of every drop key.")],
    *,
    title: Annotated[str | None, typer.Option(help="Name as patients know it.")] = None,
    help_phone: Annotated[str | None, typer.Option(help="Number patients may call.")] = None,
    help_hours: Annotated[str | None, typer.Option(help="When somebody answers.")] = None,
    help_languages: Annotated[str | None, typer.Option(help="Spoken there, `en,es`.")] = None,
    logo: Annotated[Path | None, typer.Option(help="PNG or SVG, at most 256 KiB.")] = None,
    language: Annotated[str | None, typer.Option(help="Of letters, unless the patient's.")] = None,
    timezone: Annotated[str | None, typer.Option(help="As in `Europe/Madrid`.")] = None,
    issuer: Annotated[str | None, typer.Option(help="Issuer of Patient ID, if absent.")] = None,
    quiet: Annotated[float | None, typer.Option(min=0, help="Seconds without arrivals.")] = None,
    limit: Annotated[float | None, typer.Option(min=0, help="Seconds, at most.")] = None,
    release: Annotated[Rule | None, typer.Option(help="When patients see what came.")] = None,
    release_days: Annotated[
        int | None, typer.Option(min=0, max=30, help="Days after which they do in any case.")
    ] = None,
    adult: Annotated[
        int | None, typer.Option(min=12, max=25, help="Age that ends guardians' access.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a site known, or change what is given of one that is."""
    values = {
        "title": title,
        "help_phone": help_phone,
        "help_hours": help_hours,
        "help_languages": help_languages.split(",") if help_languages else None,
        "language": language,
        "timezone": zone(timezone),
        "issuer": issuer,
        "quiet_seconds": quiet,
        "limit_seconds": limit,
        "release_rule": release.value if release else None,
        "release_days": release_days,
        "adult_years": adult,
        **pictured(logo),
    }
    with edges.transaction() as connection:
        row = put(connection, checked(name), {k: v for k, v in values.items() if v is not None})
    tell(row, [f"Site {row['site']} is known: {row['title']}."], as_json=as_json)


@app.command("list")
def show(*, as_json: Json = False) -> None:
    """List the sites."""
    with edges.transaction() as connection:
        rows = connection.execute(f"SELECT {COLUMNS} FROM sites.site ORDER BY site").fetchall()  # noqa: S608  a constant
    drawn = table(SHOWN, [[row[name] for name in SHOWN] for row in rows])
    tell({"sites": rows}, [drawn if rows else "No site is known."], as_json=as_json)


def put(connection: Connection, name: str, values: dict[str, Any]) -> dict[str, Any]:
    """Insert the site, or update what `values` says; return its row.

    Raises:
        Misused: a new site needs a title and a help telephone.

    """
    known = exists(connection, name)
    missing = [each for each in NEEDED if each not in values and not known]
    if missing:
        options = " and ".join("--" + each.replace("_", "-") for each in missing)
        msg = f"A new site needs {options}."
        raise Misused(msg)
    columns = [sql.Identifier(each) for each in values]
    if known and columns:
        change = sql.SQL("UPDATE sites.site SET {} WHERE site = %s").format(
            sql.SQL(", ").join(sql.SQL("{} = %s").format(each) for each in columns)
        )
        connection.execute(change, (*values.values(), name))
    elif not known:
        insert = sql.SQL("INSERT INTO sites.site ({}) VALUES ({})").format(
            sql.SQL(", ").join([*columns, sql.Identifier("site")]),
            sql.SQL(", ").join([sql.Placeholder()] * (len(columns) + 1)),
        )
        connection.execute(insert, (*values.values(), name))
    query = f"SELECT {COLUMNS} FROM sites.site WHERE site = %s"  # noqa: S608  a constant
    return connection.execute(query, (name,)).fetchone() or {}


def exists(connection: Connection, name: str) -> bool:
    """Say whether the site is known; two who add the same one at once take turns."""
    connection.execute("SELECT pg_advisory_xact_lock(hashtext('sites'))")
    found = connection.execute("SELECT 1 FROM sites.site WHERE site = %s", (name,))
    return found.fetchone() is not None


def demand(name: str) -> None:
    """See that the site is known.

    Raises:
        Problem: it is not.

    """
    try:
        with edges.transaction() as connection:
            found = connection.execute("SELECT 1 FROM sites.site WHERE site = %s", (name,))
            known = found.fetchone() is not None
    except Refused as no:
        msg = f"The database refuses to say which sites there are (code {no.sqlstate})."
        raise Problem(msg) from None
    if not known:
        msg = f"No site has the name {name}: make it known with `scanpass site add {name} ...`."
        raise Problem(msg)


def checked(name: str) -> str:
    """Return `name` where it may be a site's.

    Raises:
        Misused: it may not.

    """
    try:
        return TypeAdapter[str](declaring.Name).validate_python(name)
    except ValidationError:
        msg = "A site's name has small letters, digits and hyphens, at most 31, and is not `me`."
        raise Misused(msg) from None


def zone(name: str | None) -> str | None:
    """Return `name` where it is a time zone's.

    Raises:
        Misused: it is not.

    """
    try:
        return name and declaring.zone(name)
    except ValueError as wrong:
        msg = f"--timezone {name}: {wrong}."
        raise Misused(msg) from None


def pictured(logo: Path | None) -> dict[str, Any]:
    """Return the logo's columns.

    Raises:
        Misused: it cannot be read, is too large, or is neither PNG nor SVG.

    """
    if logo is None:
        return {}
    try:
        picture = logo.read_bytes()
    except OSError as error:
        msg = f"The logo cannot be read: {error.strerror}."
        raise Misused(msg) from None
    kind = PNG if picture.startswith(b"\x89PNG\r\n\x1a\n") else SVG if b"<svg" in picture else None
    if kind is None or len(picture) > LOGO_BYTES:
        msg = "A logo is a PNG or an SVG of at most 256 KiB."
        raise Misused(msg)
    return {"logo": picture, "logo_type": kind}
