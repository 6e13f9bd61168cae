"""Ask a patient to let me, or my hospital, look: the answer is alike, if there is one or not."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID, uuid4

from babel.dates import format_date
from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, Response

from services.portal.page import edges_of, show, wording_of
from services.portal.sharing import asking
from services.portal.sharing.asking import WORDS as LONGEST
from services.portal.sharing.asking import Wish
from services.portal.sharing.presets import DAYS, WORDS
from services.portal.signin import birth, buckets, contact
from services.portal.signin.buckets import Bucket
from services.portal.signin.visit import go
from services.portal.staff.sessions import Staff
from services.portal.staff.visit import MaybeStaff, SignedIn
from shared.access import Purpose
from shared.db import Row
from shared.wording import Wording

router = APIRouter()
PURPOSES = (Purpose.TREATMENT, Purpose.CARE, Purpose.RESEARCH)
ASKED_BY_STAFF = Bucket("asked-by-staff", 20, 20 / 86_400)


@router.get("/staff/requests")
def requests(request: Request, staff: MaybeStaff) -> Response:
    """Show what was asked before, and the form."""
    return page(request, staff) if staff else go("/staff")


def wish(  # noqa: PLR0913, PLR0917  the fields of a form
    request: Request,
    staff: SignedIn,
    asked: Annotated[UUID, Form()],
    site: Annotated[str, Form(max_length=31)] = "",
    purpose: Annotated[Purpose, Form()] = Purpose.TREATMENT,
    actions: Annotated[str, Form(max_length=4)] = "look",
    future: Annotated[str, Form(max_length=3)] = "",
    days: Annotated[str, Form(max_length=3)] = "",
    words: Annotated[str, Form(max_length=2 * LONGEST)] = "",
    tell: Annotated[str, Form(max_length=320)] = "",
) -> Wish:
    """Read what is asked for; what the form does not offer is as if it had not been said."""
    region = edges_of(request).settings.phone_region
    return Wish(
        request=asked,
        staff=staff.staff,
        session=staff.session,
        site=site if site in staff.sites else None,
        purpose=purpose if purpose in PURPOSES else Purpose.TREATMENT,
        keep=actions == "keep",
        future=bool(future),
        days=int(days) if days in map(str, DAYS) else min(DAYS),
        words=asking.clean(words),
        language=wording_of(request).language,
        told=contact.read(tell.strip(), region) if tell.strip() else None,
    )


@router.post("/staff/requests")
def ask(  # noqa: PLR0913, PLR0917  the fields of a form
    request: Request,
    staff: SignedIn,
    wish: Annotated[Wish, Depends(wish)],
    patient: Annotated[str, Form(max_length=320)] = "",
    day: Annotated[str, Form(max_length=8)] = "",
    month: Annotated[str, Form(max_length=8)] = "",
    year: Annotated[str, Form(max_length=8)] = "",
) -> Response:
    """Ask. The answer is the same, whether there is such a patient or not."""
    edges, born = edges_of(request), birth.read(day, month, year)
    reached = contact.read(patient.strip(), edges.settings.phone_region)
    if born is None or reached is None:
        error = "date" if born is None else "address"
        return page(request, staff, error, HTTPStatus.UNPROCESSABLE_ENTITY)
    with edges.database.transaction() as connection:
        few = buckets.poured(connection, ASKED_BY_STAFF, str(staff.staff))
    if not few:
        return page(request, staff, "often", HTTPStatus.TOO_MANY_REQUESTS)
    with edges.database.transaction() as connection:
        asking.ask(connection, wish, reached, born)
    return go("/staff/requests")


def page(
    request: Request, staff: Staff, error: str = "", status: HTTPStatus = HTTPStatus.OK
) -> HTMLResponse:
    """Return the page, with a fresh identity for what is to be asked."""
    wording = wording_of(request)
    with edges_of(request).database.transaction() as connection:
        rows = asking.of_staff(connection, staff.staff)
    return show(
        request,
        "staff-requests.html",
        status,
        here="/staff/requests",
        asked=[in_words(row, wording) for row in rows],
        fresh=uuid4(),
        sites=list(zip(staff.sites, staff.hospitals, strict=False)),
        purposes=[(each.value, wording.words.gettext(WORDS[each])) for each in PURPOSES],
        days=DAYS,
        months=birth.months(wording.language),
        most=LONGEST,
        error=error,
    )


def in_words(row: Row, wording: Wording) -> Row:
    """Return a request as the page shows it."""
    return row | {
        "purpose": wording.words.gettext(WORDS[Purpose(row["purpose"])]),
        "asked": format_date(row["asked_at"], "long", locale=wording.language),
    }
