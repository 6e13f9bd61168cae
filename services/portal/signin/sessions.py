"""Sessions: a device on which somebody has signed in, until they end it or it ends."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from services.portal.facts import Credential
from shared.access import codes
from shared.db import Connection, Row

OPEN = """
    INSERT INTO access.session (secret_hash, person, browser, ends_at)
    VALUES (%s, %s, %s, clock_timestamp() + %s) RETURNING session
"""
OF = """
    SELECT session, person, p.name, p.language
    FROM access.session AS s JOIN access.person AS p USING (person)
    WHERE secret_hash = %s AND ended_at IS NULL AND ends_at > clock_timestamp()
"""
# At most each five minutes, so that reading does not become writing.
SEEN = """
    UPDATE access.session SET seen_at = clock_timestamp()
    WHERE session = %s AND seen_at < clock_timestamp() - interval '5 minutes'
"""
LISTED = """
    SELECT session, browser, opened_at, seen_at FROM access.session
    WHERE person = %s AND ended_at IS NULL AND ends_at > clock_timestamp()
    ORDER BY seen_at DESC, session
"""
END = """
    UPDATE access.session SET ended_at = clock_timestamp()
    WHERE person = %s AND session = %s AND ended_at IS NULL
"""
END_OTHERS = """
    UPDATE access.session SET ended_at = clock_timestamp()
    WHERE person = %s AND session <> %s AND ended_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Session:
    """Who is signed in."""

    session: UUID
    person: UUID
    name: str
    language: str | None


@dataclass(frozen=True, slots=True)
class Started:
    """A session, and the secret for its cookie, which is kept nowhere else."""

    session: UUID
    secret: str = field(repr=False)


def start(connection: Connection, person: UUID, browser: str, days: float) -> Started:
    """Sign `person` in for `days`."""
    secret = codes.token()
    told = (codes.hashed(secret), person, browser, timedelta(days=days))
    (row,) = connection.execute(OPEN, told).fetchall()
    return Started(row["session"], secret)


def current(connection: Connection, credential: Credential) -> Session | None:
    """Return who is signed in, as committed now."""
    row = connection.execute(OF, (credential.session,)).fetchone()
    if row is None:
        return None
    connection.execute(SEEN, (row["session"],))
    return Session(row["session"], row["person"], row["name"] or "", row["language"])


def devices(connection: Connection, person: UUID) -> list[Row]:
    """Return where a person is signed in."""
    return connection.execute(LISTED, (person,)).fetchall()


def end(connection: Connection, person: UUID, session: UUID) -> None:
    """End one session of `person`: nothing can be read with it, nor with its viewings."""
    connection.execute(END, (person, session))


def end_others(connection: Connection, session: Session) -> None:
    """End all of a person's sessions but this one."""
    connection.execute(END_OTHERS, (session.person, session.session))
