"""The standing of each content, written and, where it conflicts, told."""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from services.index.presented import Content, Judged, Standing, judge
from services.index.store import SCHEMA, InstanceKey, StudyKey, columns
from shared import outbox
from shared.db import Conflicted, Connection, Row
from shared.events import Conflict, InstanceConflicted

CONTENTS = """
    SELECT site, sop_uid, c.sha256, c.study_uid, c.record, c.received_at, c.standing, c.conflict,
        c.conflict_told, t.sha256 IS NOT NULL AS settled, t.pixel_digest
    FROM catalogue.content AS c
    JOIN unnest(%s::text[], %s::text[]) AS touched (site, sop_uid) USING (site, sop_uid)
    LEFT JOIN catalogue.settlement AS t USING (site, sop_uid, sha256)
"""


def present(
    connection: Connection, instances: Iterable[InstanceKey], records: dict[StudyKey, UUID | None]
) -> set[StudyKey]:
    """Write the standing of each content of `instances`, and tell of those that conflict.

    Returns the studies in which a standing has changed.

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
    for presented in (False, True):
        some = [pair for pair in changed if (pair[1].standing is Standing.PRESENTED) is presented]
        write(connection, some)
    return {(row["site"], row["study_uid"]) for row, _ in changed}


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
