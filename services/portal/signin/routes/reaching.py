"""How you sign in: one more number or address, proven by six digits, and one fewer."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from services.portal.page import edges_of, show
from services.portal.signin import asking, buckets, contact, entries, people, wishing
from services.portal.signin.asking import Purpose, Verdict
from services.portal.signin.contact import Contact
from services.portal.signin.entries import Actor
from services.portal.signin.sessions import Session
from services.portal.signin.visit import SignedIn, few_enough, go, visitor_of
from shared.access import Because, codes
from shared.db import Connection
from shared.events import Channel

router = APIRouter()


@router.get("/contact")
def empty(request: Request, session: SignedIn) -> HTMLResponse:
    """Ask for a number or an address."""
    return form(request, session)


@router.post("/contact")
def ask(
    request: Request, session: SignedIn, address: Annotated[str, Form(max_length=320)] = ""
) -> Response:
    """Have six digits sent there."""
    edges = edges_of(request)
    reached = contact.read(address, edges.settings.phone_region)
    if reached is None:
        return form(request, session, address, "shape", HTTPStatus.UNPROCESSABLE_ENTITY)
    visitor, purpose = visitor_of(request, session), Purpose(adds=session.person)
    with edges.database.transaction() as connection:
        few = few_enough(request, connection, buckets.ASKED_BY_CLIENT)
    with edges.database.transaction() as connection:
        asked = few and asking.ask(
            *(connection, reached, visitor.language, visitor.browser), known=True, purpose=purpose
        )
    if not asked:
        return form(request, session, address, "often", HTTPStatus.TOO_MANY_REQUESTS)
    return go(f"/contact/{asked}")


@router.get("/contact/{asked}")
def digits(request: Request, session: SignedIn, asked: UUID) -> HTMLResponse:
    """Ask for the six digits."""
    return typed(request, session, asked)


@router.post("/contact/{asked}")
def prove(
    request: Request,
    session: SignedIn,
    asked: UUID,
    code: Annotated[str, Form(max_length=16)] = "",
) -> Response:
    """Try six digits: they prove the number or address for who asked, and for nobody else."""
    plain = "".join(code.split())
    if not (plain.isascii() and plain.isdigit() and len(plain) == codes.DIGITS):
        return typed(request, session, asked, "slip", HTTPStatus.UNPROCESSABLE_ENTITY)
    edges = edges_of(request)
    key = edges.settings.code_key.get_secret_value()
    with edges.database.transaction() as connection:
        verdict, row = asking.by_digits(connection, asked, plain, key)
        if row is not None and row["adds"] == session.person:
            asking.use(connection, asked)
            people.prove(connection, session.person, asking.contact_of(row))
            noted(connection, session, "contact-added")
            return go(wishing.onwards(connection, session.person))
    error = Verdict.ENDED if verdict is Verdict.RIGHT else verdict
    return typed(request, session, asked, error.value, HTTPStatus.FORBIDDEN)


@router.post("/settings/contacts/end")
def end(
    request: Request,
    session: SignedIn,
    channel: Annotated[Channel, Form()],
    address: Annotated[str, Form(max_length=320)],
) -> Response:
    """Let a number or address sign nobody in any more, unless it is the last."""
    with edges_of(request).database.transaction() as connection:
        if people.end(connection, session.person, Contact(channel, address)):
            noted(connection, session, "contact-ended")
    return go("/settings")


def noted(connection: Connection, session: Session, action: str) -> None:
    """Write into the logs of their records that they have changed how they sign in."""
    who = Actor(session.person, session.session)
    entries.write_all(connection, session.person, who, action, Because.OWN)


def form(
    request: Request,
    session: Session,
    address: str = "",
    error: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HTMLResponse:
    """Return the form that asks for a number or an address."""
    with edges_of(request).database.transaction() as connection:
        later = wishing.onwards(connection, session.person)
        known = bool(people.contacts(connection, session.person))
    return show(
        request,
        "contact.html",
        status,
        signed_in=True,
        address=address,
        error=error,
        later=later,
        known=known,
    )


def typed(
    request: Request,
    _session: Session,
    asked: UUID,
    error: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HTMLResponse:
    """Return the form that asks for the six digits."""
    return show(request, "contact-digits.html", status, signed_in=True, asked=asked, error=error)
