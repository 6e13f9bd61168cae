"""Staff who are signed in: until they sign out, or their time is over, which is soon."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from services.portal.staff.groups import Member
from shared.access import codes
from shared.db import Connection, Row

KNOW = """
    INSERT INTO access.staff (staff, name) VALUES (%s, %s)
    ON CONFLICT (staff) DO UPDATE SET name = excluded.name, seen_at = clock_timestamp()
"""
OPEN = """
    INSERT INTO access.staff_session (secret_hash, staff, sites, ends_at)
    VALUES (%s, %s, %s, clock_timestamp() + %s)
"""
CURRENT = """
    SELECT session, staff, s.name, t.sites, t.ends_at,
        array(SELECT title FROM sites.site WHERE site = ANY (t.sites) ORDER BY title) AS hospitals
    FROM access.staff_session AS t JOIN access.staff AS s USING (staff)
    WHERE secret_hash = %s AND ended_at IS NULL AND ends_at > clock_timestamp()
"""
END = """
    UPDATE access.staff_session SET ended_at = clock_timestamp()
    WHERE secret_hash = %s AND ended_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Staff:
    """Who is signed in, and whose staff they are."""

    session: UUID
    staff: UUID
    name: str
    sites: tuple[str, ...]
    hospitals: tuple[str, ...]  # what the sites are called


@dataclass(frozen=True, slots=True)
class Started:
    """A session's secret for its cookie, which is kept nowhere else."""

    secret: str = field(repr=False)


def identified(key: str, issuer: str, member: Member) -> UUID:
    """Return who somebody is here: made of what their provider calls them, under `key`."""
    return UUID(bytes=codes.keyed(key, f"staff|{issuer}", member.subject)[:16])


def start(connection: Connection, staff: UUID, member: Member, minutes: float) -> Started:
    """Sign `member` in."""
    secret = codes.token()
    connection.execute(KNOW, (staff, member.name))
    told = (codes.hashed(secret), staff, sorted(member.sites), timedelta(minutes=minutes))
    connection.execute(OPEN, told)
    return Started(secret)


def current(connection: Connection, secret: str) -> Staff | None:
    """Return who is signed in, as committed now."""
    row = connection.execute(CURRENT, (codes.hashed(secret),)).fetchone()
    return staff_of(row) if row else None


def staff_of(row: Row) -> Staff:
    """Return a row as who it is."""
    return Staff(
        session=row["session"],
        staff=row["staff"],
        name=row["name"],
        sites=tuple(row["sites"]),
        hospitals=tuple(row["hospitals"]),
    )


def end(connection: Connection, secret: str) -> None:
    """Sign out: from now on nothing is read with it, nor with the viewings it has opened."""
    connection.execute(END, (codes.hashed(secret),))
