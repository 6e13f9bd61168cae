"""Sign in with finger or face: the pages on which a script asks the device's own key."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

import structlog
from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from services.portal.page import edges_of, show
from services.portal.reading import Hidden
from services.portal.signin import buckets, ceremony, cookies, passkeys, sessions, wishing
from services.portal.signin.ceremony import Party
from services.portal.signin.entries import Actor
from services.portal.signin.passkeys import Verdict
from services.portal.signin.sessions import Session
from services.portal.signin.visit import ByCookie, SignedIn, device_of, few_enough, go, visitor_of
from shared import metrics
from shared.access import Because, codes

log = structlog.get_logger()
router = APIRouter()

Answer = Annotated[str, Form(max_length=32_768)]  # characters of JSON, with an attestation


@router.post("/passkey")
def ask(request: Request) -> Response:
    """Ask the device for a passkey of ours."""
    return asked(request)


@router.post("/passkey/answer")
def enter(request: Request, answer: Answer = "") -> Response:
    """Sign in whose passkey has answered."""
    ours, edges = party_of(request), edges_of(request)
    holder, visitor = codes.hashed(cookies.asking_of(request)), visitor_of(request, None)
    with edges.database.transaction() as connection:
        verdict, person = passkeys.tried(connection, ours, holder, answer)
        if person is not None:
            started = sessions.start(connection, person, visitor.device, visitor.days)
            onwards = wishing.onwards(connection, person)
    metrics.SIGNINS.labels(outcome=verdict.value).inc()
    log.info("signin_tried", outcome=verdict.value)
    if person is None:
        return asked(request, verdict, HTTPStatus.FORBIDDEN)
    page = go(onwards)
    cookies.sign_in(page, edges.settings, started.secret)
    return page


@router.post("/settings/passkeys")
def offer(request: Request, session: SignedIn, by_cookie: ByCookie) -> Response:
    """Ask the device for a new passkey."""
    return adding(request, session, by_cookie.session or b"")


@router.post("/settings/passkeys/add")
def add(request: Request, session: SignedIn, by_cookie: ByCookie, answer: Answer = "") -> Response:
    """Keep the new passkey."""
    ours, who = party_of(request), Actor(session.person, session.session)
    holder = by_cookie.session or b""
    with edges_of(request).database.transaction() as connection:
        added = passkeys.add(connection, ours, who, holder, device_of(request), answer)
    if not added:
        return adding(request, session, holder, HTTPStatus.FORBIDDEN)
    return go("/settings")


@router.post("/settings/passkeys/later")
def later(request: Request, session: SignedIn) -> Response:
    """Offer it no more."""
    with edges_of(request).database.transaction() as connection:
        passkeys.decline(connection, session.person)
    return go("/scans")


@router.post("/settings/passkeys/{passkey}/end")
def end(request: Request, session: SignedIn, passkey: UUID) -> Response:
    """Take one out."""
    with edges_of(request).database.transaction() as connection:
        passkeys.end(connection, Actor(session.person, session.session), passkey)
    return go("/settings")


def asked(
    request: Request, verdict: Verdict | None = None, status: HTTPStatus = HTTPStatus.OK
) -> Response:
    """Return the page that asks for a passkey, with why the last answer was none."""
    ours, edges = party_of(request), edges_of(request)
    browser = cookies.asking_of(request) or codes.token()
    with edges.database.transaction() as connection:
        if not few_enough(request, connection, buckets.PROOFS_OF_CLIENT):
            return show(
                request,
                "signin.html",
                HTTPStatus.TOO_MANY_REQUESTS,
                here="/signin",
                address="",
                error="often-passkey",
                passkeys=False,
                provider="",
                staff=False,
            )
        challenge = passkeys.challenge(connection, codes.hashed(browser), None)
    options = ceremony.to_sign_in(ours, challenge)
    error = verdict.value if verdict else ""
    page = show(request, "passkey.html", status, here="/signin", options=options, error=error)
    cookies.asking(page, edges.settings, browser)
    return page


def adding(
    request: Request, session: Session, holder: bytes, status: HTTPStatus = HTTPStatus.OK
) -> HTMLResponse:
    """Return the page that asks for a new passkey."""
    ours = party_of(request)
    with edges_of(request).database.transaction() as connection:
        known = [bytes(row["credential"]) for row in passkeys.listed(connection, session.person)]
        challenge = passkeys.challenge(connection, holder, session.person)
    return show(
        request,
        "passkey-add.html",
        status,
        here="/settings",
        signed_in=True,
        options=ceremony.to_add(ours, challenge, session.person.bytes, session.name, known),
        error=status is not HTTPStatus.OK,
    )


def party_of(request: Request) -> Party:
    """Return for whom passkeys are here.

    Raises:
        Hidden: nobody; browsers know none at an address like ours.

    """
    ours = ceremony.party(edges_of(request).settings.portal_url)
    if ours is None:
        raise Hidden(Because.ABSENT)
    return ours
