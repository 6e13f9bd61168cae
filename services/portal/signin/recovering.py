"""Back in by a desk's sheet or a helper's code, for who lost their number: the same person."""

from uuid import UUID, uuid4

from services.portal.logbook import SCHEMA
from services.portal.signin import claims, entries, passkeys, sessions
from services.portal.signin.entries import Actor
from services.portal.signin.identity import bindings
from services.portal.signin.sessions import Started
from shared import outbox
from shared.access import Because
from shared.db import Connection, Row
from shared.events import PersonRecovered

SINCE = "UPDATE access.person SET recovered_at = clock_timestamp() WHERE person = %s"
END_ALL = """
    UPDATE access.session SET ended_at = clock_timestamp()
    WHERE person = %s AND ended_at IS NULL
"""
# Whoever had the account may have made one.
END_ADDRESSES = "DELETE FROM access.address WHERE patient = %s"
# To every way that is known, and not only to the newest: one of them is still the owner's.
NOTICES = """
    INSERT INTO access.notice (cause, person, site, helper, channel, address)
    SELECT %(recovery)s, person, %(site)s, %(helper)s, channel, address FROM access.contact
    WHERE person = %(person)s AND ended_at IS NULL
"""


def recover(
    connection: Connection, invitation: Row, person: UUID, device: str, days: float
) -> Started:
    """Sign `person` in here and nowhere else, and have all their numbers and addresses told."""
    connection.execute(claims.USE, (invitation["record"],))
    connection.execute(END_ALL, (person,))
    connection.execute(END_ADDRESSES, (person,))
    passkeys.end_all(connection, person)
    bindings.end_all(connection, person)
    connection.execute(SINCE, (person,))
    started = sessions.start(connection, person, device, days)
    who = Actor(person, started.session)
    action = "recovered" if invitation["vouched_by"] is None else "recovered-by-helper"
    entries.write_all(connection, person, who, action, Because.OWN)
    recovery = uuid4()
    told = {
        "recovery": recovery,
        "person": person,
        "site": invitation["site"],
        "helper": invitation["vouched_by"],
    }
    connection.execute(NOTICES, told)
    outbox.put(connection, SCHEMA, PersonRecovered(recovery=recovery, person=person))
    return started
