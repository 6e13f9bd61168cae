"""Giving, narrowing, taking back, and ending by time: each in one transaction with its message."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from services.portal.sharing.known import Known
from services.portal.sharing.ledger import Ledger, columns
from services.portal.signin.contact import Contact
from services.portal.signin.entries import Actor
from shared.access import MOST_NAMED, Because, Named, Purpose, Rights
from shared.db import Connection, Database

AT_ONCE = 100  # grants whose time is over, ended in one transaction

# What may be given is what the giver has: their own records, or those of whom they help with the
# right to share. A share needs the second right, a consent the third.
RELATION = """
    SELECT CASE WHEN %(patient)s = %(person)s::uuid THEN 'own' ELSE (
        SELECT rights FROM access.helper WHERE patient = %(patient)s AND person = %(person)s
            AND joined_at IS NOT NULL AND ended_at IS NULL) END AS relation
"""
THEIRS = """
    SELECT count(*) AS count
    FROM catalogue.study AS s JOIN access.claim USING (record)
    WHERE claim.person = %s AND claim.ended_at IS NULL
        AND s.state = 'available' AND s.released_at IS NOT NULL
        AND NOT access.unheeded(claim.claim, claim.person)
        AND (s.site, s.study_uid) IN (SELECT * FROM unnest(%s::text[], %s::text[]))
"""
SHARE = """
    INSERT INTO access.grants (grant_id, kind, person, grantee_kind, keep, everything, purpose,
        ends_at, most_uses, named, given_by)
    VALUES (%s, 'share', %s, 'bearer', %s, false, %s, clock_timestamp() + %s, %s, %s, %s)
    ON CONFLICT (grant_id) DO NOTHING RETURNING grant_id
"""
NAME = """
    INSERT INTO access.grant_study (grant_id, site, study_uid)
    SELECT %s, * FROM unnest(%s::text[], %s::text[])
"""
LETTER = "INSERT INTO access.link (grant_id, channel, address, language) VALUES (%s, %s, %s, %s)"
CONSENT = """
    INSERT INTO access.grants (kind, person, grantee_kind, grantee, keep, everything, sites,
        arrived_before, purpose, ends_at, given_by)
    SELECT 'consent', %(person)s, 'organisation', site, %(keep)s, true, %(sites)s::text[],
        CASE WHEN NOT %(future)s THEN clock_timestamp() END, %(purpose)s,
        clock_timestamp() + %(term)s::interval, %(by)s
    FROM sites.site WHERE site = %(grantee)s
        AND EXISTS (SELECT FROM access.claim WHERE person = %(person)s AND ended_at IS NULL)
    ON CONFLICT (person, grantee) WHERE kind = 'consent' AND ended_at IS NULL DO NOTHING
    RETURNING grant_id
"""
# Never wider than it is: each part only takes away. What takes nothing away is no change.
NARROW = """
    UPDATE access.grants SET version = version + 1, keep = keep AND %(keep)s,
        arrived_before = CASE WHEN %(future)s OR NOT everything THEN arrived_before
            ELSE coalesce(arrived_before, clock_timestamp()) END,
        ends_at = least(ends_at, clock_timestamp() + %(term)s::interval)
    WHERE grant_id = %(grant)s AND person = %(person)s AND kind = 'consent' AND ended_at IS NULL
        AND (keep AND NOT %(keep)s OR everything AND arrived_before IS NULL AND NOT %(future)s
            OR coalesce(clock_timestamp() + %(term)s::interval < ends_at,
                %(term)s::interval IS NOT NULL))
    RETURNING grant_id
"""
WITHDRAW = """
    UPDATE access.grants SET version = version + 1, ended_at = clock_timestamp(),
        ended_as = 'withdrawn'
    WHERE grant_id = %s AND person = %s AND ended_at IS NULL RETURNING grant_id
"""
DUE = """
    UPDATE access.grants SET version = version + 1, ended_at = clock_timestamp(),
        ended_as = 'expired'
    WHERE grant_id IN (SELECT grant_id FROM access.grants
        WHERE ended_at IS NULL AND ends_at <= clock_timestamp()
        ORDER BY ends_at LIMIT %s FOR UPDATE SKIP LOCKED)
    RETURNING grant_id
"""


@dataclass(frozen=True, slots=True)
class Share:
    """What somebody wants to share; `grant` is its identity, so that a form sent twice is once."""

    grant: UUID
    patient: UUID
    studies: frozenset[Named]
    purpose: Purpose
    term: timedelta
    keep: bool = False
    most_uses: int | None = None
    named: bool = True
    language: str = "en"  # of its letter
    letter: Contact | None = None  # to whom notify sends a link of its own


@dataclass(frozen=True, slots=True)
class Consent:
    """What a patient lets a hospital do, for good or for a while."""

    patient: UUID
    grantee: str  # a site
    keep: bool
    future: bool  # also what is still to come
    term: timedelta | None = None
    sites: tuple[str, ...] | None = None  # pictures of these alone
    purpose: Purpose = Purpose.TREATMENT


class TooWide(Exception):
    """It is more than the giver has themselves, or nothing."""


class TooMany(Exception):
    """It names more than `MOST_NAMED` studies: then it is to be given in parts."""


def related(connection: Connection, patient: UUID, who: Actor, least: Rights) -> Because:
    """Return by which right `who` gives for `patient`, at least `least`.

    Raises:
        TooWide: in none.

    """
    told = {"patient": patient, "person": who.person}
    row = connection.execute(RELATION, told).fetchone()
    relation = row["relation"] if row else None
    if relation == "own":
        return Because.OWN
    if relation is None or list(Rights).index(Rights(relation)) < list(Rights).index(least):
        raise TooWide
    return Because.HELPER


def share(ledger: Ledger, wish: Share, who: Actor) -> bool:
    """Give the bearer of a link what is wished; False where that was done before.

    Its links are minted after this.

    Raises:
        TooWide: a study is not the patient's, or the giver may not share.
        TooMany: studies are named.

    """
    if len(wish.studies) > MOST_NAMED:
        raise TooMany
    because = related(ledger.connection, wish.patient, who, Rights.SHARE)
    sites, uids = columns(wish.studies)
    (row,) = ledger.connection.execute(THEIRS, (wish.patient, sites, uids)).fetchall()
    if not wish.studies or row["count"] != len(wish.studies):
        raise TooWide
    told = (wish.grant, wish.patient, wish.keep, wish.purpose.value, wish.term)
    more = (wish.most_uses, wish.named, who.person)
    if ledger.connection.execute(SHARE, (*told, *more)).fetchone() is None:
        return False
    ledger.connection.execute(NAME, (wish.grant, sites, uids))
    if wish.letter is not None:
        to = (wish.letter.channel.value, wish.letter.address, wish.language)
        ledger.connection.execute(LETTER, (wish.grant, *to))
    ledger.tell(wish.grant, who, because)
    return True


def consent(ledger: Ledger, wish: Consent, who: Actor) -> UUID | None:
    """Let an organisation do what is wished; None where it has a consent already.

    Raises:
        TooWide: the giver may not.

    """
    because = related(ledger.connection, wish.patient, who, Rights.EVERYTHING)
    told = {
        "person": wish.patient,
        "grantee": wish.grantee,
        "keep": wish.keep,
        "sites": None if wish.sites is None else list(wish.sites),
        "future": wish.future,
        "purpose": wish.purpose.value,
        "term": wish.term,
        "by": who.person,
    }
    row = ledger.connection.execute(CONSENT, told).fetchone()
    if row is None:
        return None
    grant: UUID = row["grant_id"]
    ledger.tell(grant, who, because)
    return grant


@dataclass(frozen=True, slots=True)
class Narrower:
    """What is left of a consent; what it has not is not given by this."""

    keep: bool
    future: bool
    term: timedelta | None = None  # from now


def narrow(ledger: Ledger, grant: UUID, patient: UUID, less: Narrower, who: Actor) -> bool:
    """Take a part of a consent back; False where there is none that stands.

    Raises:
        TooWide: `who` may not.

    """
    because = related(ledger.connection, patient, who, Rights.EVERYTHING)
    told = {"grant": grant, "person": patient, "keep": less.keep, "future": less.future}
    row = ledger.connection.execute(NARROW, told | {"term": less.term}).fetchone()
    if row is None:
        return False
    ledger.tell(grant, who, because, amended=True)
    return True


def withdraw(ledger: Ledger, grant: UUID, patient: UUID, who: Actor) -> bool:
    """Take a grant back; False where it has ended already. Whoever may share may take back.

    Raises:
        TooWide: `who` may not.

    """
    because = related(ledger.connection, patient, who, Rights.SHARE)
    if ledger.connection.execute(WITHDRAW, (grant, patient)).fetchone() is None:
        return False
    ledger.tell(grant, who, because)
    return True


def expire(ledger: Ledger) -> int:
    """End what is due, and return how many that were."""
    due = ledger.connection.execute(DUE, (AT_ONCE,)).fetchall()
    for row in due:
        ledger.tell(row["grant_id"], None, Because.EXPIRED)
    return len(due)


def ended(database: Database, known: Known) -> bool:
    """End what is due; True where there may be more."""
    with database.transaction() as connection:
        return expire(Ledger(connection, known)) == AT_ONCE
