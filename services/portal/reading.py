"""Every read goes through here: decided from committed state, and logged before a byte goes out."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from services.portal.logbook import Logbook, Note
from shared.access import Action, Because, Decision, Facts, Reader, Rights, may
from shared.db import Connection, Database, Row

FACTS = """
    WITH reader AS (
        SELECT session, person, NULL::uuid AS patient FROM access.session
        WHERE secret_hash = %(session)s AND ended_at IS NULL AND ends_at > clock_timestamp()
        UNION ALL
        SELECT session, s.person, v.patient
        FROM access.viewing AS v JOIN access.session AS s USING (session)
        WHERE v.secret_hash = %(viewing)s AND v.ends_at > clock_timestamp()
            AND s.ended_at IS NULL AND s.ends_at > clock_timestamp()
    )
    SELECT reader.session, reader.person, reader.patient, study.record,
        study.state = 'available' AS available,
        study.released_at IS NOT NULL AND NOT access.unheeded(claim.claim, claim.person)
            AS released,
        claim.person AS owner, helper.rights
    FROM (SELECT) AS asked
    LEFT JOIN reader ON true
    LEFT JOIN catalogue.study ON study.site = %(site)s AND study.study_uid = %(study_uid)s
    LEFT JOIN access.claim ON claim.record = study.record AND claim.ended_at IS NULL
    LEFT JOIN access.helper ON helper.patient = claim.person AND helper.person = reader.person
        AND helper.joined_at IS NOT NULL AND helper.ended_at IS NULL
    LIMIT 1
"""
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


@dataclass(frozen=True, slots=True)
class Credential:
    """What a request brings: the hash of a session's secret, or of a viewing's. Or neither."""

    session: bytes | None = None
    viewing: bytes | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A read that was allowed, inside its transaction."""

    connection: Connection
    reader: Reader
    record: UUID
    decision: Decision


@dataclass(frozen=True, slots=True)
class Visible:
    """Whose records a reader may see in lists, inside a transaction."""

    connection: Connection
    reader: Reader
    records: tuple[Row, ...]  # record, site, owner, own


class Hidden(Exception):
    """The reader may not; to them it does not exist. `because` is for us, not for them."""

    def __init__(self, because: Because) -> None:
        """Keep why."""
        super().__init__(because.value)
        self.because = because


class Reading:
    """The one door to what was received: policy, log and transaction together."""

    def __init__(self, database: Database, logbook: Logbook) -> None:
        """Ask `database`, which is the primary: no permission is ever remembered."""
        self._database = database
        self._logbook = logbook

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
        with self._database.transaction() as connection:
            reader, facts = asked(connection, credential, site, study_uid)
            decision = may(reader, action, facts)
            note = noted(reader, facts, decision, action, study_uid, series_uid)
            if note is not None:
                self._logbook.write(connection, note)
            if decision.allowed and facts.record is not None:
                yield Opened(connection, reader, facts.record, decision)
        if note is not None:
            self._logbook.written(note)
        if not decision.allowed:
            raise Hidden(decision.because)

    @contextmanager
    def visible(self, credential: Credential) -> Iterator[Visible]:
        """Give the records whose studies may be listed.

        Raises:
            Hidden: nobody is signed in.

        """
        with self._database.transaction() as connection:
            yield seen(connection, credential)

    @contextmanager
    def listed(self, credential: Credential, site: str | None = None) -> Iterator[Visible]:
        """Give the records that `visible` gives, of one site or of all; their logs say so.

        Raises:
            Hidden: nobody is signed in.

        """
        with self._database.transaction() as connection:
            visible = seen(connection, credential)
            rows = tuple(row for row in visible.records if site in {None, row["site"]})
            notes = [listing(visible.reader, row) for row in rows]
            # In one order everywhere, so that nobody waits for each other in a circle.
            for note in sorted(notes, key=lambda note: note.record):
                self._logbook.write(connection, note)
            yield Visible(connection, visible.reader, rows)
        for note in notes:
            self._logbook.written(note)


def seen(connection: Connection, credential: Credential) -> Visible:
    """Return whose records may be listed.

    Raises:
        Hidden: nobody is signed in.

    """
    reader, _ = asked(connection, credential, "", "")
    if reader.person is None:
        raise Hidden(Because.SIGNED_OUT)
    told = {"person": reader.person, "patient": reader.patient}
    rows = connection.execute(RECORDS, told).fetchall()
    return Visible(connection, reader, tuple(rows))


def listing(reader: Reader, row: Row) -> Note:
    """Return what to write into the log of a record whose studies are listed."""
    if reader.person is None or reader.session is None:
        raise Hidden(Because.SIGNED_OUT)
    return Note(
        record=row["record"],
        actor_kind="patient" if row["own"] else "helper",
        actor=reader.person,
        session=reader.session,
        action=Action.LIST.value,
        because=(Because.OWN if row["own"] else Because.HELPER).value,
        study_uid="",
        series_uid="",
    )


def asked(
    connection: Connection, credential: Credential, site: str, study_uid: str
) -> tuple[Reader, Facts]:
    """Return who asks and what there is, as committed now."""
    told = {
        "session": credential.session,
        "viewing": credential.viewing,
        "site": site,
        "study_uid": study_uid,
    }
    (row,) = connection.execute(FACTS, told).fetchall()
    reader = Reader(row["person"], row["session"], row["patient"])
    rights = Rights(row["rights"]) if row["rights"] else None
    return reader, Facts(
        record=row["record"],
        owner=row["owner"],
        rights=rights,
        available=bool(row["available"]),
        released=bool(row["released"]),
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
    if facts.record is None or reader.session is None or reader.person is None:
        return None
    kinds = {Because.OWN: "patient", Because.HELPER: "helper"}
    own = "patient" if reader.person == facts.owner else "helper" if facts.rights else "stranger"
    return Note(
        record=facts.record,
        actor_kind=kinds.get(decision.because, own),
        actor=reader.person,
        session=reader.session,
        action=action.value if decision.allowed else "refused",
        because=decision.because.value,
        study_uid=study_uid,
        series_uid=series_uid,
    )
