"""A share's links and visit codes: minted, shown what they are for, and opened by a guest."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from services.portal import logbook
from services.portal.logbook import SCHEMA, Note
from services.portal.sharing import notices
from services.portal.sharing.known import Known
from shared import outbox
from shared.access import Because, codes
from shared.db import Connection, Row
from shared.errors import EdgeDown
from shared.events import ShareOpened, ShareRefused

TRIES = 5  # wrong birth dates of a share, in its whole life
TERM = timedelta(minutes=30)  # of a visit code

MINT = "INSERT INTO access.link (grant_id, secret_hash, language) VALUES (%s, %s, %s)"
VISIT = """
    INSERT INTO access.visit_code (code_hash, grant_id, expires_at)
    SELECT %s, grant_id, clock_timestamp() + %s FROM access.grants
    WHERE grant_id = %s AND kind = 'share' AND ended_at IS NULL AND ends_at > clock_timestamp()
    RETURNING grant_id
"""
# By link or visit code. Whatever is wrong with it, it is not found.
FOUND = """
    FROM (SELECT grant_id, language FROM access.link WHERE secret_hash = %(secret)s
        UNION ALL SELECT grant_id, NULL FROM access.visit_code
        WHERE code_hash = %(code)s AND used_at IS NULL AND expires_at > clock_timestamp()) AS door
    WHERE door.grant_id = g.grant_id AND g.ended_at IS NULL AND g.starts_at <= clock_timestamp()
        AND g.ends_at > clock_timestamp() AND g.tries < %(tries)s
        AND (g.most_uses IS NULL OR g.uses < g.most_uses)
"""
LANDING = f"""
    SELECT g.grant_id, g.purpose, g.keep, g.ends_at, g.named, p.name, e.position,
        (SELECT count(*) FROM access.grant_study AS s WHERE s.grant_id = g.grant_id) AS studies
    FROM access.ledger_end AS e, access.grants AS g JOIN access.person AS p USING (person)
    WHERE EXISTS (SELECT {FOUND})
"""  # noqa: S608  constants
# The try is taken first, so that it counts exactly under parallel guessing.
TRY = f"""
    UPDATE access.grants AS g SET tries = tries + 1 {FOUND}
    RETURNING g.grant_id, g.person, g.keep, g.tries, g.uses,
        (SELECT position FROM access.ledger_end) AS position
"""  # noqa: S608  constants
BORN = """
    SELECT birth_date FROM access.grant_study AS s JOIN catalogue.study USING (site, study_uid)
        JOIN access.claim USING (record) JOIN catalogue.contact AS c USING (record)
    WHERE s.grant_id = %s AND claim.person = %s AND claim.ended_at IS NULL
"""
USE = "UPDATE access.grants SET tries = tries - 1, uses = uses + 1 WHERE grant_id = %s"
USED = "UPDATE access.visit_code SET used_at = clock_timestamp() WHERE code_hash = %s"
GUEST = """
    INSERT INTO access.guest (grant_id, name, role, browser, told_at)
    VALUES (%s, %s, %s, %s, CASE WHEN %s THEN clock_timestamp() END) RETURNING guest
"""
VIEW = """
    INSERT INTO access.viewing (secret_hash, client_hash, guest, patient, language, ends_at)
    VALUES (%s, %s, %s, %s, %s, clock_timestamp() + %s) RETURNING viewing
"""
RECORDS = """
    SELECT DISTINCT record FROM access.grant_study AS s
        JOIN catalogue.study USING (site, study_uid) JOIN access.claim USING (record)
    WHERE s.grant_id = %s AND claim.person = %s AND claim.ended_at IS NULL ORDER BY record
"""


class Role(StrEnum):
    """What a guest says they are."""

    DOCTOR = "doctor"
    NURSE = "nurse"
    THERAPIST = "therapist"
    FAMILY = "family"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Door:
    """What somebody brings: the hash of a link's secret, or of a visit code."""

    secret: bytes | None = None
    code: bytes | None = None


@dataclass(frozen=True, slots=True)
class Guest:
    """What somebody says of themselves."""

    name: str
    role: Role
    browser: str
    language: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A share that was opened: the secret of its viewing, which is kept nowhere else."""

    viewing: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Wrong:
    """A birth date that is not the patient's; `left` tries remain, for everybody together."""

    left: int


def mint(connection: Connection, grant: UUID, language: str) -> str:
    """Return the secret of a new link, which is kept nowhere else."""
    secret = codes.token()
    connection.execute(MINT, (grant, codes.hashed(secret), language))
    return secret


def visit_code(connection: Connection, grant: UUID, key: str) -> str | None:
    """Return a code to be typed within half an hour, once; None where the share has ended."""
    code = codes.invitation()
    told = (keyed(key, code.replace("-", "")), TERM, grant)
    return code if connection.execute(VISIT, told).fetchone() else None


def keyed(key: str, code: str) -> bytes:
    """Return what is kept of a visit code."""
    return codes.keyed(key, "visit", code)


def door(said: str, key: str) -> Door:
    """Return what was typed or pasted: a whole link, its secret, or a visit code."""
    text = said.strip().rpartition("#")[2]
    code = codes.read(text)
    return Door(code=keyed(key, code)) if code else Door(secret=codes.hashed(text))


def landing(connection: Connection, brought: Door, known: Known) -> Row | None:
    """Return what a share says of itself; nothing is counted by this, and nobody is told.

    Raises:
        EdgeDown: the database is older than what was withdrawn.

    """
    before = known.position
    told = {"secret": brought.secret, "code": brought.code, "tries": TRIES}
    row = connection.execute(LANDING, told).fetchone()
    if row is not None:
        sure(known, before, row["position"])
    return row


def sure(known: Known, before: int | None, position: int) -> None:
    """Go on where the database is as new as what is known.

    Raises:
        EdgeDown: it is older.

    """
    if not known.certain(before, position):
        edge = "ledger"
        raise EdgeDown(edge)


def opened(  # noqa: PLR0913, PLR0917  what was brought, who by, and for how long
    connection: Connection,
    brought: Door,
    born: date,
    guest: Guest,
    hours: float,
    key: str,
    known: Known,
) -> Opened | Wrong | None:
    """Open a share; None where there is none. A wrong birth date counts when this is committed.

    Raises:
        EdgeDown: the database is older than what was withdrawn.

    """
    before = known.position
    told = {"secret": brought.secret, "code": brought.code, "tries": TRIES}
    row = connection.execute(TRY, told).fetchone()
    if row is None:
        return None
    sure(known, before, row["position"])
    grant, person = row["grant_id"], row["person"]
    dates = {each["birth_date"] for each in connection.execute(BORN, (grant, person))}
    if born not in dates:
        if row["tries"] == TRIES:
            refused = ShareRefused(person=person, grant=grant, reason="birth-date-locked")
            outbox.put(connection, SCHEMA, refused)
            notices.note(connection, notices.Kind.LOCKED, grant, grant, person)
        return Wrong(TRIES - row["tries"])
    connection.execute(USE, (grant,))
    connection.execute(USED, (brought.code,))
    return let_in(connection, row, guest, hours, key)


def let_in(connection: Connection, row: Row, guest: Guest, hours: float, key: str) -> Opened:
    """Write who came, tell it, and return their viewing."""
    grant, person = row["grant_id"], row["person"]
    first = not row["uses"]
    told = (grant, guest.name, guest.role.value, guest.browser, first)
    (made,) = connection.execute(GUEST, told).fetchall()
    token = codes.token()
    client = codes.hashed(client_of(token, key)) if row["keep"] else None
    given = (codes.hashed(token), client, made["guest"], person, guest.language)
    (viewing,) = connection.execute(VIEW, (*given, timedelta(hours=hours))).fetchall()
    for each in connection.execute(RECORDS, (grant, person)).fetchall():
        whose = (each["record"], "guest", made["guest"], made["guest"])
        action = "share-opened"
        note = Note(*whose, action, Because.GRANTED.value, "", "")
        logbook.append(connection, note, action, 0)
    event = ShareOpened(person=person, grant=grant, guest=made["guest"], viewing=viewing["viewing"])
    outbox.put(connection, SCHEMA, event)
    if first:
        notices.note(connection, notices.Kind.OPENED, event.viewing, grant, person)
    return Opened(token)


def client_of(viewing: str, key: str) -> str:
    """Return the secret of a guest's own viewer's address: made from the viewing's."""
    return codes.keyed(key, "client", viewing).hex()
