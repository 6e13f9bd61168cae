"""Sign in by a national or hospital identity: there, and back with who somebody is."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

import structlog
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.portal.page import edges_of, show
from services.portal.reading import Hidden
from services.portal.signin import buckets, cookies, sessions, wishing
from services.portal.signin.entries import Actor
from services.portal.signin.identity import Provider, Refused, bindings
from services.portal.signin.identity.bindings import Errand
from services.portal.signin.sessions import Session
from services.portal.signin.visit import (
    ByCookie,
    MaybeSignedIn,
    SignedIn,
    few_enough,
    go,
    visitor_of,
)
from shared import metrics
from shared.access import Because, codes

log = structlog.get_logger()
router = APIRouter()

Said = Annotated[str, Query(max_length=4096)]  # characters; how long a code is, is the provider's


@router.post("/identity")
def leave(request: Request) -> Response:
    """Send somebody to the provider, to sign in."""
    edges = edges_of(request)
    browser = cookies.asking_of(request) or codes.token()
    with edges.database.transaction() as connection:
        few = few_enough(request, connection, buckets.PROOFS_OF_CLIENT)
    if not few:
        return said(request, None, "often", HTTPStatus.TOO_MANY_REQUESTS)
    page = sent(request, None, codes.hashed(browser))
    cookies.asking(page, edges.settings, browser)
    return page


@router.post("/settings/identity")
def connect(request: Request, session: SignedIn, by_cookie: ByCookie) -> Response:
    """Send who is signed in to the provider, to connect who they are there."""
    return sent(request, session, by_cookie.session or b"")


@router.post("/settings/identity/{identity}/end")
def end(request: Request, session: SignedIn, identity: UUID) -> Response:
    """Take the connection out."""
    with edges_of(request).database.transaction() as connection:
        bindings.end(connection, Actor(session.person, session.session), identity)
    return go("/settings")


@router.get("/identity/back")
def back(  # noqa: PLR0913, PLR0917  each is what a provider's answer says
    request: Request,
    session: MaybeSignedIn,
    by_cookie: ByCookie,
    state: Said = "",
    code: Said = "",
    iss: Said = "",
) -> Response:
    """Take somebody back: sign them in, or connect them where that was what they left for."""
    edges, provider = edges_of(request), provider_of(request)
    holders = [codes.hashed(cookies.asking_of(request)), by_cookie.session or b""]
    with edges.database.transaction() as connection:
        left = bindings.back(connection, state, holders)
    if left is None:
        return ended(request, session, "ended")
    if left["person"] is not None and (session is None or session.person != left["person"]):
        return ended(request, session, "ended")
    try:
        provider.came(iss)
        errand = errand_of(request, state)
        subject = provider.subject(code, errand.nonce, errand.verifier) if code else ""
    except Refused:
        return ended(request, session, "refused")
    if not subject:
        return ended(request, session, "unsaid")  # they went back, or the provider said no
    key = edges.settings.code_key.get_secret_value()
    hashed = codes.keyed(key, f"identity|{provider.issuer}", subject)
    if session is not None and left["person"] is not None:
        return connected(request, session, hashed)
    return entered(request, hashed)


def entered(request: Request, subject_hash: bytes) -> Response:
    """Sign in who has connected this identity; nobody is known by anything else that it says."""
    edges, visitor = edges_of(request), visitor_of(request, None)
    with edges.database.transaction() as connection:
        person = bindings.known(connection, provider_of(request).issuer, subject_hash)
        if person is not None:
            started = sessions.start(connection, person, visitor.device, visitor.days)
            onwards = wishing.onwards(connection, person)
    if person is None:
        return ended(request, None, "unknown")
    noted("right")
    page = go(onwards)
    cookies.sign_in(page, edges.settings, started.secret)
    return page


def connected(request: Request, session: Session, subject_hash: bytes) -> Response:
    """Connect the identity with who is signed in, unless it is somebody else's."""
    who, issuer = Actor(session.person, session.session), provider_of(request).issuer
    with edges_of(request).database.transaction() as connection:
        bound = bindings.bind(connection, who, issuer, subject_hash)
    return go("/settings") if bound else ended(request, session, "taken")


def sent(request: Request, session: Session | None, holder: bytes) -> Response:
    """Return the page that says where they are going, and leads there."""
    edges, provider = edges_of(request), provider_of(request)
    provider.told()  # nobody is sent away while it does not answer
    with edges.database.transaction() as connection:
        state = bindings.ask(connection, holder, session.person if session else None)
    errand = errand_of(request, state)
    address = provider.address(errand.state, errand.nonce, errand.verifier)
    return said(request, session, "", HTTPStatus.OK, address)


def ended(request: Request, session: Session | None, outcome: str) -> Response:
    """Return the page that says why nobody was signed in or connected."""
    noted(outcome)
    return said(request, session, outcome, HTTPStatus.FORBIDDEN)


def said(
    request: Request,
    session: Session | None,
    outcome: str,
    status: HTTPStatus,
    address: str = "",
) -> Response:
    """Return the page of the way there and back."""
    return show(
        request,
        "identity.html",
        status,
        here="/settings" if session else "/signin",
        signed_in=session is not None,
        provider=edges_of(request).settings.identity_name,
        outcome=outcome,
        address=address,
    )


def errand_of(request: Request, state: str) -> Errand:
    """Return what goes with a state."""
    return bindings.errand(edges_of(request).settings.code_key.get_secret_value(), state)


def provider_of(request: Request) -> Provider:
    """Return the provider.

    Raises:
        Hidden: none is configured.

    """
    provider = edges_of(request).identity
    if provider is None:
        raise Hidden(Because.ABSENT)
    return provider


def noted(outcome: str) -> None:
    """Count and log how it went; never whose."""
    metrics.SIGNINS.labels(outcome=f"identity-{outcome}").inc()
    log.info("signin_tried", outcome=f"identity-{outcome}")
