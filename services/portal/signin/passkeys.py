"""Passkeys: added by who is signed in, used instead of a message, listed and taken out."""

from datetime import timedelta
from enum import StrEnum
from uuid import UUID

import structlog

from services.portal.signin import ceremony, entries
from services.portal.signin.ceremony import Key, Party, Refused
from services.portal.signin.entries import Actor
from shared.access import Because, codes
from shared.db import Connection, Row

log = structlog.get_logger()

TERM = timedelta(minutes=5)
MOST = 20  # of one person

CHALLENGE = """
    INSERT INTO access.challenge (challenge_hash, holder_hash, person, expires_at)
    VALUES (%s, %s, %s, clock_timestamp() + %s)
"""
# Once, whatever comes of it; by nobody but who asked, and only for what they asked.
TAKE = """
    DELETE FROM access.challenge
    WHERE challenge_hash = %s AND holder_hash = %s AND person IS NOT DISTINCT FROM %s
        AND expires_at > clock_timestamp()
    RETURNING challenge_hash
"""
FORGET = "DELETE FROM access.challenge WHERE expires_at < clock_timestamp()"
LISTED = """
    SELECT passkey, credential, browser, made_at, used_at FROM access.passkey
    WHERE person = %s AND ended_at IS NULL ORDER BY made_at, passkey
"""
ADD = """
    INSERT INTO access.passkey (credential, person, public_key, sign_count, browser)
    SELECT %(credential)s, %(person)s, %(public_key)s, %(sign_count)s, %(browser)s
    WHERE %(most)s > (
        SELECT count(*) FROM access.passkey WHERE person = %(person)s AND ended_at IS NULL)
    ON CONFLICT (credential) DO NOTHING RETURNING passkey
"""
FIND = """
    SELECT passkey, credential, person, public_key, sign_count FROM access.passkey
    WHERE credential = %s AND ended_at IS NULL FOR UPDATE
"""
USED = """
    UPDATE access.passkey SET sign_count = %s, used_at = clock_timestamp() WHERE passkey = %s
"""
END = """
    UPDATE access.passkey SET ended_at = clock_timestamp()
    WHERE person = %s AND passkey = %s AND ended_at IS NULL
"""
END_ALL = """
    UPDATE access.passkey SET ended_at = clock_timestamp() WHERE person = %s AND ended_at IS NULL
"""
# From the second sign-in on, until they have one or have said: not now.
OFFERED = """
    SELECT FROM access.person AS p WHERE person = %s AND passkey_declined_at IS NULL
        AND NOT EXISTS (
            SELECT FROM access.passkey AS k WHERE k.person = p.person AND k.ended_at IS NULL)
        AND 1 < (SELECT count(*) FROM (
            SELECT FROM access.session AS s WHERE s.person = p.person LIMIT 2) AS sessions)
"""
DECLINE = "UPDATE access.person SET passkey_declined_at = clock_timestamp() WHERE person = %s"


class Verdict(StrEnum):
    """What an answer is good for."""

    RIGHT = "passkey-right"
    WRONG = "passkey-wrong"  # unknown, taken out, another's, of another origin, or it does not fit
    ENDED = "passkey-ended"  # the challenge: used, too old, or another browser's
    COPIED = "passkey-copied"  # two devices seem to have it


def challenge(connection: Connection, holder: bytes, person: UUID | None) -> str:
    """Return what is to be signed by a passkey: to be added by `person`, or to sign in.

    `holder` is the hash of what only the asking browser holds.
    """
    made = codes.token()
    connection.execute(CHALLENGE, (codes.hashed(made), holder, person, TERM))
    return made


def taken(connection: Connection, told: str, holder: bytes, person: UUID | None) -> bool:
    """Say whether a challenge was open, and close it."""
    return connection.execute(TAKE, (codes.hashed(told), holder, person)).fetchone() is not None


def add(  # noqa: PLR0913, PLR0917  all that a new one is
    connection: Connection, ours: Party, who: Actor, holder: bytes, browser: str, answer: str
) -> bool:
    """Keep the passkey that answers; False where it proves nothing, or is somebody's already."""
    try:
        told = ceremony.challenge_of(answer)
        if not taken(connection, told, holder, who.person):
            return False
        key = ceremony.added(ours, told, answer)
    except Refused:
        return False
    connection.execute("SELECT FROM access.person WHERE person = %s FOR UPDATE", (who.person,))
    row = connection.execute(
        ADD,
        {
            "credential": key.credential,
            "person": who.person,
            "public_key": key.public_key,
            "sign_count": key.sign_count,
            "browser": browser,
            "most": MOST,
        },
    ).fetchone()
    if row is None:
        return False
    entries.write_all(connection, who.person, who, "passkey-added", Because.OWN)
    return True


def tried(
    connection: Connection, ours: Party, holder: bytes, answer: str
) -> tuple[Verdict, UUID | None]:
    """Return who has answered with their passkey, and has been asked by it for finger or face."""
    try:
        told = ceremony.answered(answer)
        if not taken(connection, told.challenge, holder, None):
            return Verdict.ENDED, None
        row = connection.execute(FIND, (told.credential,)).fetchone()
        if row is None or told.person != row["person"].bytes:
            return Verdict.WRONG, None
        key = Key(bytes(row["credential"]), bytes(row["public_key"]), row["sign_count"])
        count = ceremony.signed(ours, told.challenge, key, answer)
    except Refused:
        return Verdict.WRONG, None
    if ceremony.copied(key, count):
        end_copied(connection, row)
        return Verdict.COPIED, None
    connection.execute(USED, (count, row["passkey"]))
    return Verdict.RIGHT, row["person"]


def end_copied(connection: Connection, row: Row) -> None:
    """End a passkey that two devices seem to have: which of them is its owner's, nobody knows."""
    connection.execute(END, (row["person"], row["passkey"]))
    for each in connection.execute(entries.RECORDS, (row["person"],)).fetchall():
        entries.write_by_time(connection, each["record"], "passkey-copied", Because.OWN)
    log.warning("passkey_copied", passkey=str(row["passkey"]))


def listed(connection: Connection, person: UUID) -> list[Row]:
    """Return a person's passkeys, the oldest first."""
    return connection.execute(LISTED, (person,)).fetchall()


def end(connection: Connection, who: Actor, passkey: UUID) -> None:
    """Let a passkey of `who` sign nobody in any more."""
    if connection.execute(END, (who.person, passkey)).rowcount:
        entries.write_all(connection, who.person, who, "passkey-ended", Because.OWN)


def end_all(connection: Connection, person: UUID) -> None:
    """Let none of a person's passkeys sign anybody in."""
    connection.execute(END_ALL, (person,))


def offered(connection: Connection, person: UUID) -> bool:
    """Say whether to offer one: they have come back, have none, and have not declined."""
    return connection.execute(OFFERED, (person,)).fetchone() is not None


def decline(connection: Connection, person: UUID) -> None:
    """Offer it no more; the settings always have it."""
    connection.execute(DECLINE, (person,))


def forget(connection: Connection) -> None:
    """Forget challenges that nobody can answer any more."""
    connection.execute(FORGET)
