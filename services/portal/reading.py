"""Every read goes through here: decided from committed state, and logged before a byte goes out."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from services.portal.facts import Credential, asked, found, reader_of
from services.portal.logbook import Logbook, Note
from services.portal.sharing.known import Known
from shared.access import Action, Because, Decision, Facts, Reader, may
from shared.db import Connection, Database, Row

# What a reader may see in lists: their own records, and those of whom they help.
RECORDS = """
    SELECT claim.record, claim.site, claim.person AS owner, claim.person = %(person)s AS own
    FROM access.claim
    WHERE claim.ended_at IS NULL AND (%(patient)s::uuid IS NULL OR claim.person = %(patient)s)
        AND (claim.person = %(person)s OR EXISTS (
            SELECT FROM access.helper
            WHERE helper.patient = claim.person AND helper.person = %(person)s
                AND helper.joined_at IS NOT NULL AND helper.ended_at IS NULL))
"""
# The same of a guest: those of whom something is within the grant.
GIVEN = """
    SELECT claim.record, claim.site, claim.person AS owner, false AS own
    FROM access.grants AS g JOIN access.claim ON claim.person = g.person
    WHERE g.grant_id = %(grant)s AND g.ended_at IS NULL AND g.starts_at <= clock_timestamp()
        AND (g.ends_at IS NULL OR g.ends_at > clock_timestamp()) AND claim.ended_at IS NULL
        AND CASE WHEN g.grantee IS NULL THEN g.staff IS NOT DISTINCT FROM %(staff)s::uuid
            ELSE g.grantee = ANY (%(sites)s) END
        AND EXISTS (SELECT FROM catalogue.study AS s WHERE s.record = claim.record
            AND access.covers(g, s.site, s.study_uid, s.first_seen))
"""


@dataclass(slots=True)
class Opened:
    """A read that was allowed, inside its transaction; `reads` is what the log counts of it."""

    connection: Connection
    reader: Reader
    record: UUID
    decision: Decision
    reads: int = 1


@dataclass(frozen=True, slots=True)
class Visible:
    """Whose records a reader may see in lists, inside a transaction."""

    connection: Connection
    reader: Reader
    records: tuple[Row, ...]  # record, site, owner, own
    grant: UUID | None = None  # of whose records only this grant's scope: see `access.within`


@dataclass(frozen=True, slots=True)
class Noting:
    """A transaction, and what its logs say of it once it ends."""

    connection: Connection
    notes: list[Note]


class Hidden(Exception):
    """The reader may not; to them it does not exist. `because` is for us, not for them."""

    def __init__(self, because: Because) -> None:
        """Keep why."""
        super().__init__(because.value)
        self.because = because


class Reading:
    """The one door to what was received: policy, log and transaction together."""

    def __init__(self, database: Database, logbook: Logbook, known: Known | None = None) -> None:
        """Ask `database`, which is the primary: no permission is ever remembered.

        `known` is up to where this process knows the ledger of grants.
        """
        self._database = database
        self._logbook = logbook
        self.known = known or Known(0)

    @contextmanager
    def opened(
        self,
        credential: Credential,
        action: Action,
        site: str,
        study_uid: str,
        series_uid: str = "",
    ) -> Iterator[Opened]:
        """Give the transaction in which it was allowed; what is read after it must be bytes only.

        Raises:
            Hidden: refused, and if the study is someone's, that stands in their log.
            EdgeDown: the database does not answer; nothing is allowed then.

        """
        if "\0" in site + study_uid:  # PostgreSQL's text cannot hold it
            raise Hidden(Because.ABSENT)
        reads = 1
        with self._database.transaction() as connection:
            reader, facts = asked(connection, credential, site, study_uid, self.known)
            decision = may(reader, action, facts)
            note = noted(reader, facts, decision, action, study_uid, series_uid)
            if note is not None:
                self._logbook.write(connection, note)
            if decision.allowed and facts.record is not None:
                opened = Opened(connection, reader, facts.record, decision)
                yield opened
                reads = opened.reads
        if note is not None:
            self._logbook.written(note, reads)
        if not decision.allowed:
            raise Hidden(decision.because)

    @contextmanager
    def all_opened(
        self, credential: Credential, action: Action, studies: Iterable[tuple[str, str]]
    ) -> Iterator[tuple[Opened, ...]]:
        """Give the transaction in which it was allowed of all `studies` (site, UID), in order.

        Raises:
            Hidden: one of them was refused, or there is none.
            EdgeDown: the database does not answer; nothing is allowed then.

        """
        allowed: list[Opened] = []
        notes: list[Note] = []
        because = Because.ABSENT
        with self._database.transaction() as connection:
            for site, study_uid in studies:
                reader, facts = asked(connection, credential, site, study_uid, self.known)
                decision = may(reader, action, facts)
                note = noted(reader, facts, decision, action, study_uid, "")
                if not decision.allowed or facts.record is None or note is None:
                    allowed, because = [], decision.because
                    notes = [note] if note is not None else []
                    break
                notes.append(note)
                allowed.append(Opened(connection, reader, facts.record, decision))
            # In one order everywhere, so that nobody waits for each other in a circle.
            for note in sorted(notes, key=lambda note: note.record):
                self._logbook.write(connection, note)
            if allowed:
                yield tuple(allowed)
        for note in notes:
            self._logbook.written(note)
        if not allowed:
            raise Hidden(because)

    @contextmanager
    def noting(self) -> Iterator[Noting]:
        """Give a transaction in which more is shown than one reader's own: each record of it noted.

        Raises:
            EdgeDown: the database does not answer; nothing is shown then.

        """
        with self._database.transaction() as connection:
            noting = Noting(connection, [])
            yield noting
            # In one order everywhere, so that nobody waits for each other in a circle.
            for note in sorted(noting.notes, key=lambda note: note.record):
                self._logbook.write(connection, note)
        for note in noting.notes:
            self._logbook.written(note)

    @contextmanager
    def visible(self, credential: Credential) -> Iterator[Visible]:
        """Give the records whose studies may be listed.

        Raises:
            Hidden: nobody is signed in.

        """
        with self._database.transaction() as connection:
            yield seen(connection, credential, self.known)

    @contextmanager
    def listed(self, credential: Credential, site: str | None = None) -> Iterator[Visible]:
        """Give the records that `visible` gives, of one site or of all; their logs say so.

        Raises:
            Hidden: nobody is signed in.

        """
        with self._database.transaction() as connection:
            visible = seen(connection, credential, self.known)
            rows = tuple(row for row in visible.records if site in {None, row["site"]})
            notes = [listing(visible.reader, row) for row in rows]
            # In one order everywhere, so that nobody waits for each other in a circle.
            for note in sorted(notes, key=lambda note: note.record):
                self._logbook.write(connection, note)
            yield Visible(connection, visible.reader, rows, visible.grant)
        for note in notes:
            self._logbook.written(note)


def seen(connection: Connection, credential: Credential, known: Known) -> Visible:
    """Return whose records may be listed.

    Raises:
        Hidden: nobody is signed in, or nothing is given any more.

    """
    row = found(connection, credential, "", "", known)
    reader = reader_of(row)
    if reader.nobody:
        raise Hidden(Because.SIGNED_OUT)
    if reader.by_grant:
        told = {"grant": row["grant_id"], "sites": list(reader.sites), "staff": reader.staff}
        open_now = row["certain"] and not row["held"]
        rows = connection.execute(GIVEN, told).fetchall() if open_now else []
        if not rows:
            raise Hidden(Because.NOT_GIVEN)
        return Visible(connection, reader, tuple(rows), row["grant_id"])
    told = {"person": reader.person, "patient": reader.patient}
    rows = connection.execute(RECORDS, told).fetchall()
    return Visible(connection, reader, tuple(rows))


def listing(reader: Reader, row: Row) -> Note:
    """Return what to write into the log of a record whose studies are listed."""
    actor = reader.person or reader.guest
    if actor is None or reader.session is None:
        raise Hidden(Because.SIGNED_OUT)
    because = Because.OWN if row["own"] else Because.HELPER
    if reader.by_grant:
        because = Because.OWN_ADDRESS if reader.own else Because.GRANTED
    return Note(
        record=row["record"],
        actor_kind=kind_of(reader, because),
        actor=actor,
        session=reader.session,
        action=Action.LIST.value,
        because=because.value,
        study_uid="",
        series_uid="",
    )


def noted(  # noqa: PLR0913, PLR0917  all that an entry holds
    reader: Reader,
    facts: Facts,
    decision: Decision,
    action: Action,
    study_uid: str,
    series_uid: str,
) -> Note | None:
    """Return what to write into the record's log; None where there is no record or no session."""
    actor = reader.person or reader.guest
    if facts.record is None or reader.session is None or actor is None:
        return None
    return Note(
        record=facts.record,
        actor_kind=kind_of(reader, decision.because) or kind(reader, facts),
        actor=actor,
        session=reader.session,
        action=action.value if decision.allowed else "refused",
        because=decision.because.value,
        study_uid=study_uid,
        series_uid=series_uid,
    )


KINDS = {
    Because.OWN: "patient",
    Because.HELPER: "helper",
    Because.GRANTED: "guest",
    Because.OWN_ADDRESS: "app",
}


def kind_of(reader: Reader, because: Because) -> str:
    """Return what someone is to the record's patient by whom they were let in; else nothing."""
    if reader.staff is not None and because is Because.GRANTED:
        return "organisation"
    return KINDS.get(because, "")


def kind(reader: Reader, facts: Facts) -> str:
    """Return what someone who was refused is to the record's patient."""
    if reader.guest is not None:
        mine = "app" if reader.own else "organisation" if reader.staff else "guest"
        return mine if reader.patient == facts.owner else "stranger"
    if reader.person == facts.owner:
        return "patient"
    return "helper" if facts.rights else "stranger"
