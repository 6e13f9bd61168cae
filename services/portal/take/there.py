"""The routes of "put it on a computer": the code here, and the page that takes it there."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

import structlog
from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import HTMLResponse, Response

from services.portal.credential import LONGEST
from services.portal.page import edges_of, show, wording_of
from services.portal.reading import Hidden
from services.portal.signin import birth, buckets
from services.portal.signin.visit import ByCookie, SignedIn, allowed
from services.portal.take import elsewhere
from services.portal.take.elsewhere import Let, Wrong
from services.portal.take.routes import mine, sent
from shared.access import Because, codes

log = structlog.get_logger()
router = APIRouter()
DOOR = "/d"


@router.post("/take/{take}/code")
def code(request: Request, session: SignedIn, credential: ByCookie, take: UUID) -> HTMLResponse:
    """Show a code for one download of a take on another computer."""
    edges = edges_of(request)
    mine(request, credential, take)
    key = edges.settings.code_key.get_secret_value()
    with edges.database.transaction() as connection:
        few = buckets.poured(connection, buckets.ELSEWHERE_BY_PERSON, str(session.person))
        made = elsewhere.mint(connection, take, session.session, key) if few else ""
    return show(
        request,
        "take-code.html",
        HTTPStatus.OK if few else HTTPStatus.TOO_MANY_REQUESTS,
        signed_in=True,
        here="/scans",
        code=made,
        take=take,
        short=edges.settings.portal_url.partition("://")[2].rstrip("/") + DOOR,
    )


@router.get(DOOR)
def empty(request: Request) -> HTMLResponse:
    """Ask for the code."""
    return form(request)


@router.post(DOOR)
def opened(
    request: Request,
    said: Annotated[str, Form(alias="code", max_length=64)] = "",
    day: Annotated[str, Form(max_length=8)] = "",
    month: Annotated[str, Form(max_length=8)] = "",
    year: Annotated[str, Form(max_length=8)] = "",
) -> HTMLResponse:
    """Take code and birth date, and show the address of the file."""
    plain, born = codes.read(said), birth.read(day, month, year)
    if plain is None or born is None:
        error = "slip" if plain is None else "date"
        return form(request, error, HTTPStatus.UNPROCESSABLE_ENTITY)
    if not allowed(request):
        return form(request, "often", HTTPStatus.TOO_MANY_REQUESTS)
    edges = edges_of(request)
    key = edges.settings.code_key.get_secret_value()
    with edges.database.transaction() as connection:
        came = elsewhere.opened(connection, elsewhere.hashed(key, plain), born)
    log.info("take_tried_elsewhere", outcome=type(came).__name__.lower())
    match came:
        case Let(secret):
            return show(request, "take-there.html", address=f"{DOOR}/{secret}/scans.zip")
        case Wrong(left) if left:
            return form(request, "wrong", HTTPStatus.FORBIDDEN)
    return form(request, "unknown", HTTPStatus.NOT_FOUND)


def form(request: Request, error: str = "", status: HTTPStatus = HTTPStatus.OK) -> HTMLResponse:
    """Return the page that asks for a code."""
    months = birth.months(wording_of(request).language)
    return show(request, "take-door.html", status, error=error, months=months)


@router.api_route(DOOR + "/{secret}/scans.zip", methods=["GET", "HEAD"])
def send(request: Request, secret: Annotated[str, Path(max_length=LONGEST)]) -> Response:
    """Send the ZIP, or a range of it, as to whoever showed the code.

    Raises:
        Hidden: there is no such address, its time is over, or who showed the code may not any more.

    """
    with edges_of(request).database.transaction() as connection:
        found = elsewhere.found(connection, secret)
    if found is None:
        raise Hidden(Because.ABSENT)
    take, credential = found
    return sent(request, credential, take)
