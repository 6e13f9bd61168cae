"""Requests to look: who asks, for what and how long; approved, perhaps narrower, or declined."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from babel.dates import format_date
from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, Response

from services.portal.page import edges_of, show, wording_of
from services.portal.pages import plain
from services.portal.reading import Hidden
from services.portal.sharing import deciding, earlier
from services.portal.sharing.deciding import Already, Given
from services.portal.sharing.grants import TooWide
from services.portal.sharing.ledger import Ledger
from services.portal.sharing.presets import DAYS, WORDS
from services.portal.sharing.routes.given import actor, day
from services.portal.signin.sessions import Session
from services.portal.signin.visit import SignedIn, go
from shared.access import Because, Named, Purpose
from shared.db import Connection, Row
from shared.wording import Wording

router = APIRouter()
PATH = "/requests/{asked}"


def said(
    which: Annotated[str, Form(max_length=10)] = "",
    study: Annotated[list[str] | None, Form(max_length=200)] = None,
    keep: Annotated[str, Form(max_length=3)] = "",
    future: Annotated[str, Form(max_length=3)] = "",
    days: Annotated[str, Form(max_length=3)] = "",
) -> Given:
    """Read the form; what it does not offer is as if the least had been said."""
    named = frozenset(pair(each) for each in study or ())
    return Given(
        studies=None if which == "everything" else named,
        keep=bool(keep),
        future=bool(future),
        days=int(days) if days in map(str, DAYS) else min(DAYS),
    )


def pair(text: str) -> Named:
    """Return which study a box of the form is of."""
    site, _, study_uid = text.replace("\0", "").partition("|")
    return site, study_uid


@router.get("/requests")
def requests(request: Request, session: SignedIn) -> HTMLResponse:
    """Show who asks, and what came of what was asked before."""
    wording = wording_of(request)
    with edges_of(request).database.transaction() as connection:
        rows = deciding.inbox(connection, session.person)
    asked = [in_words(row, wording) for row in rows]
    return show(request, "requests.html", signed_in=True, asked=asked)


@router.get(PATH)
def one(request: Request, session: SignedIn, asked: UUID) -> HTMLResponse:
    """Show one, and how to answer."""
    return page(request, session, asked)


@router.post(PATH + "/approve")
def approve(
    request: Request, session: SignedIn, asked: UUID, given: Annotated[Given, Depends(said)]
) -> Response:
    """Give what was asked for, or the part of it that is said."""
    edges = edges_of(request)
    try:
        with edges.database.transaction() as connection:
            row = theirs(connection, session, asked)
            ledger = Ledger(connection, edges.reading.known)
            grant = deciding.approve(ledger, row, given, actor(session))
    except Already:
        return page(request, session, asked, "already", HTTPStatus.CONFLICT)
    except TooWide:
        return page(request, session, asked, "none", HTTPStatus.UNPROCESSABLE_ENTITY)
    return go(f"/shared/{grant}" if grant else f"/requests/{asked}")


@router.post(PATH + "/decline")
def decline(request: Request, session: SignedIn, asked: UUID) -> Response:
    """Decline it. Again is nothing."""
    with edges_of(request).database.transaction() as connection:
        row = theirs(connection, session, asked)
        try:
            deciding.decline(connection, row, actor(session))
        except TooWide:
            raise Hidden(Because.NOT_YOURS) from None
    return go("/requests")


def theirs(connection: Connection, session: Session, asked: UUID) -> Row:
    """Return a request that the session's person may answer.

    Raises:
        Hidden: it is not theirs, or is not there.

    """
    row = deciding.one(connection, session.person, asked)
    if row is None:
        raise Hidden(Because.ABSENT)
    return row


def page(
    request: Request,
    session: Session,
    asked: UUID,
    error: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HTMLResponse:
    """Return the page of one request."""
    wording = wording_of(request)
    with edges_of(request).database.transaction() as connection:
        row = theirs(connection, session, asked)
        rows = connection.execute(earlier.STUDIES, (row["person"],)).fetchall()
    return show(
        request,
        "request.html",
        status,
        here="/requests",
        signed_in=True,
        each=in_words(row, wording),
        scans=[scan(one, wording) for one in rows],
        days=[number for number in DAYS if number <= row["days"]],
        error=error,
    )


def scan(row: Row, wording: Wording) -> dict[str, str]:
    """Return a scan as a box of the form shows it."""
    title = plain.title(
        row["modalities"], row["body_parts"], row["description"], wording.words.gettext
    )
    date = row["study_date"]
    made = format_date(date, "long", locale=wording.language) if date else ""
    told = " · ".join(filter(None, (title, made)))
    return {"value": f"{row['site']}|{row['study_uid']}", "told": told}


def in_words(row: Row, wording: Wording) -> Row:
    """Return a request as pages show it."""
    return row | {
        "purpose": wording.words.gettext(WORDS[Purpose(row["purpose"])]),
        "asked": day(row["asked_at"], wording),
        "answered": day(row["answered_at"], wording) if row["answered_at"] else "",
        "waits": row["answer"] is None and not row["over"],
    }
