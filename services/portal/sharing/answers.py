"""What readers answer the patient: kept beside the scan it is about, marked whose words it is."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from services.portal import logbook
from services.portal.logbook import SCHEMA, Note
from services.portal.reading import Opened, kind_of
from services.portal.sharing import notices
from shared import outbox
from shared.access import Because, Named
from shared.db import Connection, Row
from shared.events import ShareAnswered

WORDS = 4000  # characters
MOST = 20  # answers of one reader by one grant
ROOM = 50 << 20  # bytes of all answers to one patient
ACTION = "share-answered"

# Whoever answers has been let in by the grant: it stands, and the study is within.
KEEP = """
    INSERT INTO access.answer (answer, guest, person, grant_id, site, study_uid, words, pdf)
    SELECT %(answer)s, h.guest, g.person, g.grant_id, %(site)s, %(study_uid)s, %(words)s, %(pdf)s
    FROM access.guest AS h JOIN access.grants AS g USING (grant_id)
    WHERE h.guest = %(guest)s
        AND (SELECT count(*) FROM access.answer AS a WHERE a.guest = h.guest) < %(most)s
        AND (SELECT coalesce(sum(octet_length(pdf)), 0) FROM access.answer AS a
            WHERE a.person = g.person) + %(size)s <= %(room)s
    ON CONFLICT (answer) DO NOTHING RETURNING person, grant_id
"""
# As the patient has it who has claimed the record now; nothing of who had it before.
TOLD = """
    SELECT a.answer, a.site, a.study_uid, a.words, a.answered_at, h.name, h.role,
        octet_length(a.pdf) AS size
    FROM access.answer AS a JOIN access.guest AS h USING (guest)
        JOIN catalogue.study AS s USING (site, study_uid)
        JOIN access.claim AS c ON c.record = s.record AND c.ended_at IS NULL
            AND c.person = a.person
"""
OF_STUDIES = f"""{TOLD}
    WHERE (a.site, a.study_uid) IN (SELECT * FROM unnest(%s::text[], %s::text[]))
    ORDER BY a.answered_at, a.answer
"""  # noqa: S608  constants
OF_GRANT = TOLD + " WHERE a.grant_id = %s ORDER BY a.answered_at, a.answer"
ONE = TOLD + " WHERE a.answer = %s"
PDF = "SELECT pdf FROM access.answer WHERE answer = %s"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a reader says of a study; `answer` is its identity: a form sent twice is one."""

    answer: UUID
    site: str
    study_uid: str
    words: str
    pdf: bytes | None


def keep(opened: Opened, said: Answer) -> bool:
    """Keep an answer and have the patient told; False where there are too many, or it was kept."""
    reader, connection = opened.reader, opened.connection
    told = {
        "answer": said.answer,
        "guest": reader.guest,
        "site": said.site,
        "study_uid": said.study_uid,
        "words": said.words,
        "pdf": said.pdf,
        "size": len(said.pdf or b""),
        "most": MOST,
        "room": ROOM,
    }
    row = connection.execute(KEEP, told).fetchone()
    if row is None or reader.guest is None:
        return False
    because = Because.GRANTED
    who = (kind_of(reader, because), reader.guest, reader.session)
    note = Note(opened.record, *who, ACTION, because.value, said.study_uid, "")
    logbook.append(connection, note, ACTION, 0)
    event = ShareAnswered(
        person=row["person"], grant=row["grant_id"], guest=reader.guest, answer=said.answer
    )
    outbox.put(connection, SCHEMA, event)
    grant, person = row["grant_id"], row["person"]
    notices.note(connection, notices.Kind.ANSWERED, said.answer, grant, person)
    return True


def clean(words: str) -> str:
    """Return words as they are kept: lines stay, and nothing that cannot be seen."""
    lines = words.replace("\r\n", "\n").split("\n")
    kept = ("".join(each for each in line if each.isprintable()).rstrip() for line in lines)
    return "\n".join(kept).strip()[:WORDS]


def of_studies(connection: Connection, studies: Collection[Named]) -> list[Row]:
    """Return the answers about studies, the oldest first."""
    pairs = list(studies)
    told = ([site for site, _ in pairs], [uid for _, uid in pairs])
    return connection.execute(OF_STUDIES, told).fetchall()


def of_grant(connection: Connection, grant: UUID) -> list[Row]:
    """Return the answers that came by a grant."""
    return connection.execute(OF_GRANT, (grant,)).fetchall()


def one(connection: Connection, answer: UUID) -> Row | None:
    """Return one answer, of whom it is still to."""
    return connection.execute(ONE, (answer,)).fetchone()


def pdf(connection: Connection, answer: UUID) -> bytes | None:
    """Return an answer's PDF."""
    row = connection.execute(PDF, (answer,)).fetchone()
    return bytes(row["pdf"]) if row and row["pdf"] is not None else None
