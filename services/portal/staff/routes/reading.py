"""What patients let staff look at: shared with me, found by name and birth date, and opened."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from babel.dates import format_date
from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.portal.page import edges_of, show, wording_of
from services.portal.reading import Hidden
from services.portal.sharing.presets import WORDS
from services.portal.signin import birth, buckets
from services.portal.signin.buckets import Bucket
from services.portal.signin.visit import go
from services.portal.staff import finding, opening
from services.portal.staff.sessions import Staff
from services.portal.staff.visit import MaybeStaff, SignedIn
from shared.access import Because, Purpose
from shared.db import Row
from shared.wording import Wording

router = APIRouter()
NAME = 80
FOUND_BY_STAFF = Bucket("found-by-staff", 60, 60 / 3600)


@router.get("/staff")
def start(request: Request, staff: MaybeStaff) -> HTMLResponse:
    """Show what is shared with who is signed in; else how to sign in."""
    return page(request, staff)


@router.post("/staff/find")
def find(  # noqa: PLR0913, PLR0917  the fields of a form
    request: Request,
    staff: MaybeStaff,
    name: Annotated[str, Form(max_length=NAME)] = "",
    day: Annotated[str, Form(max_length=8)] = "",
    month: Annotated[str, Form(max_length=8)] = "",
    year: Annotated[str, Form(max_length=8)] = "",
) -> Response:
    """Show who of this name and birth date lets the hospital look; nobody else is found."""
    if staff is None:
        return go("/staff")
    born = birth.read(day, month, year)
    if born is None:
        return page(request, staff, "date", HTTPStatus.UNPROCESSABLE_ENTITY)
    edges = edges_of(request)
    with edges.database.transaction() as connection:
        few = buckets.poured(connection, FOUND_BY_STAFF, str(staff.staff))
    if not few:
        return page(request, staff, "often", HTTPStatus.TOO_MANY_REQUESTS)
    with edges.reading.noting() as noting:
        rows = finding.named(noting, staff, name, born)
    return page(request, staff, found=rows)


@router.post("/staff/open/{grant}")
def opened(request: Request, staff: SignedIn, grant: UUID) -> Response:
    """Open what a patient lets them look at: on the viewer's origin, until they sign out."""
    edges = edges_of(request)
    key = edges.settings.code_key.get_secret_value()
    with edges.database.transaction() as connection:
        secret = opening.opened(
            connection,
            grant,
            staff,
            wording_of(request).language,
            edges.settings.viewing_hours,
            key,
            edges.reading.known,
        )
    if secret is None:
        raise Hidden(Because.ABSENT)
    address = f"{edges.settings.viewer_url}/v/{secret}"
    return RedirectResponse(address, HTTPStatus.SEE_OTHER)


def page(
    request: Request,
    staff: Staff | None,
    error: str = "",
    status: HTTPStatus = HTTPStatus.OK,
    found: list[Row] | None = None,
) -> HTMLResponse:
    """Return the page of staff."""
    edges, wording = edges_of(request), wording_of(request)
    if staff is None:
        return show(request, "staff-door.html", provider=edges.settings.staff_name)
    with edges.reading.noting() as noting:
        mine = finding.mine(noting, staff)
    return show(
        request,
        "staff.html",
        status,
        here="/staff",
        name=staff.name,
        hospitals=staff.hospitals,
        mine=[in_words(row, wording) for row in mine],
        found=None if found is None else [in_words(row, wording) for row in found],
        months=birth.months(wording.language),
        error=error,
    )


def in_words(row: Row, wording: Wording) -> Row:
    """Return a patient's consent as the page shows it."""
    born, ends, language = row["birth_date"], row["ends_at"], wording.language
    return row | {
        "purpose": wording.words.gettext(WORDS[Purpose(row["purpose"])]),
        "name": row["name"] or "?",
        "born": format_date(born, "long", locale=language) if born else "",
        "until": format_date(ends, "long", locale=language) if ends else "",
    }
