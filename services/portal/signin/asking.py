"""Asking to sign in: one message with a link and six digits, either of which proves the contact.

The link alone signs in nobody but the browser that asked; see docs/decisions/0008.
"""

import hmac
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from services.portal.logbook import SCHEMA
from services.portal.signin.contact import Contact
from shared import outbox
from shared.access import codes
from shared.db import Connection, Row
from shared.events import Channel, SigninRequested

TERM = timedelta(minutes=15)
AN_HOUR = 5  # requests a contact
TRIES = 5  # six digits a request

# Whoever asks for the same contact at the same time waits, so that the hour's count is exact.
ONE_BY_ONE = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
ASK = """
    INSERT INTO access.signin
        (channel, address, language, known, browser_hash, invitation, helper, adds,
        guardian, expires_at)
    SELECT %(channel)s, %(address)s, %(language)s, %(known)s, %(browser_hash)s, %(invitation)s,
        %(helper)s, %(adds)s, %(guardian)s, clock_timestamp() + %(term)s
    WHERE %(most)s > (
        SELECT count(*) FROM access.signin WHERE channel = %(channel)s AND address = %(address)s
            AND asked_at > clock_timestamp() - interval '1 hour')
    RETURNING signin
"""
BY_LINK = """
    SELECT * FROM access.signin
    WHERE token_hash = %s AND used_at IS NULL AND expires_at > clock_timestamp() AND tries < %s
    FOR UPDATE
"""
# The try is taken first. A request of nobody we know has no digits, and is tried like any other.
TRY = """
    UPDATE access.signin SET tries = tries + 1
    WHERE signin = %s AND used_at IS NULL AND proof_hash IS NULL
        AND expires_at > clock_timestamp() AND tries < %s
    RETURNING *
"""
PROVE = """
    UPDATE access.signin SET proof_hash = %s, token_hash = NULL, code_hash = NULL
    WHERE signin = %s
"""
BY_PROOF = """
    SELECT * FROM access.signin
    WHERE signin = %s AND proof_hash = %s AND used_at IS NULL AND expires_at > clock_timestamp()
    FOR UPDATE
"""
USE = "UPDATE access.signin SET used_at = clock_timestamp() WHERE signin = %s"
FORGET = "DELETE FROM access.signin WHERE expires_at < clock_timestamp() - interval '1 day'"


class Verdict(StrEnum):
    """What six digits are good for."""

    RIGHT = "right"
    WRONG = "wrong"
    ENDED = "ended"  # used, too old, tried too often, or never asked


@dataclass(frozen=True, slots=True)
class Purpose:
    """What is to happen once they are signed in, proven already."""

    invitation: bytes | None = None  # of a record: code and birth date were right
    helper: UUID | None = None  # of an invitation to help: the code was right
    guardian: bool = False  # of the patient whom the invitation is for
    adds: UUID | None = None  # to the ways of a person who is signed in, and nothing else


def ask(  # noqa: PLR0913  all that a request holds
    connection: Connection,
    contact: Contact,
    language: str,
    browser: str,
    *,
    known: bool,
    purpose: Purpose | None = None,
) -> UUID | None:
    """Note that `contact` wants to sign in, and have a message sent where it is `known`.

    `browser` is what only the browser holds that asks. None: asked too often within an hour.
    """
    purpose = purpose or Purpose()
    connection.execute(ONE_BY_ONE, (f"signin|{contact.channel}|{contact.address}",))
    told = {
        "channel": contact.channel.value,
        "address": contact.address,
        "language": language,
        "known": known,
        "browser_hash": codes.hashed(browser),
        "invitation": purpose.invitation,
        "helper": purpose.helper,
        "adds": purpose.adds,
        "guardian": purpose.guardian,
        "term": TERM,
        "most": AN_HOUR,
    }
    row = connection.execute(ASK, told).fetchone()
    if row is None:
        return None
    signin: UUID = row["signin"]
    if known:
        outbox.put(connection, SCHEMA, SigninRequested(signin=signin))
    return signin


def by_link(connection: Connection, token: str) -> Row | None:
    """Return the request whose message had this link, while it is open."""
    return connection.execute(BY_LINK, (codes.hashed(token), TRIES)).fetchone()


def asked_here(asked: Row, browser: str) -> bool:
    """Say whether `browser` holds what the one holds that asked."""
    return hmac.compare_digest(bytes(asked["browser_hash"]), codes.hashed(browser))


def by_digits(
    connection: Connection, signin: UUID, digits: str, key: str
) -> tuple[Verdict, Row | None]:
    """Try six digits on a request; a wrong try is counted when this is committed."""
    asked = connection.execute(TRY, (signin, TRIES)).fetchone()
    if asked is None:
        return Verdict.ENDED, None
    tried = codes.keyed(key, f"signin|{signin}", digits)
    kept = bytes(asked["code_hash"] or b"")
    if hmac.compare_digest(kept, tried):
        return Verdict.RIGHT, asked
    return (Verdict.WRONG if asked["tries"] < TRIES else Verdict.ENDED), None


def prove(connection: Connection, signin: UUID) -> str:
    """Keep that the contact is proven, while its people say who of them it is; return a proof."""
    proof = codes.token()
    connection.execute(PROVE, (codes.hashed(proof), signin))
    return proof


def by_proof(connection: Connection, signin: UUID, proof: str) -> Row | None:
    """Return the request that was proven so, while it is open."""
    return connection.execute(BY_PROOF, (signin, codes.hashed(proof))).fetchone()


def use(connection: Connection, signin: UUID) -> None:
    """Close a request for good."""
    connection.execute(USE, (signin,))


def contact_of(asked: Row) -> Contact:
    """Return whom the message went to."""
    return Contact(Channel(asked["channel"]), asked["address"])


def forget(connection: Connection) -> None:
    """Forget requests of the day before: they hold addresses of whoever asked."""
    connection.execute(FORGET)
