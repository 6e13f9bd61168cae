"""Someone who helps me: ask, join, end."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from services.portal.page import edges_of, show
from services.portal.reading import Hidden
from services.portal.signin import (
    asking,
    buckets,
    contact,
    cookies,
    helping,
    people,
    sessions,
    vouching,
)
from services.portal.signin.claiming import Visitor
from services.portal.signin.entries import Actor
from services.portal.signin.helping import Wish
from services.portal.signin.sessions import Session
from services.portal.signin.visit import (
    MaybeSignedIn,
    SignedIn,
    allowed,
    go,
    visitor_of,
)
from shared.access import Because, Rights, codes
from shared.db import Connection

router = APIRouter()

LONGEST = 80  # characters of a name


@router.get("/helpers")
def helpers(request: Request, session: SignedIn) -> HTMLResponse:
    """Show who helps me, whom I help, and how to ask somebody."""
    return listed(request, session)


@router.post("/helpers")
def invite(
    request: Request,
    session: SignedIn,
    name: Annotated[str, Form(max_length=LONGEST)] = "",
    address: Annotated[str, Form(max_length=320)] = "",
    rights: Annotated[Rights, Form()] = Rights.SEE,
) -> Response:
    """Ask somebody to help: they are sent a code."""
    edges = edges_of(request)
    called = " ".join(name.split())
    reached = contact.read(address, edges.settings.phone_region)
    if reached is None or not called or not called.isprintable():
        return listed(request, session, "shape", HTTPStatus.UNPROCESSABLE_ENTITY)
    with edges.database.transaction() as connection:
        few = buckets.poured(connection, buckets.INVITED_BY_PERSON, str(session.person))
    if not few:
        return listed(request, session, "often", HTTPStatus.TOO_MANY_REQUESTS)
    with edges.database.transaction() as connection:
        who = Actor(session.person, session.session)
        asked = helping.invite(connection, who, Wish(called, reached, rights))
    if not asked:
        return listed(request, session, "already", HTTPStatus.CONFLICT)
    return go("/helpers")


@router.post("/helpers/{helper}/end")
def end(request: Request, session: SignedIn, helper: UUID) -> Response:
    """End it, as the patient or as the helper."""
    with edges_of(request).database.transaction() as connection:
        helping.end(connection, helper, Actor(session.person, session.session))
    return go("/helpers")


@router.post("/helpers/{helper}/vouch")
def vouch(request: Request, session: SignedIn, helper: UUID) -> Response:
    """Show a code that lets the patient back in, who has lost their number."""
    edges, who = edges_of(request), Actor(session.person, session.session)
    key = edges.settings.code_key.get_secret_value()
    with edges.database.transaction() as connection:
        patient = vouching.helped(connection, who, helper)
        if patient is None:
            raise Hidden(Because.NOT_YOURS)
        few = buckets.poured(connection, buckets.VOUCHED_BY_PERSON, str(session.person))
        code = vouching.vouch(connection, who, helper, patient, key) if few else ""
    return show(
        request,
        "vouch.html",
        HTTPStatus.OK if few else HTTPStatus.TOO_MANY_REQUESTS,
        here="/helpers",
        signed_in=True,
        name=patient["name"] or "?",
        code=code,
        address=f"{edges.settings.portal_url}/c",
    )


@router.get("/h")
def empty(request: Request, session: MaybeSignedIn) -> HTMLResponse:
    """Ask for the code that a helper was sent."""
    return form(request, session)


@router.post("/h")
def join(
    request: Request, session: MaybeSignedIn, code: Annotated[str, Form(max_length=64)] = ""
) -> Response:
    """Join with a code: signed in already, after signing in, or as somebody new."""
    plain = codes.read(code)
    if plain is None:
        return form(request, session, code, "slip", HTTPStatus.UNPROCESSABLE_ENTITY)
    if not allowed(request):
        return form(request, session, code, "often", HTTPStatus.TOO_MANY_REQUESTS)
    edges = edges_of(request)
    key = edges.settings.code_key.get_secret_value()
    visitor = visitor_of(request, session)
    with edges.database.transaction() as connection:
        answer = joined(request, connection, codes.keyed(key, "helper", plain), visitor)
    return answer or form(request, session, code, "unknown", HTTPStatus.FORBIDDEN)


def joined(
    request: Request, connection: Connection, code_hash: bytes, visitor: Visitor
) -> Response | None:
    """Return where a helper goes from here; None where there is no such invitation."""
    invitation = helping.opened(connection, code_hash)
    if invitation is None:
        return None
    settings = edges_of(request).settings
    if visitor.session is not None:
        who = Actor(visitor.session.person, visitor.session.session)
        return go("/scans") if helping.join(connection, invitation, who) else None
    reached = helping.contact_of(invitation)
    if people.reached(connection, reached):
        purpose = asking.Purpose(helper=invitation["helper"])
        browser = cookies.asking_of(request) or visitor.browser
        signin = asking.ask(
            connection, reached, visitor.language, browser, known=True, purpose=purpose
        )
        if signin is None:
            return form(request, None, "", "often", HTTPStatus.TOO_MANY_REQUESTS)
        page: Response = go(f"/signin/{signin}")
        cookies.asking(page, settings, browser)
        return page
    person = people.make(connection, invitation["name"], visitor.language)
    started = sessions.start(connection, person, visitor.device, visitor.days)
    helping.join(connection, invitation, Actor(person, started.session))
    page = go("/scans")
    cookies.sign_in(page, settings, started.secret)
    return page


def listed(
    request: Request, session: Session, error: str = "", status: HTTPStatus = HTTPStatus.OK
) -> HTMLResponse:
    """Return the page of helpers."""
    with edges_of(request).database.transaction() as connection:
        mine = helping.helpers(connection, session.person)
        helped = helping.helped(connection, session.person)
    return show(
        request,
        "helpers.html",
        status,
        signed_in=True,
        helpers=[row | {"shown": contact.masked(helping.contact_of(row))} for row in mine],
        helped=helped,
        error=error,
    )


def form(
    request: Request,
    session: Session | None,
    code: str = "",
    error: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HTMLResponse:
    """Return the form that asks for a helper's code."""
    return show(
        request,
        "helpers-join.html",
        status,
        signed_in=session is not None,
        name=session.name if session else "",
        code=code,
        error=error,
    )
