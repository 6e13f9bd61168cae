"""From a contact that was proven to a person who is signed in, and what they had come for."""

from services.portal.signin import asking, claims, guarding, helping, people, sessions
from services.portal.signin.claiming import Visitor, contact_of
from services.portal.signin.entries import Actor
from services.portal.signin.guarding import Ward
from services.portal.signin.people import Person
from services.portal.signin.sessions import Started
from shared.db import Connection, Row

BORN = """
    SELECT known.birth_date, known.name, i.site
    FROM access.invitation AS i JOIN catalogue.contact AS known USING (record)
    WHERE i.code_hash = %s
"""


def candidates(connection: Connection, asked: Row) -> list[Person]:
    """Return who may sign in by this request: a family may share one telephone.

    Who came with the code of a letter is one of those who have that patient's birth date.
    """
    born = connection.execute(BORN, (asked["invitation"],)).fetchone()
    if asked["guardian"]:
        born = None  # the patient's, and not theirs
    return people.reached(
        connection, asking.contact_of(asked), born["birth_date"] if born else None
    )


def ward_of(connection: Connection, asked: Row) -> Ward | None:
    """Return whom the invitation is for; None where they have come of age meanwhile."""
    row = connection.execute(BORN, (asked["invitation"],)).fetchone()
    until = guarding.of_age(connection, row["site"], row["birth_date"]) if row else None
    return Ward(row["name"], row["birth_date"], until) if row and until else None


def finish(connection: Connection, asked: Row, person: Person, visitor: Visitor) -> Started:
    """Sign `person` in, close the request, and do what it was made for."""
    asking.use(connection, asked["signin"])
    started = sessions.start(connection, person.person, visitor.device, visitor.days)
    who = Actor(person.person, started.session)
    if asked["invitation"] and (invitation := claims.again(connection, asked["invitation"])):
        reached = contact_of(invitation, visitor.region)
        if not asked["guardian"]:
            claims.claim(connection, invitation, who, reached)
        elif ward := ward_of(connection, asked):
            guarding.hold(connection, invitation, who, ward, reached)
    if asked["helper"] and (invited := helping.opened(connection, helper=asked["helper"])):
        helping.join(connection, invited, who)
    return started
