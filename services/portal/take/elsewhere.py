"""Put it on a computer: one take, fetched where nobody is signed in, by a code and a birth date."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID, uuid4

from services.portal.facts import Credential
from services.portal.signin import entries
from services.portal.signin.entries import Actor
from shared.access import Because, codes
from shared.db import Connection, Row

TERM = timedelta(minutes=10)  # in which the code is typed
HOURS = timedelta(hours=12)  # in which a slow line saves what the code gave
TRIES = 5  # birth dates a code

MINT = """
    INSERT INTO access.elsewhere (code_hash, take, session, expires_at)
    VALUES (%s, %s, %s, clock_timestamp() + %s)
"""
# The try is taken first, so that it counts exactly under parallel guessing.
TRY = """
    UPDATE access.elsewhere SET tries = tries + 1
    WHERE code_hash = %s AND used_at IS NULL AND expires_at > clock_timestamp() AND tries < %s
    RETURNING take, session, tries
"""
BORN = """
    SELECT DISTINCT known.birth_date FROM access.take_study AS t
        JOIN catalogue.study USING (site, study_uid)
        JOIN catalogue.contact AS known USING (record)
    WHERE t.take = %s AND known.birth_date IS NOT NULL
"""
USE = """
    UPDATE access.elsewhere SET used_at = clock_timestamp(), secret_hash = %s,
        ends_at = clock_timestamp() + %s
    WHERE code_hash = %s
"""
# While the session lasts in which the code was shown: whoever ends it ends this.
FOUND = """
    SELECT e.take, s.secret_hash FROM access.elsewhere AS e JOIN access.session AS s USING (session)
    WHERE e.secret_hash = %s AND e.ends_at > clock_timestamp()
"""
RECORDS = """
    SELECT DISTINCT study.record, claim.person AS owner FROM access.take_study AS t
        JOIN catalogue.study USING (site, study_uid)
        JOIN access.claim USING (record)
    WHERE t.take = %s AND claim.ended_at IS NULL ORDER BY study.record
"""
WHO = "SELECT person FROM access.session WHERE session = %s"
NOTICE = """
    INSERT INTO access.notice (cause, person, kind, channel, address)
    SELECT %s, person, 'elsewhere', channel, address FROM access.contact
    WHERE person = ANY (%s) AND ended_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Let:
    """What the code gave: the secret of an address, which is kept nowhere else."""

    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Wrong:
    """A birth date that is not the patient's; `left` tries remain."""

    left: int


def mint(connection: Connection, take: UUID, session: UUID, key: str) -> str:
    """Return a code for a take, to be typed soon, once."""
    code = codes.invitation()
    connection.execute(MINT, (hashed(key, code.replace("-", "")), take, session, TERM))
    return code


def hashed(key: str, code: str) -> bytes:
    """Return what is kept of a code."""
    return codes.keyed(key, "elsewhere", code)


def opened(connection: Connection, code_hash: bytes, born: date) -> Let | Wrong | None:
    """Use a code; None where there is none. A wrong birth date counts when this is committed.

    It stands in the log of every record of which something is taken, and the patient is told.
    """
    row = connection.execute(TRY, (code_hash, TRIES)).fetchone()
    if row is None:
        return None
    dates = {each["birth_date"] for each in connection.execute(BORN, (row["take"],))}
    if born not in dates:
        return Wrong(TRIES - row["tries"])
    secret = codes.token()
    connection.execute(USE, (codes.hashed(secret), HOURS, code_hash))
    noted(connection, row)
    return Let(secret)


def noted(connection: Connection, row: Row) -> None:
    """Write it into the logs, and tell the patients and whoever showed the code."""
    (who,) = connection.execute(WHO, (row["session"],)).fetchall()
    actor = Actor(who["person"], row["session"])
    records = connection.execute(RECORDS, (row["take"],)).fetchall()
    for each in records:
        because = Because.OWN if each["owner"] == actor.person else Because.HELPER
        entries.write(connection, each["record"], actor, "taken-elsewhere", because)
    told = sorted({actor.person, *(each["owner"] for each in records)})
    connection.execute(NOTICE, (uuid4(), told))


def found(connection: Connection, secret: str) -> tuple[UUID, Credential] | None:
    """Return which take an address gives, and by whose session."""
    row = connection.execute(FOUND, (codes.hashed(secret),)).fetchone()
    return (row["take"], Credential(session=bytes(row["secret_hash"]))) if row else None
