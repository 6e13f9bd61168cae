"""From a code and a birth date to a person who is signed in, in one transaction."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from uuid import UUID

from services.portal.signin import (
    asking,
    claims,
    contact,
    guarding,
    people,
    recovering,
    sessions,
    wishing,
)
from services.portal.signin.claims import Tried, Verdict
from services.portal.signin.contact import Contact
from services.portal.signin.entries import Actor
from services.portal.signin.guarding import Ward
from services.portal.signin.sessions import Session, Started
from shared.db import Connection, Row


class How(StrEnum):
    """What somebody said whose number or address we know already."""

    ASK = ""
    SIGN_IN = "sign-in"  # it is I
    ANEW = "anew"  # it is somebody else in the family
    SELF = "self"  # the patient, who is not of age
    GUARDIAN = "guardian"  # who looks after the patient


REACH = "/contact"  # a sheet proves no number or address


class Outcome(StrEnum):
    """What is to be shown."""

    CLAIMED = "claimed"
    MINOR = "minor"  # the patient is not of age: is it they, or who looks after them?
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
    name: str = ""  # of who looks after the patient, as they say it


@dataclass(frozen=True, slots=True)
class Answer:
    """How it went."""

    outcome: Outcome
    tried: Tried
    contact: Contact | None = None  # of the invitation
    started: Started | None = None
    signin: UUID | None = None
    language: str | None = None  # of the patient
    onwards: str = "/scans"  # the page that follows


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
    until = guarding.of_age(connection, tried.site, birth_date)
    if until is not None and how is How.ASK:
        return Answer(Outcome.MINOR, tried)
    if until is not None and how is How.GUARDIAN:
        ward = Ward(tried.patient["name"], birth_date, until)
        return guarded(connection, tried, tried.invitation, ward, visitor)
    return proven(connection, tried, tried.invitation, how, visitor)


def proven(
    connection: Connection, tried: Tried, invitation: Row, how: How, visitor: Visitor
) -> Answer:
    """Let the patient in, who has proven code and birth date.

    Raises:
        Taken: nothing of it holds.

    """
    patient = tried.patient or {}
    invited = contact_of(invitation, visitor.region)
    if invitation["recovers"] and (owner := claims.owner(connection, invitation)):
        told = (visitor.device, visitor.days)
        started = recovering.recover(connection, invitation, owner, *told)
        return Answer(Outcome.CLAIMED, tried, started=started, onwards=REACH)
    if visitor.session is not None:
        who = Actor(visitor.session.person, visitor.session.session)
        give(connection, invitation, who, invited)
        return Answer(Outcome.CLAIMED, tried, onwards=wishing.onwards(connection, who.person))
    if (
        how is not How.ANEW
        and invited
        and people.reached(connection, invited, patient["birth_date"])
    ):
        if how is not How.SIGN_IN:
            return Answer(Outcome.KNOWN, tried, invited)
        purpose = asking.Purpose(invitation=bytes(invitation["code_hash"]))
        signin = asking.ask(
            connection, invited, visitor.language, visitor.browser, known=True, purpose=purpose
        )
        return Answer(Outcome.ASKED if signin else Outcome.OFTEN, tried, invited, signin=signin)
    language = patient["language"] or visitor.language
    person = people.make(connection, patient["name"], language)
    started = sessions.start(connection, person, visitor.device, visitor.days)
    give(connection, invitation, Actor(person, started.session), invited)
    return Answer(
        Outcome.CLAIMED,
        tried,
        started=started,
        language=language,
        onwards=wishing.onwards(connection, person) if invited else REACH,
    )


def guarded(
    connection: Connection, tried: Tried, invitation: Row, ward: Ward, visitor: Visitor
) -> Answer:
    """Let who is at the page hold the patient: signed in, after signing in, or as somebody new.

    Raises:
        Taken: nothing of it holds.

    """
    invited, started = contact_of(invitation, visitor.region), None
    if visitor.session is not None:
        who = Actor(visitor.session.person, visitor.session.session)
    elif invited and people.reached(connection, invited):
        purpose = asking.Purpose(invitation=bytes(invitation["code_hash"]), guardian=True)
        signin = asking.ask(
            connection, invited, visitor.language, visitor.browser, known=True, purpose=purpose
        )
        return Answer(Outcome.ASKED if signin else Outcome.OFTEN, tried, invited, signin=signin)
    else:
        person = people.make(connection, visitor.name, visitor.language)
        started = sessions.start(connection, person, visitor.device, visitor.days)
        who = Actor(person, started.session)
    child = guarding.hold(connection, invitation, who, ward, invited)
    if child is None:
        raise Taken
    reach = started is not None and invited is None
    page = REACH if reach else wishing.onwards(connection, who.person)
    return Answer(Outcome.CLAIMED, tried, started=started, onwards=page)


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
