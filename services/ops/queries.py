"""What the schemas know of a study, an object or a digest, for `trace` and `study show`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from services.ops.life import Traces
from shared.db import Connection, Row
from shared.reference import normalised

UID = re.compile(r"[0-9]+(\.[0-9]+)*")
DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Thing:
    """A study (`study_uid`), a dropped object (`sha256`), or a letter about many, at a site."""

    site: str
    reference: str
    study_uid: str | None = None
    sha256: str | None = None
    digest: str | None = None  # the delivery's id

    @property
    def title(self) -> str:
        """Return what it is, in one line."""
        if self.study_uid:
            return f"study {self.study_uid} at {self.site}, reference {self.reference}"
        if self.digest:
            return f"letter about several studies at {self.site}, reference {self.reference}"
        return f"object {self.sha256} at {self.site}, reference {self.reference}"


STUDIES = {
    "reference": """
        SELECT site, study_uid, reference FROM catalogue.study WHERE reference = %s
        UNION SELECT site, study_uid, reference FROM notify.delivery
        WHERE reference = %s AND study_uid IS NOT NULL""",
    "accession": """
        SELECT site, study_uid, reference FROM catalogue.study WHERE accession_number = %s
        AND %s <> ''""",
    "uid": """
        SELECT site, study_uid, reference FROM catalogue.study WHERE study_uid = %s
        UNION SELECT s.site, s.study_uid, s.reference FROM catalogue.series
        JOIN catalogue.study s USING (site, study_uid) WHERE series_uid = %s""",
}
DIGESTS = {
    "reference": """
        SELECT site, delivery::text AS digest, reference FROM notify.delivery
        WHERE reference = %s AND reference = %s AND study_uid IS NULL""",
}
OBJECTS = {
    "reference": """
        SELECT DISTINCT site, sha256, reference FROM ingest.receipt WHERE reference = %s
        UNION SELECT site, sha256, reference FROM ingest.quarantine WHERE reference = %s""",
    "digest": """
        SELECT DISTINCT ON (site, sha256) site, sha256, reference FROM ingest.receipt
        WHERE sha256 = %s OR drop_digest = %s""",
    "uid": """
        SELECT DISTINCT ON (c.site, c.sha256) c.site, c.sha256, r.reference
        FROM catalogue.content c JOIN ingest.receipt r USING (site, sha256)
        WHERE c.sop_uid = %s OR c.sop_uid = %s""",
}


def things(connection: Connection, said: str) -> Iterator[Thing]:
    """Yield everything that `said` names: a reference, accession number, UID or SHA-256."""
    said = said.strip()
    ways: list[tuple[str, str]] = [("accession", said)]
    if (reference := normalised(said)) is not None:
        ways.append(("reference", reference))
    if UID.fullmatch(said):
        ways.append(("uid", said))
    if DIGEST.fullmatch(said.lower()):
        ways.append(("digest", said.lower()))
    for way, value in ways:
        for row in rows(connection, STUDIES.get(way), value, value):
            yield Thing(row["site"], row["reference"], study_uid=row["study_uid"])
        for row in rows(connection, OBJECTS.get(way), value, value):
            yield Thing(row["site"], row["reference"], sha256=row["sha256"])
        for row in rows(connection, DIGESTS.get(way), value, value):
            yield Thing(row["site"], row["reference"], digest=row["digest"])


def rows(connection: Connection, query: str | None, *parameters: object) -> list[Row]:
    """Return what `query` gives, nothing where there is none."""
    if query is None:
        return []
    # The queries are this module's own constants; LiteralString gets lost in a table.
    return connection.execute(query.encode(), parameters).fetchall()


# All but the header, which is large.
CONTENT = """
    SELECT sop_uid, sha256, study_uid, standing, conflict, filed_at FROM catalogue.content
"""
# Each takes the site and what the thing is called there.
OF = {
    "study": {
        "receipts": "SELECT * FROM ingest.receipt WHERE site = %s AND study_uid = %s",
        "contents": CONTENT + "WHERE site = %s AND study_uid = %s",
        "settlements": "SELECT * FROM catalogue.settlement WHERE site = %s AND study_uid = %s",
        "studies": "SELECT * FROM catalogue.study WHERE site = %s AND study_uid = %s",
        "deliveries": """
            SELECT d.* FROM (VALUES (%s, %s)) AS asked (site, study_uid)
            JOIN notify.delivery AS d ON d.site = asked.site AND (d.study_uid = asked.study_uid
                OR d.delivery IN (SELECT i.delivery FROM notify.digested AS i
                    WHERE (i.site, i.study_uid) = (asked.site, asked.study_uid)))""",
    },
    "digest": {
        "deliveries": "SELECT * FROM notify.delivery WHERE site = %s AND delivery::text = %s",
        "digested": "SELECT * FROM notify.digested WHERE site = %s AND delivery::text = %s",
    },
    "object": {
        "receipts": "SELECT * FROM ingest.receipt WHERE site = %s AND sha256 = %s",
        "quarantined": "SELECT * FROM ingest.quarantine WHERE site = %s AND sha256 = %s",
        "contents": CONTENT + "WHERE site = %s AND sha256 = %s",
        "settlements": "SELECT * FROM catalogue.settlement WHERE site = %s AND sha256 = %s",
    },
}
STUDY_OF_OBJECT = """
    SELECT s.site, s.study_uid, s.reference FROM catalogue.content c
    JOIN catalogue.study s USING (site, study_uid) WHERE c.site = %s AND c.sha256 = %s
"""


def traces(connection: Connection, thing: Thing, dead: list[dict[str, Any]]) -> Traces:
    """Return what is known of `thing`; of an object also what became of its study."""
    asked = {"study": thing.study_uid, "digest": thing.digest, "object": thing.sha256}
    (kind, name), *_ = ((kind, name) for kind, name in asked.items() if name)
    known = {one: rows(connection, query, thing.site, name) for one, query in OF[kind].items()}
    for study in rows(connection, STUDY_OF_OBJECT, thing.site, thing.sha256)[:1]:
        for one in ("studies", "deliveries"):
            known[one] = rows(connection, OF["study"][one], study["site"], study["study_uid"])
    return Traces(**known, dead=dead)


def identifiers(traced: Traces) -> set[str]:
    """Return the UIDs and digests by which a dead letter is known to be about the thing."""
    names = ("study_uid", "sop_uid", "sha256", "drop_digest")
    every = (*traced.receipts, *traced.contents, *traced.quarantined, *traced.studies)
    return {str(row[name]) for row in every for name in names if row.get(name)}
