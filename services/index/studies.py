"""What a batch has changed about its studies, counted from the rows at its end.

The rows of the studies are locked in the order of their keys, so two replicas that count the same
studies wait for each other instead of seeing half, and never in a circle.
"""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from services.index import described
from services.index.presented import Content, Judged, Standing, judge
from services.index.store import SCHEMA, Batch, InstanceKey, StudyKey
from shared import outbox
from shared.db import Conflicted, Connection, Refused, Row, translated
from shared.events import Conflict, InstanceConflicted
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
    present(connection, batch.instances | within(connection, moved), records)
    described.count(connection, studies)


BESIDE = """
    SELECT DISTINCT site, study_uid FROM catalogue.content
    JOIN unnest(%s::text[], %s::text[]) AS touched (site, sop_uid) USING (site, sop_uid)
"""


def beside(connection: Connection, instances: Iterable[InstanceKey]) -> set[StudyKey]:
    """Return every study that has a content of `instances`."""
    rows = connection.execute(BESIDE, columns(instances))
    return {(row["site"], row["study_uid"]) for row in rows}


MAKE = """
    INSERT INTO catalogue.study (site, study_uid, reference)
    SELECT * FROM unnest(%s::text[], %s::text[], %s::text[]) AS made (site, study_uid, reference)
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


def assigned(
    connection: Connection, studies: Iterable[StudyKey], records: dict[StudyKey, UUID | None]
) -> set[StudyKey]:
    """Write whose the studies are, also into `records`; return those of which it changed."""
    moved = {
        (row["site"], row["study_uid"]): row["record"]
        for row in connection.execute(ASSIGN, columns(studies))
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


CONTENTS = """
    SELECT site, sop_uid, c.sha256, c.study_uid, c.record, c.received_at, c.standing, c.conflict,
        c.conflict_told, t.sha256 IS NOT NULL AS settled, t.pixel_digest
    FROM catalogue.content AS c
    JOIN unnest(%s::text[], %s::text[]) AS touched (site, sop_uid) USING (site, sop_uid)
    LEFT JOIN catalogue.settlement AS t USING (site, sop_uid, sha256)
"""


def present(
    connection: Connection, instances: Iterable[InstanceKey], records: dict[StudyKey, UUID | None]
) -> None:
    """Write the standing of each content of `instances`, and tell of those that conflict.

    Raises:
        Conflicted: one of them lies in a study that came up after the locks were taken.

    """
    groups: dict[InstanceKey, list[Row]] = defaultdict(list)
    for row in connection.execute(CONTENTS, columns(instances)):
        if (row["site"], row["study_uid"]) not in records:
            raise Conflicted
        groups[row["site"], row["sop_uid"]].append(row)
    changed: list[tuple[Row, Judged]] = []
    for (site, _), rows in sorted(groups.items()):
        judged = judge(
            map(content, rows), {r["study_uid"]: records[site, r["study_uid"]] for r in rows}
        )
        shown = next((k for k, v in judged.items() if v.standing is Standing.PRESENTED), None)
        for row in rows:
            verdict = judged[row["sha256"]]
            if (verdict.standing, verdict.conflict) != (row["standing"], row["conflict"]):
                changed.append((row, verdict))
            if verdict.conflict and not row["conflict_told"]:
                outbox.put(connection, SCHEMA, conflicted(row, verdict.conflict, shown))
    # The presented last: two of one instance are never allowed, not even for a moment.
    changed.sort(key=lambda pair: pair[1].standing is Standing.PRESENTED)
    for presented in (False, True):
        write(
            connection,
            [pair for pair in changed if (pair[1].standing is Standing.PRESENTED) is presented],
        )


def content(row: Row) -> Content:
    """Return a row of `CONTENTS` as what `judge` takes."""
    return Content(
        row["sha256"],
        row["study_uid"],
        row["record"],
        row["received_at"],
        row["settled"],
        row["pixel_digest"],
    )


def conflicted(row: Row, reason: Conflict, shown: str | None) -> InstanceConflicted:
    """Return the event that asks for a human."""
    return InstanceConflicted(
        site=row["site"],
        study_uid=row["study_uid"],
        sop_uid=row["sop_uid"],
        reason=reason,
        presented_sha256=shown,
        other_sha256=row["sha256"],
    )


WRITE = """
    UPDATE catalogue.content AS c SET standing = new.standing, conflict = new.conflict,
        conflict_told = c.conflict_told OR new.conflict IS NOT NULL
    FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
        AS new (site, sop_uid, sha256, standing, conflict)
    WHERE (c.site, c.sop_uid, c.sha256) = (new.site, new.sop_uid, new.sha256)
"""


def write(connection: Connection, judged: list[tuple[Row, Judged]]) -> None:
    """Write the standings of contents."""
    if judged:
        rows = [
            (row["site"], row["sop_uid"], row["sha256"], one.standing.value, one.conflict)
            for row, one in judged
        ]
        connection.execute(WRITE, columns(rows))


def columns(rows: Iterable[tuple[object, ...]]) -> list[list[object]]:
    """Return rows, sorted, as the arrays that `unnest` takes; two empty ones for none."""
    return [list(column) for column in zip(*sorted(rows, key=str), strict=True)] or [[], []]
