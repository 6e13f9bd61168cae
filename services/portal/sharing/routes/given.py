"""What I have shared: the list, one share with who came, and the button that takes it back."""

from datetime import datetime
from uuid import UUID

from babel.dates import format_date, format_datetime
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from services.portal.page import edges_of, show, wording_of
from services.portal.pages import plain
from services.portal.reading import Hidden
from services.portal.sharing import answered, answers, deciding, grants, links, overview
from services.portal.sharing.ledger import Ledger
from services.portal.sharing.presets import OWN_VIEWER, PROVEN, ROLES, WORDS
from services.portal.sharing.routes.sharing import shown
from services.portal.sharing.square import square
from services.portal.signin.entries import Actor
from services.portal.signin.sessions import Session
from services.portal.signin.visit import SignedIn, go
from shared.access import Because, Purpose
from shared.db import Connection, Row
from shared.wording import Wording

router = APIRouter()


@router.get("/shared")
def shared(request: Request, session: SignedIn) -> HTMLResponse:
    """Show all that was shared and is shared."""
    wording = wording_of(request)
    with edges_of(request).database.transaction() as connection:
        rows = overview.listed(connection, actor(session))
        waiting = deciding.waiting(connection, session.person)
    given = [in_words(row, wording) for row in rows]
    return show(request, "shared.html", signed_in=True, given=given, waiting=waiting)


@router.get("/shared/{grant}")
def one(request: Request, session: SignedIn, grant: UUID) -> HTMLResponse:
    """Show one grant and who came by it; of one that has ended this is the receipt."""
    wording = wording_of(request)
    with edges_of(request).database.transaction() as connection:
        found = overview.receipt(connection, mine(connection, session, grant))
        said = answers.of_grant(connection, grant)
    _ = wording.words.gettext
    return show(
        request,
        "shared-one.html",
        signed_in=True,
        each=in_words(found.grant, wording),
        guests=[came(row, wording) for row in found.guests if row["role"] != OWN_VIEWER],
        answers=[answered.in_words(row, wording) for row in said],
        scans=[
            plain.title(row["modalities"], row["body_parts"], row["description"], _)
            + (f" · {day(row['study_date'], wording)}" if row["study_date"] else "")
            for row in found.scans
        ],
    )


@router.post("/shared/{grant}/end")
def end(request: Request, session: SignedIn, grant: UUID) -> Response:
    """Take it back: from the commit on nothing is read by it. Again is nothing."""
    edges = edges_of(request)
    with edges.database.transaction() as connection:
        row = mine(connection, session, grant)
        ledger = Ledger(connection, edges.reading.known)
        grants.withdraw(ledger, grant, row["person"], actor(session))
    return go(f"/shared/{grant}")


@router.post("/shared/{grant}/code")
def code(request: Request, session: SignedIn, grant: UUID) -> Response:
    """Show a code for a computer that cannot read the link."""
    edges = edges_of(request)
    key = edges.settings.code_key.get_secret_value()
    with edges.database.transaction() as connection:
        mine(connection, session, grant)
        made = links.visit_code(connection, grant, key)
    if made is None:
        return go(f"/shared/{grant}")
    short = f"{edges.settings.portal_url.rstrip('/')}/s"
    return show(
        request,
        "share-code.html",
        signed_in=True,
        code=made,
        short=short,
        grant=grant,
        qr=square(f"{short}#{made}"),
    )


@router.post("/shared/{grant}/link")
def link(request: Request, session: SignedIn, grant: UUID) -> Response:
    """Show another link to the same: the first one cannot be shown again."""
    edges = edges_of(request)
    with edges.database.transaction() as connection:
        row = mine(connection, session, grant)
        if row["kind"] != "share" or not row["stands"]:
            return go(f"/shared/{grant}")
        secret = links.mint(connection, grant, wording_of(request).language)
    return shown(request, grant, secret, sent=False)


def mine(connection: Connection, session: Session, grant: UUID) -> Row:
    """Return a grant that the session's person may take back.

    Raises:
        Hidden: it is not theirs, or is not there.

    """
    row = overview.one(connection, actor(session), grant)
    if row is None:
        raise Hidden(Because.ABSENT)
    return row


def actor(session: Session) -> Actor:
    """Return who is signed in."""
    return Actor(session.person, session.session)


def in_words(row: Row, wording: Wording) -> Row:
    """Return a grant as pages show it."""
    _ = wording.words.gettext
    return row | {
        "purpose": _(WORDS[Purpose(row["purpose"])]),
        "given": moment(row["given_at"], wording),
        "until": moment(row["ends_at"], wording) if row["ends_at"] else "",
        "ended": moment(row["ended_at"], wording) if row["ended_at"] else "",
    }


def came(row: Row, wording: Wording) -> Row:
    """Return a guest as pages show them."""
    role = (ROLES | PROVEN)[row["role"]]
    return {
        "name": row["name"],
        "role": wording.words.gettext(role),
        "opened": moment(row["opened_at"], wording),
        "last": moment(row["last"], wording) if row["last"] else "",
        "copied": row["copied"],
        "refused": moment(row["refused"], wording) if row["refused"] else "",
    }


def moment(when: datetime, wording: Wording) -> str:
    """Return a time as people write it, by UTC: whose clock it is stands beside it."""
    return f"{format_datetime(when, 'medium', locale=wording.language)} UTC"


def day(when: datetime, wording: Wording) -> str:
    """Return a day as people write it."""
    return format_date(when, "long", locale=wording.language)
