"""Staff sign in by their hospital's provider, which says their name and groups, and sign out."""

from http import HTTPStatus
from typing import Annotated

import structlog
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.portal.page import edges_of, show
from services.portal.signin import buckets, cookies
from services.portal.signin.identity import Refused, bindings
from services.portal.signin.identity.bindings import Errand
from services.portal.signin.visit import few_enough, go
from services.portal.staff import groups, sessions, visit
from services.portal.staff.groups import Member
from shared import metrics
from shared.access import codes

log = structlog.get_logger()
router = APIRouter()

Said = Annotated[str, Query(max_length=4096)]  # characters; how long a code is, is the provider's


@router.post("/staff/signin")
def leave(request: Request) -> Response:
    """Send somebody to the provider."""
    edges, provider = edges_of(request), visit.provider_of(request)
    browser = cookies.asking_of(request) or codes.token()
    with edges.database.transaction() as connection:
        few = few_enough(request, connection, buckets.PROOFS_OF_CLIENT)
    if not few:
        return said(request, "often", HTTPStatus.TOO_MANY_REQUESTS)
    provider.told()  # nobody is sent away while it does not answer
    with edges.database.transaction() as connection:
        state = bindings.ask(connection, codes.hashed(browser), None, staff=True)
    errand = errand_of(request, state)
    address = provider.address(errand.state, errand.nonce, errand.verifier)
    page = said(request, "", HTTPStatus.OK, address)
    cookies.asking(page, edges.settings, browser)
    return page


@router.get("/staff/back")
def back(request: Request, state: Said = "", code: Said = "", iss: Said = "") -> Response:
    """Take somebody back, and sign them in where a group of theirs is a hospital's staff."""
    edges, provider = edges_of(request), visit.provider_of(request)
    holders = [codes.hashed(cookies.asking_of(request))]
    with edges.database.transaction() as connection:
        left = bindings.back(connection, state, holders, staff=True)
    if left is None:
        return refused(request, "ended")
    if not code:
        return refused(request, "unsaid")  # they went back, or the provider said no
    try:
        provider.came(iss)
        errand = errand_of(request, state)
        claims = provider.claims(code, errand.nonce, errand.verifier)
    except Refused:
        return refused(request, "refused")
    told = edges.settings
    member = groups.member(claims, told.staff_claim, told.staff_groups)
    return entered(request, member) if member else refused(request, "nobody")


def entered(request: Request, member: Member) -> Response:
    """Sign `member` in."""
    edges, issuer = edges_of(request), visit.provider_of(request).issuer
    staff = sessions.identified(edges.settings.code_key.get_secret_value(), issuer, member)
    with edges.database.transaction() as connection:
        started = sessions.start(connection, staff, member, edges.settings.staff_minutes)
    noted("right")
    page = go("/staff")
    visit.keep(page, edges.settings, started.secret)
    return page


@router.post("/staff/signout")
def leave_off(request: Request) -> Response:
    """Sign out, on this side: who is still signed in at the provider may come back at once."""
    edges = edges_of(request)
    visit.provider_of(request)
    with edges.database.transaction() as connection:
        sessions.end(connection, visit.secret_of(request))
    page = go("/staff")
    visit.forget(page, edges.settings)
    return page


def refused(request: Request, outcome: str) -> Response:
    """Return the page that says why nobody was signed in."""
    noted(outcome)
    return said(request, outcome, HTTPStatus.FORBIDDEN)


def said(request: Request, outcome: str, status: HTTPStatus, address: str = "") -> Response:
    """Return the page of the way there and back."""
    return show(
        request,
        "staff-identity.html",
        status,
        here="/staff",
        provider=edges_of(request).settings.staff_name,
        outcome=outcome,
        address=address,
    )


def errand_of(request: Request, state: str) -> Errand:
    """Return what goes with a state."""
    return bindings.errand(edges_of(request).settings.code_key.get_secret_value(), state, "staff")


def noted(outcome: str) -> None:
    """Count and log how it went; never whose."""
    metrics.SIGNINS.labels(outcome=f"staff-{outcome}").inc()
    log.info("signin_tried", outcome=f"staff-{outcome}")
