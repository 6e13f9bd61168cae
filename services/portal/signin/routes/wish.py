"""When would you like to see your results? Asked once, at the claim; to be changed at any time."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from services.portal.page import edges_of, show
from services.portal.signin import wishing
from services.portal.signin.entries import Actor
from services.portal.signin.visit import SignedIn, go
from shared.events import Wish

router = APIRouter()


@router.get("/wish")
def ask(request: Request, session: SignedIn) -> HTMLResponse:
    """Show what there is to choose; at once is chosen where nothing is."""
    with edges_of(request).database.transaction() as connection:
        chosen = wishing.newest(connection, session.person)
    return show(
        request,
        "wish.html",
        HTTPStatus.OK,
        signed_in=True,
        chosen=(chosen or Wish.AT_ONCE).value,
        first=chosen is None,
    )


@router.post("/wish")
def wish(
    request: Request, session: SignedIn, when: Annotated[Wish, Form()] = Wish.AT_ONCE
) -> Response:
    """Keep it, and go on to what is to be seen."""
    with edges_of(request).database.transaction() as connection:
        wishing.wish(connection, Actor(session.person, session.session), when)
    return go("/scans")


@router.post("/scans/{site}/{study_uid}/show")
def show_now(request: Request, session: SignedIn, site: str, study_uid: str) -> Response:
    """Have one scan shown that waits only because its patient wished so."""
    with edges_of(request).database.transaction() as connection:
        wishing.show(connection, Actor(session.person, session.session), site, study_uid)
    return go(f"/scans/{site}/{study_uid}")
