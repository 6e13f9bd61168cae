"""Who is whom at the provider: connected by a person who is signed in, and by nothing else."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from services.portal.signin import entries
from services.portal.signin.entries import Actor
from shared.access import Because, codes
from shared.db import Connection, Row

TERM = timedelta(minutes=15)

ASK = """
    INSERT INTO access.identity_asked (state_hash, holder_hash, person, staff, expires_at)
    VALUES (%s, %s, %s, %s, clock_timestamp() + %s)
"""
# Once, whatever comes of it; by nobody but who left.
TAKE = """
    DELETE FROM access.identity_asked
    WHERE state_hash = %s AND holder_hash = ANY(%s) AND staff = %s
        AND expires_at > clock_timestamp()
    RETURNING person
"""
FORGET = "DELETE FROM access.identity_asked WHERE expires_at < clock_timestamp()"
KNOWN = """
    UPDATE access.identity SET used_at = clock_timestamp()
    WHERE issuer = %s AND subject_hash = %s AND ended_at IS NULL RETURNING person
"""
BIND = """
    INSERT INTO access.identity (person, issuer, subject_hash) VALUES (%s, %s, %s)
    ON CONFLICT (issuer, subject_hash) WHERE ended_at IS NULL DO NOTHING RETURNING identity
"""
OWNER = """
    SELECT person FROM access.identity
    WHERE issuer = %s AND subject_hash = %s AND ended_at IS NULL
"""
LISTED = """
    SELECT identity, made_at, used_at FROM access.identity
    WHERE person = %s AND issuer = %s AND ended_at IS NULL ORDER BY made_at, identity
"""
END = """
    UPDATE access.identity SET ended_at = clock_timestamp()
    WHERE person = %s AND identity = %s AND ended_at IS NULL
"""
END_ALL = """
    UPDATE access.identity SET ended_at = clock_timestamp() WHERE person = %s AND ended_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Errand:
    """What is sent along with somebody, and is known again when they are back."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)  # RFC 7636 §4.1


def errand(key: str, state: str, what: str = "identity") -> Errand:
    """Return what belongs to `state`: it need not be kept, and nobody without `key` can make it.

    `what` is who goes: a token for the one is none for the other.
    """
    return Errand(
        state,
        codes.keyed(key, f"{what}-nonce", state).hex(),
        codes.keyed(key, f"{what}-verifier", state).hex(),
    )


def ask(connection: Connection, holder: bytes, person: UUID | None, *, staff: bool = False) -> str:
    """Return the state of a new errand: `person` connects, or somebody signs in, maybe as staff."""
    state = codes.token()
    connection.execute(ASK, (codes.hashed(state), holder, person, staff, TERM))
    return state


def back(
    connection: Connection, state: str, holders: list[bytes], *, staff: bool = False
) -> Row | None:
    """Return for whom somebody was sent away, and let nobody come back by it again."""
    return connection.execute(TAKE, (codes.hashed(state), holders, staff)).fetchone()


def known(connection: Connection, issuer: str, subject_hash: bytes) -> UUID | None:
    """Return who has connected this identity."""
    row = connection.execute(KNOWN, (issuer, subject_hash)).fetchone()
    return row["person"] if row else None


def bind(connection: Connection, who: Actor, issuer: str, subject_hash: bytes) -> bool:
    """Let the identity sign in `who`; again is nothing. False where it is somebody else's."""
    row = connection.execute(BIND, (who.person, issuer, subject_hash)).fetchone()
    if row is None:
        owner = connection.execute(OWNER, (issuer, subject_hash)).fetchone()
        return owner is not None and owner["person"] == who.person
    entries.write_all(connection, who.person, who, "identity-added", Because.OWN)
    return True


def listed(connection: Connection, person: UUID, issuer: str) -> list[Row]:
    """Return what a person has connected."""
    return connection.execute(LISTED, (person, issuer)).fetchall()


def end(connection: Connection, who: Actor, identity: UUID) -> None:
    """Let an identity of `who` sign nobody in any more."""
    if connection.execute(END, (who.person, identity)).rowcount:
        entries.write_all(connection, who.person, who, "identity-ended", Because.OWN)


def end_all(connection: Connection, person: UUID) -> None:
    """Let none of a person's identities sign anybody in."""
    connection.execute(END_ALL, (person,))


def forget(connection: Connection) -> None:
    """Forget who never came back."""
    connection.execute(FORGET)
