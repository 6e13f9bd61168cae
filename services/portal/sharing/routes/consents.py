"""Consents that stand: which hospitals may look at my scans, given and narrowed on one page."""

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from services.portal.page import edges_of, show, wording_of
from services.portal.reading import Hidden
from services.portal.sharing import grants, overview
from services.portal.sharing.grants import Consent, Narrower, TooWide
from services.portal.sharing.ledger import Ledger
from services.portal.sharing.presets import DAYS, WORDS
from services.portal.sharing.routes.given import actor, in_words, mine
from services.portal.signin.sessions import Session
from services.portal.signin.visit import SignedIn, go
from services.portal.staff.groups import mapped
from shared.access import Because, Purpose

router = APIRouter()
STANDING = {"organisation", "person"}
SITES = """
    SELECT site, title FROM sites.site WHERE left(site, 8) <> 'brought-'
    ORDER BY title, site LIMIT 500
"""


@router.get("/consents")
def consents(request: Request, session: SignedIn) -> HTMLResponse:
    """Show what stands, and how to give."""
    return page(request, session)


@router.post("/consents")
def give(  # noqa: PLR0913, PLR0917  the fields of a form
    request: Request,
    session: SignedIn,
    site: Annotated[str, Form(max_length=31)],
    purpose: Annotated[Purpose, Form()] = Purpose.TREATMENT,
    actions: Annotated[str, Form(max_length=4)] = "look",
    future: Annotated[str, Form(max_length=3)] = "",
    days: Annotated[str, Form(max_length=3)] = "",
) -> Response:
    """Let a hospital look at everything, from now on."""
    wish = Consent(
        patient=session.person,
        grantee=site,
        keep=actions == "keep",
        future=bool(future),
        term=timedelta(days=int(days)) if days in map(str, DAYS) else None,
        purpose=purpose,
    )
    edges = edges_of(request)
    with edges.database.transaction() as connection:
        ledger = Ledger(connection, edges.reading.known)
        given = grants.consent(ledger, wish, actor(session))
    if given is None:
        return page(request, session, "already", HTTPStatus.CONFLICT)
    return go("/consents")


@router.post("/consents/{grant}/narrow")
def narrow(  # noqa: PLR0913, PLR0917  the fields of a form
    request: Request,
    session: SignedIn,
    grant: UUID,
    keep: Annotated[str, Form(max_length=3)] = "",
    future: Annotated[str, Form(max_length=3)] = "",
    days: Annotated[str, Form(max_length=3)] = "",
) -> Response:
    """Take a part of it back; nothing is ever added by this."""
    term = timedelta(days=int(days)) if days in map(str, DAYS) else None
    less = Narrower(keep=bool(keep), future=bool(future), term=term)
    edges = edges_of(request)
    with edges.database.transaction() as connection:
        row = mine(connection, session, grant)
        ledger = Ledger(connection, edges.reading.known)
        try:
            grants.narrow(ledger, grant, row["person"], less, actor(session))
        except TooWide:
            raise Hidden(Because.NOT_YOURS) from None
    return go("/consents")


def page(
    request: Request, session: Session, error: str = "", status: HTTPStatus = HTTPStatus.OK
) -> HTMLResponse:
    """Return the page."""
    wording = wording_of(request)
    with edges_of(request).database.transaction() as connection:
        rows = overview.listed(connection, actor(session))
        sites = connection.execute(SITES).fetchall()
    _ = wording.words.gettext
    groups = mapped(edges_of(request).settings.staff_groups)
    connected = {site for each in groups.values() for site in each}
    return show(
        request,
        "consents.html",
        status,
        signed_in=True,
        given=[in_words(row, wording) for row in rows if row["grantee_kind"] in STANDING],
        connected=[row["title"] for row in sites if row["site"] in connected],
        sites=sites,
        purposes=[(each.value, _(WORDS[each])) for each in (Purpose.TREATMENT, Purpose.RESEARCH)],
        days=DAYS,
        error=error,
    )
