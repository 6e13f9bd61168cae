"""When would you like to see your results? Asked once, at the claim; to be changed at any time."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from services.portal.page import edges_of, show
from services.portal.reading import Hidden
from services.portal.signin import guarding, wishing
from services.portal.signin.entries import Actor
from services.portal.signin.sessions import Session
from services.portal.signin.visit import SignedIn, go
from shared.access import Because
from shared.db import Connection
from shared.events import Wish

router = APIRouter()


@router.get("/wish")
def ask(request: Request, session: SignedIn) -> HTMLResponse:
    """Show what there is to choose; at once is chosen where nothing is."""
    return asked(request, session, None)


@router.post("/wish")
def wish(
    request: Request, session: SignedIn, when: Annotated[Wish, Form()] = Wish.AT_ONCE
) -> Response:
    """Keep it, and go on to what is to be seen."""
    return kept(request, session, when, None)


@router.get("/wish/{child}")
def ask_for(request: Request, session: SignedIn, child: UUID) -> HTMLResponse:
    """Show the same to the guardian of somebody."""
    return asked(request, session, child)


@router.post("/wish/{child}")
def wish_for(
    request: Request,
    session: SignedIn,
    child: UUID,
    when: Annotated[Wish, Form()] = Wish.AT_ONCE,
) -> Response:
    """Keep what a guardian wishes for them."""
    return kept(request, session, when, child)


def asked(request: Request, session: Session, child: UUID | None) -> HTMLResponse:
    """Return the page; for `child` only to their guardian.

    Raises:
        Hidden: somebody else's.

    """
    with edges_of(request).database.transaction() as connection:
        allowed(connection, session, child)
        chosen = wishing.newest(connection, child or session.person)
    return show(
        request,
        "wish.html",
        HTTPStatus.OK,
        signed_in=True,
        chosen=(chosen or Wish.AT_ONCE).value,
        first=chosen is None,
        action=f"/wish/{child}" if child else "/wish",
    )


def kept(request: Request, session: Session, when: Wish, child: UUID | None) -> Response:
    """Keep a wish.

    Raises:
        Hidden: it is for somebody whose guardian they are not.

    """
    with edges_of(request).database.transaction() as connection:
        allowed(connection, session, child)
        wishing.wish(connection, Actor(session.person, session.session), when, child)
    return go("/scans")


def allowed(connection: Connection, session: Session, child: UUID | None) -> None:
    """See that one may wish for `child`.

    Raises:
        Hidden: one may not.

    """
    if child is not None and not guarding.holds(connection, session.person, child):
        raise Hidden(Because.NOT_YOURS)


@router.post("/scans/{site}/{study_uid}/show")
def show_now(request: Request, session: SignedIn, site: str, study_uid: str) -> Response:
    """Have one scan shown that waits only because its patient wished so."""
    with edges_of(request).database.transaction() as connection:
        wishing.show(connection, Actor(session.person, session.session), site, study_uid)
    return go(f"/scans/{site}/{study_uid}")
