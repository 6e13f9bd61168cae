"""What is to come of a study: kept, and the study asked again where that changes the answer."""

from shared.db import Connection
from shared.events import StudyDeclared

# Locked first, so that of two declarations each sees what the other has changed.
LOCK = "SELECT 1 FROM catalogue.study WHERE site = %s AND study_uid = %s FOR UPDATE"
EXPECTED = "SELECT expected FROM catalogue.expectation WHERE site = %s AND study_uid = %s"
ADD = """
    INSERT INTO catalogue.declaration AS old
        (site, study_uid, sha256, origin, instances, declared_at)
    VALUES (%(site)s, %(study_uid)s, %(sha256)s, %(origin)s, %(instances)s, %(declared_at)s)
    ON CONFLICT (site, study_uid, sha256) DO UPDATE SET declared_at = excluded.declared_at
    WHERE old.declared_at < excluded.declared_at
"""
# A study that waits is asked at once. One that has counted as complete waits again where more is
# to come, and says so from now on; one that counted as partial is asked whether it still is.
ASK = """
    UPDATE catalogue.study SET changes = changes + 1, due_at = clock_timestamp(),
        waiting_since = CASE WHEN due_at IS NULL THEN clock_timestamp() ELSE waiting_since END,
        completeness = CASE WHEN revision > 0 AND received < expected THEN 'partial'
            ELSE completeness END
    FROM (SELECT count(DISTINCT sop_uid) AS received FROM catalogue.content
        WHERE site = %(site)s AND study_uid = %(study_uid)s) AS had,
        (SELECT %(expected)s::int AS expected) AS told
    WHERE site = %(site)s AND study_uid = %(study_uid)s
        AND (due_at IS NOT NULL
            OR revision > 0 AND (received < expected OR completeness = 'partial'))
"""


def add(connection: Connection, event: StudyDeclared) -> None:
    """Keep what is declared, once, before or after anything of the study has come."""
    study = (event.site, event.study_uid)
    connection.execute(LOCK, study)
    before = expected(connection, *study)
    told = {**event.model_dump(exclude={"object"}), "sha256": event.object.sha256}
    connection.execute(ADD, told)
    after = expected(connection, *study)
    if after != before:
        connection.execute(ASK, {**told, "expected": after})


def expected(connection: Connection, site: str, study_uid: str) -> int | None:
    """Return how many SOP instances the study is to have, None where nobody says."""
    row = connection.execute(EXPECTED, (site, study_uid)).fetchone()
    return row["expected"] if row else None
