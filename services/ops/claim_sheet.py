"""`scanpass site claim-sheet`: a claim code on paper, for a patient who stands at the desk."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from services.ops import edges, sheet
from services.ops.ends import Misused, Problem
from services.ops.screen import Json, tell
from services.ops.sites import checked
from shared.access import codes
from shared.config import PortalSettings
from shared.db import Connection

TERM = timedelta(days=30)  # as long as the code of a letter

PATIENTS = """
    SELECT r.record, r.issuer, known.name, known.birth_date IS NOT NULL AS dated, site.title,
        site.help_phone, site.help_hours, site.help_languages, site.timezone, site.language,
        EXISTS (SELECT FROM access.claim AS c WHERE c.record = r.record AND c.ended_at IS NULL)
            AS claimed
    FROM catalogue.record AS r JOIN catalogue.contact AS known USING (record)
    JOIN sites.site ON site.site = r.site
    WHERE r.site = %s AND r.patient_id = %s AND (%s::text IS NULL OR r.issuer = %s)
"""
INVITE = """
    INSERT INTO access.invitation (code_hash, record, site, recovers, expires_at)
    VALUES (%s, %s, %s, %s, %s)
"""


class Language(StrEnum):
    """Which stands first."""

    EN = "en"
    ES = "es"


def claim_sheet(  # noqa: PLR0913  a command's options are its arguments
    site: Annotated[str, typer.Argument(help="The site's short name.")],
    patient_id: Annotated[str, typer.Argument(help="The patient's number at that site.")],
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="The PDF; never overwritten.")],
    issuer: Annotated[
        str | None, typer.Option(help="Whose number it is, if there are several.")
    ] = None,
    language: Annotated[Language | None, typer.Option(help="Which stands first.")] = None,
    recover: Annotated[
        bool,
        typer.Option("--recover", help="For who has claimed already, and lost number or address."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Print a sheet with a claim code, once the desk has seen who it is."""
    settings = edges.read(PortalSettings)
    if output.exists():
        msg = f"{output} is there already."
        raise Misused(msg)
    with edges.transaction() as connection:
        patient = one(connection, checked(site), patient_id, issuer)
        fit(patient, recover=recover)
        code = codes.invitation()
        key = settings.code_key.get_secret_value()
        until = datetime.now(UTC) + TERM
        hashed = codes.keyed(key, "invitation", code.replace("-", ""))
        connection.execute(INVITE, (hashed, patient["record"], site, recover, until))
        first = language.value if language else patient["language"][:2]
        order = ("es", "en") if first == "es" else ("en", "es")
        write(output, sheet.drawn(printed(patient, settings.portal_url, code, until), order))
    tell(
        {"site": site, "output": str(output), "until": until, "recovers": recover},
        [f"The sheet is {output}. Its code works once, until {until:%Y-%m-%d}."],
        as_json=as_json,
    )


def one(connection: Connection, site: str, patient_id: str, issuer: str | None) -> dict[str, Any]:
    """Return the one patient who has this number.

    Raises:
        Problem: nobody has, or several.

    """
    found = connection.execute(PATIENTS, (site, patient_id, issuer, issuer)).fetchall()
    if not found:
        msg = "Nothing of a patient with this number has come from this site."
        raise Problem(msg)
    if len(found) > 1:
        msg = "Several patients have this number: say whose it is by --issuer."
        raise Problem(msg)
    return found[0]


def fit(patient: dict[str, Any], *, recover: bool) -> None:
    """See that a code would be of use.

    Raises:
        Problem: it would not.

    """
    if not patient["dated"]:
        msg = "The hospital has not told this patient's birth date, without which no code works."
        raise Problem(msg)
    if patient["claimed"] and not recover:
        msg = "Somebody has claimed this record: with --recover they get in again."
        raise Problem(msg)
    if recover and not patient["claimed"]:
        msg = "Nobody has claimed this record, so there is nothing to recover."
        raise Problem(msg)


def printed(patient: dict[str, Any], portal: str, code: str, until: datetime) -> sheet.Sheet:
    """Return what stands on the sheet."""
    return sheet.Sheet(
        hospital=patient["title"],
        phone=patient["help_phone"],
        hours=patient["help_hours"],
        speaks=tuple(patient["help_languages"]),
        portal=portal,
        code=code,
        until=until.date(),
        name=patient["name"],
        recovers=patient["claimed"],
    )


def write(output: Path, content: bytes) -> None:
    """Write a file that nobody else may read: who has the code and a birth date is let in.

    Raises:
        Misused: it cannot be written; then the code is not kept either.

    """
    try:
        output.touch(mode=0o600, exist_ok=False)
        output.write_bytes(content)
    except OSError as error:
        msg = f"{output} cannot be written: {error.strerror}."
        raise Misused(msg) from None
