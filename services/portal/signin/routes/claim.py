"""I have a code: the page that takes it, with the birth date."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from http import HTTPStatus
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, Response

from services.portal.page import LANGUAGE, edges_of, show, wording_of
from services.portal.signin import birth, cookies
from services.portal.signin.claiming import Answer, How, Outcome, Taken, Visitor, settle
from services.portal.signin.claims import Tried, Verdict
from services.portal.signin.contact import masked
from services.portal.signin.desk import desk_of
from services.portal.signin.sessions import Session
from services.portal.signin.visit import MaybeSignedIn, allowed, go, visitor_of
from shared import metrics
from shared.access import codes

log = structlog.get_logger()
router = APIRouter()

# From the start, so that the first of a kind is an increase too.
for _told in {*Outcome, *Verdict} - {Outcome.REFUSED}:
    metrics.CLAIMS.labels(outcome=_told.value)
NOBODY = Answer(Outcome.REFUSED, Tried(Verdict.UNKNOWN))


@dataclass(frozen=True, slots=True)
class Said:
    """What the form says, as it was typed."""

    code: str = ""
    day: str = ""
    month: str = ""
    year: str = ""
    how: How = How.ASK
    name: str = ""  # of who looks after the patient


def said(  # noqa: PLR0913, PLR0917  each is a field of the form
    code: Annotated[str, Form(max_length=64)] = "",
    day: Annotated[str, Form(max_length=8)] = "",
    month: Annotated[str, Form(max_length=8)] = "",
    year: Annotated[str, Form(max_length=8)] = "",
    how: Annotated[How, Form()] = How.ASK,
    name: Annotated[str, Form(max_length=80)] = "",
) -> Said:
    """Read the form."""
    return Said(code, day, month, year, how, " ".join(name.split()))


@router.get("/claim")
@router.get("/c")
def empty(request: Request, session: MaybeSignedIn) -> Response:
    """Show the form; a script puts the code of the link into it, which no server has seen."""
    return form(request, session, Said())


@router.post("/claim")
def claim(
    request: Request, session: MaybeSignedIn, said: Annotated[Said, Depends(said)]
) -> Response:
    """Try what was said."""
    code, birth_date = codes.read(said.code), birth.read(said.day, said.month, said.year)
    if code is None or birth_date is None:
        error = "slip" if code is None else "date"
        return form(request, session, said, error, HTTPStatus.UNPROCESSABLE_ENTITY)
    if not allowed(request):
        return form(request, session, said, "often", HTTPStatus.TOO_MANY_REQUESTS)
    if said.how is How.GUARDIAN and not (session or (said.name and said.name.isprintable())):
        return minor(request, session, said, HTTPStatus.UNPROCESSABLE_ENTITY)
    visitor = replace(visitor_of(request, session), name=said.name)
    answer = settled(request, code, birth_date, said.how, visitor)
    told = answer.tried.verdict if answer.outcome is Outcome.REFUSED else answer.outcome
    metrics.CLAIMS.labels(outcome=told.value).inc()
    log.info("claim_tried", outcome=told.value, site=answer.tried.site or None)
    return shown(request, said, answer, visitor)


def settled(request: Request, code: str, birth_date: date, how: How, visitor: Visitor) -> Answer:
    """Return how the try went, committed."""
    edges = edges_of(request)
    key = edges.settings.code_key.get_secret_value()
    with suppress(Taken), edges.database.transaction() as connection:
        return settle(connection, codes.keyed(key, "invitation", code), birth_date, how, visitor)
    return NOBODY


def shown(request: Request, said: Said, answer: Answer, visitor: Visitor) -> Response:
    """Return the page that says how it went."""
    settings = edges_of(request).settings
    match answer.outcome:
        case Outcome.CLAIMED:
            page: Response = go(answer.onwards)
            if answer.started:
                cookies.sign_in(page, settings, answer.started.secret)
            if answer.language and LANGUAGE not in request.cookies:
                cookies.speak(page, settings, answer.language)
            return page
        case Outcome.ASKED:
            page = go(f"/signin/{answer.signin}")
            cookies.asking(page, settings, visitor.browser)
            return page
        case Outcome.KNOWN:
            contact = masked(answer.contact) if answer.contact else ""
            return show(request, "claim-known.html", contact=contact, said=said)
        case Outcome.MINOR:
            return minor(request, visitor.session, said)
        case Outcome.OFTEN:
            return form(request, None, said, "often", HTTPStatus.TOO_MANY_REQUESTS)
        case Outcome.REFUSED:
            return refused(request, visitor.session, said, answer.tried)


def minor(
    request: Request, session: Session | None, said: Said, status: HTTPStatus = HTTPStatus.OK
) -> HTMLResponse:
    """Return the page that asks whether it is the patient, or who looks after them."""
    return show(
        request,
        "claim-minor.html",
        status,
        signed_in=session is not None,
        said=said,
        error=status is not HTTPStatus.OK,
    )


def refused(request: Request, session: Session | None, said: Said, tried: Tried) -> Response:
    """Return the page that says why not: whom to call, or the form again."""
    if tried.verdict in {Verdict.LOCKED, Verdict.UNDATED}:
        language = wording_of(request).language
        with edges_of(request).database.transaction() as connection:
            desk = desk_of(connection, tried.site, language)
        locked = tried.verdict is Verdict.LOCKED
        return show(request, "claim-call.html", HTTPStatus.FORBIDDEN, desk=desk, locked=locked)
    status = HTTPStatus.FORBIDDEN
    return form(request, session, said, tried.verdict.value, status, left=tried.left)


def form(  # noqa: PLR0913, PLR0917  all that the page shows
    request: Request,
    session: Session | None,
    said: Said,
    error: str = "",
    status: HTTPStatus = HTTPStatus.OK,
    left: int = 0,
) -> HTMLResponse:
    """Return the form, with what was typed before and what is wrong with it."""
    return show(
        request,
        "claim.html",
        status,
        signed_in=session is not None,
        name=session.name if session else "",
        months=birth.months(wording_of(request).language),
        said=said,
        error=error,
        left=left,
    )
