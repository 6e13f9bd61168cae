"""The page of whoever holds a link: what is shared, and the birth date that opens it."""

from http import HTTPStatus
from typing import Annotated

import structlog
from babel.dates import format_date
from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.portal.page import edges_of, show, wording_of
from services.portal.sharing import links
from services.portal.sharing.links import Door, Guest, Opened, Role, Wrong
from services.portal.sharing.presets import ROLES, WORDS
from services.portal.signin import birth
from services.portal.signin.visit import allowed, device_of
from shared.access import Purpose

log = structlog.get_logger()
router = APIRouter()
LONGEST = 512  # characters of a link
NAME = 80


@router.get("/s")
def empty(request: Request) -> HTMLResponse:
    """Ask for the link: a script puts it in from behind the #, which no server has seen."""
    return show(request, "guest-door.html", error="")


@router.post("/s")
def landing(request: Request, said: Annotated[str, Form(max_length=LONGEST)] = "") -> HTMLResponse:
    """Say what is shared. Nothing is used up by this, and nobody is told."""
    if not few(request, said):
        return again(request)
    return page(request, said)


@router.post("/s/open")
def opened(  # noqa: PLR0913, PLR0917  the fields of a form
    request: Request,
    said: Annotated[str, Form(max_length=LONGEST)] = "",
    day: Annotated[str, Form(max_length=8)] = "",
    month: Annotated[str, Form(max_length=8)] = "",
    year: Annotated[str, Form(max_length=8)] = "",
    name: Annotated[str, Form(max_length=NAME)] = "",
    role: Annotated[Role, Form()] = Role.OTHER,
) -> Response:
    """Open it with the patient's birth date, a name and a role."""
    called, born = " ".join(name.split()), birth.read(day, month, year)
    if not called or not called.isprintable() or born is None:
        error = "date" if born is None else "name"
        return page(request, said, error, HTTPStatus.UNPROCESSABLE_ENTITY, name=called)
    edges = edges_of(request)
    if not few(request, said):
        return again(request)
    key = edges.settings.code_key.get_secret_value()
    guest = Guest(called, role, device_of(request), wording_of(request).language)
    with edges.database.transaction() as connection:
        came = links.opened(
            connection,
            door(request, said),
            born,
            guest,
            edges.settings.viewing_hours,
            key,
            edges.reading.known,
        )
    log.info("share_tried", outcome=type(came).__name__.lower())
    match came:
        case Opened():
            address = f"{edges.settings.viewer_url}/v/{came.viewing}"
            return RedirectResponse(address, HTTPStatus.SEE_OTHER)
        case Wrong(left) if left:
            return page(request, said, "wrong", HTTPStatus.FORBIDDEN, name=called, left=left)
    return unknown(request)


def door(request: Request, said: str) -> Door:
    """Return what was brought."""
    return links.door(said, edges_of(request).settings.code_key.get_secret_value())


def few(request: Request, said: str) -> bool:
    """Count a try at a short code; a link's 256 bits nobody guesses."""
    return door(request, said).code is None or allowed(request)


def again(request: Request) -> HTMLResponse:
    """Ask for patience."""
    return show(request, "guest-door.html", HTTPStatus.TOO_MANY_REQUESTS, error="often")


def unknown(request: Request) -> HTMLResponse:
    """Answer alike for what was guessed, has ended, is used up, locked, or was taken back."""
    return show(request, "guest-door.html", HTTPStatus.NOT_FOUND, error="unknown")


def page(  # noqa: PLR0913  all that the page shows
    request: Request,
    said: str,
    error: str = "",
    status: HTTPStatus = HTTPStatus.OK,
    *,
    name: str = "",
    left: int = 0,
) -> HTMLResponse:
    """Return the page that says what is shared, with what is wrong."""
    edges, wording = edges_of(request), wording_of(request)
    with edges.database.transaction() as connection:
        row = links.landing(connection, door(request, said), edges.reading.known)
    if row is None:
        return unknown(request)
    _ = wording.words.gettext
    return show(
        request,
        "guest-landing.html",
        status,
        said=said,
        who=(row["name"] or "") if row["named"] else "",
        purpose=_(WORDS[Purpose(row["purpose"])]),
        until=format_date(row["ends_at"], "long", locale=wording.language),
        studies=row["studies"],
        keep=row["keep"],
        months=birth.months(wording.language),
        roles=[(code, _(text)) for code, text in ROLES.items()],
        name=name,
        error=error,
        left=left,
    )
