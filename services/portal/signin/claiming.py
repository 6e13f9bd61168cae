"""From a code and a birth date to a person who is signed in, in one transaction."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from uuid import UUID

from services.portal.signin import asking, claims, contact, people, recovering, sessions, wishing
from services.portal.signin.claims import Tried, Verdict
from services.portal.signin.contact import Contact
from services.portal.signin.entries import Actor
from services.portal.signin.sessions import Session, Started
from shared.db import Connection, Row


class How(StrEnum):
    """What somebody said whose number or address we know already."""

    ASK = ""
    SIGN_IN = "sign-in"  # it is I
    ANEW = "anew"  # it is somebody else in the family


class Outcome(StrEnum):
    """What is to be shown."""

    CLAIMED = "claimed"
    KNOWN = "known"  # by that address, with that birth date: sign in first?
    ASKED = "asked"  # a message to sign in is on its way
    OFTEN = "often"  # asked for too often
    REFUSED = "refused"  # see the verdict


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is at the page, and with what."""

    session: Session | None
    device: str  # of `browser.named`
    language: str
    browser: str = field(repr=False)  # what only this browser will hold
    days: float = 30  # a session lasts
    region: str = "US"  # of numbers that do not say theirs


@dataclass(frozen=True, slots=True)
class Answer:
    """How it went."""

    outcome: Outcome
    tried: Tried
    contact: Contact | None = None  # of the invitation
    started: Started | None = None
    signin: UUID | None = None
    language: str | None = None  # of the patient
    asks: bool = False  # when they want to see results: they never said
    unreached: bool = False  # by a sheet: no number or address is proven by it


class Taken(Exception):
    """The record was claimed by somebody else a moment ago; the transaction is to be undone."""


def settle(
    connection: Connection, code_hash: bytes, birth_date: date, how: How, visitor: Visitor
) -> Answer:
    """Try the code, and give the record to whoever is signed in, or else to a new person.

    Raises:
        Taken: nothing of it holds.

    """
    tried = claims.tried(connection, code_hash, birth_date)
    if tried.verdict is not Verdict.RIGHT or tried.invitation is None or tried.patient is None:
        return Answer(Outcome.REFUSED, tried)
    invited = contact_of(tried.invitation, visitor.region)
    if tried.invitation["recovers"] and (owner := claims.owner(connection, tried.invitation)):
        told = (visitor.device, visitor.days)
        started = recovering.recover(connection, tried.invitation, owner, *told)
        return Answer(Outcome.CLAIMED, tried, started=started, unreached=True)
    if visitor.session is not None:
        who = Actor(visitor.session.person, visitor.session.session)
        give(connection, tried.invitation, who, invited)
        return Answer(Outcome.CLAIMED, tried, asks=wishing.due(connection, who.person))
    if how is not How.ANEW and invited and people.reached(connection, invited, birth_date):
        if how is How.ASK:
            return Answer(Outcome.KNOWN, tried, invited)
        purpose = asking.Purpose(invitation=code_hash)
        signin = asking.ask(
            connection, invited, visitor.language, visitor.browser, known=True, purpose=purpose
        )
        return Answer(Outcome.ASKED if signin else Outcome.OFTEN, tried, invited, signin=signin)
    language = tried.patient["language"] or visitor.language
    person = people.make(connection, tried.patient["name"], language)
    started = sessions.start(connection, person, visitor.device, visitor.days)
    give(connection, tried.invitation, Actor(person, started.session), invited)
    return Answer(
        Outcome.CLAIMED,
        tried,
        started=started,
        language=language,
        asks=True,
        unreached=invited is None,
    )


def give(connection: Connection, invitation: Row, who: Actor, invited: Contact | None) -> None:
    """Claim the record for `who`.

    Raises:
        Taken: somebody has it.

    """
    if not claims.claim(connection, invitation, who, invited):
        raise Taken


def contact_of(invitation: Row, region: str) -> Contact | None:
    """Return where an invitation was sent, as it is kept; None for a printed one."""
    return contact.read(invitation["address"], region) if invitation["address"] else None
