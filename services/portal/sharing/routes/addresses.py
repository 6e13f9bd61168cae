"""Connect your own viewer: an address is made, shown once with what to type where, and ended."""

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from services.portal.page import edges_of, show, wording_of
from services.portal.sharing import addresses
from services.portal.sharing.ledger import Ledger
from services.portal.sharing.presets import DAYS
from services.portal.sharing.routes.given import actor, day, moment
from services.portal.signin import buckets
from services.portal.signin.buckets import Bucket
from services.portal.signin.sessions import Session
from services.portal.signin.visit import SignedIn, go

router = APIRouter()
NAME = 80
MOST = 20  # addresses that stand
MADE_BY_PERSON = Bucket("address-by-person", 20, 20 / 86_400)


@router.get("/viewers")
def viewers(request: Request, session: SignedIn) -> HTMLResponse:
    """Show what stands, and how to make one."""
    return page(request, session)


@router.post("/viewers")
def made(
    request: Request,
    session: SignedIn,
    grant: Annotated[UUID, Form()],
    called: Annotated[str, Form(max_length=NAME)] = "",
    days: Annotated[str, Form(max_length=3)] = "",
) -> Response:
    """Make an address; it is shown now, and never again."""
    edges, name = edges_of(request), " ".join(called.split())
    if not name or not name.isprintable():
        return page(request, session, "name", HTTPStatus.UNPROCESSABLE_ENTITY)
    term = timedelta(days=int(days)) if days in map(str, DAYS) else None
    with edges.database.transaction() as connection:
        few = buckets.poured(connection, MADE_BY_PERSON, str(session.person))
        if not few or len(addresses.standing(connection, session.person)) >= MOST:
            return page(request, session, "often", HTTPStatus.TOO_MANY_REQUESTS)
        ledger = Ledger(connection, edges.reading.known)
        secret = addresses.make(ledger, grant, name, term, actor(session))
    if secret is None:
        return go("/viewers")
    return show(
        request,
        "viewer-address.html",
        signed_in=True,
        name=name,
        grant=grant,
        client=address(edges.settings.viewer_url, secret),
        door=f"{edges.settings.portal_url.rstrip('/')}/dicomweb/me",
        secret=secret,
    )


def address(viewer_url: str, secret: str) -> str:
    """Return the DICOMweb address in whose path a program's secret stands."""
    return f"{viewer_url.rstrip('/')}/v/{secret}/dicomweb/me"


def page(
    request: Request, session: Session, error: str = "", status: HTTPStatus = HTTPStatus.OK
) -> HTMLResponse:
    """Return the page, with a fresh identity for what is to be made."""
    wording = wording_of(request)
    with edges_of(request).database.transaction() as connection:
        rows = addresses.standing(connection, session.person)
    return show(
        request,
        "viewers.html",
        status,
        signed_in=True,
        made=[
            row
            | {
                "until": day(row["ends_at"], wording) if row["ends_at"] else "",
                "last": moment(row["last"], wording) if row["last"] else "",
            }
            for row in rows
        ],
        grant=uuid4(),
        days=DAYS,
        error=error,
    )
