"""I have been here before: a message with a link and six digits, and what answers to both."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

import structlog
from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from services.portal.page import edges_of, show
from services.portal.signin import (
    asking,
    buckets,
    ceremony,
    contact,
    cookies,
    people,
    sessions,
    wishing,
)
from services.portal.signin.asking import Verdict
from services.portal.signin.claiming import Visitor
from services.portal.signin.finishing import candidates, finish
from services.portal.signin.people import Person
from services.portal.signin.visit import (
    MaybeSignedIn,
    SignedIn,
    few_enough,
    go,
    visitor_of,
)
from shared import metrics
from shared.access import codes
from shared.db import Connection, Row

log = structlog.get_logger()
router = APIRouter()

SECRET = 64  # characters of a link's token or a proof, at most
# From the start, so that the first of a kind is an increase too.
for _verdict in Verdict:
    metrics.SIGNINS.labels(outcome=_verdict.value)


@dataclass(frozen=True, slots=True)
class Entered:
    """The contact is proven: who is signed in, or who of several is to be asked."""

    secret: str = ""
    several: tuple[Person, ...] = ()
    proof: str = ""
    onwards: str = "/scans"


@router.get("/signin")
def empty(request: Request, session: MaybeSignedIn) -> Response:
    """Ask for a number or an address."""
    return go("/scans") if session else form(request)


@router.post("/signin")
def ask(request: Request, address: Annotated[str, Form(max_length=320)] = "") -> Response:
    """Have a message sent where we know it; the answer is the same where we do not."""
    edges = edges_of(request)
    reached = contact.read(address, edges.settings.phone_region)
    if reached is None:
        return form(request, address, "shape", HTTPStatus.UNPROCESSABLE_ENTITY)
    visitor = visitor_of(request, None)
    browser = cookies.asking_of(request) or visitor.browser  # an earlier message works here too
    with edges.database.transaction() as connection:
        few = few_enough(request, connection, buckets.ASKED_BY_CLIENT)
    with edges.database.transaction() as connection:
        known = bool(people.reached(connection, reached))
        signin = few and asking.ask(connection, reached, visitor.language, browser, known=known)
    if not signin:
        return form(request, address, "often", HTTPStatus.TOO_MANY_REQUESTS)
    page = go(f"/signin/{signin}")
    cookies.asking(page, edges.settings, browser)
    return page


@router.get("/signin/{signin}")
def digits(request: Request, signin: UUID) -> HTMLResponse:
    """Ask for the six digits; also of a request that there is not."""
    return asked_for_digits(request, signin)


@router.post("/signin/{signin}")
def enter(
    request: Request, signin: UUID, code: Annotated[str, Form(max_length=16)] = ""
) -> Response:
    """Try six digits."""
    plain = "".join(code.split())
    if not (plain.isascii() and plain.isdigit() and len(plain) == codes.DIGITS):
        return asked_for_digits(request, signin, "slip", HTTPStatus.UNPROCESSABLE_ENTITY)
    edges = edges_of(request)
    key = edges.settings.code_key.get_secret_value()
    with edges.database.transaction() as connection:
        verdict, asked = asking.by_digits(connection, signin, plain, key)
        entered = asked and let_in(request, connection, asked)
    noted(verdict)
    if entered:
        return inside(request, signin, entered)
    return asked_for_digits(request, signin, verdict.value, HTTPStatus.FORBIDDEN)


@router.get("/l")
def link(request: Request) -> HTMLResponse:
    """Ask whether it is really they who opened the link: what opens links must sign nobody in."""
    return show(request, "signin-link.html", ended=False)


@router.post("/l")
def follow(request: Request, token: Annotated[str, Form(max_length=SECRET)] = "") -> Response:
    """Take a link's token in the browser that asked; in another one the six digits are due."""
    edges = edges_of(request)
    entered = None
    with edges.database.transaction() as connection:
        asked = asking.by_link(connection, token)
        if asked and asking.asked_here(asked, cookies.asking_of(request)):
            entered = let_in(request, connection, asked)
    if asked is None:
        noted(Verdict.ENDED)
        return show(request, "signin-link.html", HTTPStatus.FORBIDDEN, ended=True)
    if entered is None:
        return go(f"/signin/{asked['signin']}")
    noted(Verdict.RIGHT)
    return inside(request, asked["signin"], entered)


@router.post("/signin/{signin}/who")
def choose(
    request: Request,
    signin: UUID,
    person: Annotated[UUID, Form()],
    proof: Annotated[str, Form(max_length=SECRET)],
) -> Response:
    """Sign in the one of a family who says so, once their contact is proven."""
    visitor = visitor_of(request, None)
    with edges_of(request).database.transaction() as connection:
        asked = asking.by_proof(connection, signin, proof)
        found = [] if asked is None else candidates(connection, asked)
        chosen = next((each for each in found if each.person == person), None)
        if asked is None or chosen is None:
            return asked_for_digits(request, signin, "ended", HTTPStatus.FORBIDDEN)
        entered = entry(connection, asked, chosen, visitor)
    return inside(request, signin, entered)


@router.post("/signout")
def leave(request: Request, session: SignedIn) -> Response:
    """End this session, and the viewings that it opened."""
    edges = edges_of(request)
    with edges.database.transaction() as connection:
        sessions.end(connection, session.person, session.session)
    page = go("/")
    cookies.sign_out(page, edges.settings)
    return page


def let_in(request: Request, connection: Connection, asked: Row) -> Entered | None:
    """Sign in the one whose contact it is, or have several choose; None where it is nobody's."""
    found = [] if asked["adds"] else candidates(connection, asked)
    if len(found) > 1:
        proof = asking.prove(connection, asked["signin"])
        return Entered(several=tuple(found), proof=proof)
    if not found:
        return None
    return entry(connection, asked, found[0], visitor_of(request, None))


def entry(connection: Connection, asked: Row, person: Person, visitor: Visitor) -> Entered:
    """Sign `person` in; who has claimed a record by it may have to say when they want results."""
    started = finish(connection, asked, person, visitor)
    if asked["invitation"] is None:
        return Entered(started.secret)
    return Entered(started.secret, onwards=wishing.onwards(connection, person.person))


def inside(request: Request, signin: UUID, entered: Entered) -> Response:
    """Return my scans, or the page that asks who of a family it is."""
    if entered.several:
        return show(
            request,
            "signin-who.html",
            signin=signin,
            people=entered.several,
            proof=entered.proof,
        )
    page = go(entered.onwards)
    cookies.sign_in(page, edges_of(request).settings, entered.secret)
    return page


def form(
    request: Request, address: str = "", error: str = "", status: HTTPStatus = HTTPStatus.OK
) -> HTMLResponse:
    """Return the form that asks for a number or an address."""
    settings = edges_of(request).settings
    return show(
        request,
        "signin.html",
        status,
        address=address,
        error=error,
        passkeys=ceremony.party(settings.portal_url) is not None,
        staff=bool(settings.staff_issuer),
        provider=settings.identity_name,
    )


def asked_for_digits(
    request: Request, signin: UUID, error: str = "", status: HTTPStatus = HTTPStatus.OK
) -> HTMLResponse:
    """Return the form that asks for the six digits, and says what is wrong with them."""
    return show(request, "signin-digits.html", status, signin=signin, error=error)


def noted(verdict: Verdict) -> None:
    """Count and log a try; never whose."""
    metrics.SIGNINS.labels(outcome=verdict.value).inc()
    log.info("signin_tried", outcome=verdict.value)
