"""What a batch has changed about its studies, counted from the rows at its end.

The rows of the studies are locked in the order of their keys, so two replicas that count the same
studies wait for each other instead of seeing half, and never in a circle.
"""

from collections.abc import Iterable
from uuid import UUID

from services.index import described
from services.index.standings import present
from services.index.store import Batch, InstanceKey, StudyKey, columns
from shared.db import Conflicted, Connection, Refused, translated
from shared.reference import reference

UNIQUE_VIOLATION = "23505"


def settle(batch: Batch) -> None:
    """Decide who is presented, count, and set when to ask whether the studies are complete.

    Raises:
        Conflicted: another transaction filed a content of the same instance meanwhile.

    """
    if not batch.studies:
        return
    try:
        with translated():
            count(batch)
    except Refused as error:
        # Unique: one content an instance is presented, and another replica's already is.
        if error.sqlstate == UNIQUE_VIOLATION:
            raise Conflicted from None
        raise


def count(batch: Batch) -> None:
    """Do what `settle` says, under the locks of the studies."""
    connection = batch.connection
    studies = batch.studies | beside(connection, batch.instances)
    records = locked(connection, studies)
    moved = assigned(connection, batch.studies, records)
    changed = present(connection, batch.instances | within(connection, moved), records)
    described.count(connection, batch.studies | changed)


BESIDE = """
    SELECT DISTINCT site, study_uid FROM catalogue.content
    JOIN unnest(%s::text[], %s::text[]) AS touched (site, sop_uid) USING (site, sop_uid)
"""


def beside(connection: Connection, instances: Iterable[InstanceKey]) -> set[StudyKey]:
    """Return every study that has a content of `instances`."""
    rows = connection.execute(BESIDE, columns(instances))
    return {(row["site"], row["study_uid"]) for row in rows}


# In a rebuilt catalogue a study goes on from what was told of it.
MAKE = """
    INSERT INTO catalogue.study (site, study_uid, reference, revision, because, completeness,
        available_at, released_at, held_because, held_until)
    SELECT site, study_uid, reference, coalesce(revision, 0), because, completeness,
        available_at, released_at, held_because, held_until
    FROM unnest(%s::text[], %s::text[], %s::text[]) AS made (site, study_uid, reference)
    LEFT JOIN told.study USING (site, study_uid)
    ORDER BY site, study_uid ON CONFLICT DO NOTHING
"""
LOCK = """
    SELECT site, study_uid, record FROM catalogue.study
    JOIN unnest(%s::text[], %s::text[]) AS touched (site, study_uid) USING (site, study_uid)
    ORDER BY site, study_uid FOR UPDATE OF study
"""


def locked(connection: Connection, studies: Iterable[StudyKey]) -> dict[StudyKey, UUID | None]:
    """Make the rows that are missing, lock all, and return whose each study is."""
    keys = sorted(studies)
    references = [reference("study", site, study_uid) for site, study_uid in keys]
    connection.execute(MAKE, [*columns(keys), references])
    rows = connection.execute(LOCK, columns(keys))
    return {(row["site"], row["study_uid"]): row["record"] for row in rows}


# The patient is the one of the oldest content that names one. Once the study has counted as
# complete, no later arrival changes that: somebody may have been told.
ASSIGN = """
    UPDATE catalogue.study SET record = oldest.record
    FROM (
        SELECT DISTINCT ON (site, study_uid) site, study_uid, record
        FROM catalogue.content
        JOIN unnest(%s::text[], %s::text[]) AS touched (site, study_uid) USING (site, study_uid)
        WHERE record IS NOT NULL ORDER BY site, study_uid, received_at, sha256
    ) AS oldest
    WHERE (study.site, study.study_uid) = (oldest.site, oldest.study_uid)
        AND study.revision = 0 AND study.record IS DISTINCT FROM oldest.record
    RETURNING study.site, study.study_uid, study.record
"""
# In a rebuilt catalogue it is whose it was, as soon as that patient is there again.
RECALL = """
    UPDATE catalogue.study SET record = told.record
    FROM told.study AS told
    JOIN unnest(%s::text[], %s::text[]) AS touched (site, study_uid) USING (site, study_uid)
    JOIN catalogue.record USING (record)
    WHERE (study.site, study.study_uid) = (told.site, told.study_uid)
        AND study.revision > 0 AND study.record IS NULL
    RETURNING study.site, study.study_uid, study.record
"""


def assigned(
    connection: Connection, studies: Iterable[StudyKey], records: dict[StudyKey, UUID | None]
) -> set[StudyKey]:
    """Write whose the studies are, also into `records`; return those of which it changed."""
    moved = {
        (row["site"], row["study_uid"]): row["record"]
        for query in (ASSIGN, RECALL)
        for row in connection.execute(query, columns(studies))
    }
    records |= moved
    return set(moved)


WITHIN = """
    SELECT DISTINCT site, sop_uid FROM catalogue.content
    JOIN unnest(%s::text[], %s::text[]) AS touched (site, study_uid) USING (site, study_uid)
"""


def within(connection: Connection, studies: Iterable[StudyKey]) -> set[InstanceKey]:
    """Return every instance that has a content in `studies`."""
    rows = connection.execute(WITHIN, columns(studies))
    return {(row["site"], row["sop_uid"]) for row in rows}
