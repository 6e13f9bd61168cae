"""Earlier studies of the same part of the body, which a reader wants to compare with."""

from uuid import UUID

from services.portal.pages import plain
from shared.access import MOST_NAMED, Named
from shared.db import Connection, Row

MOST = MOST_NAMED - 1  # studies: the one that is shared is named too

# Of all the records that the owner of this study has claimed.
STUDIES = """
    SELECT s.site, s.study_uid, s.study_date, s.description, s.modalities,
        array(SELECT DISTINCT body_part FROM catalogue.series AS r
            WHERE r.site = s.site AND r.study_uid = s.study_uid AND body_part IS NOT NULL
            ORDER BY body_part) AS body_parts
    FROM catalogue.study AS s JOIN access.claim USING (record)
    WHERE claim.person = %s AND claim.ended_at IS NULL
        AND s.state = 'available' AND s.released_at IS NOT NULL
        AND NOT access.unheeded(claim.claim, claim.person)
    ORDER BY s.study_date DESC NULLS LAST, s.site, s.study_uid
"""


def earlier(connection: Connection, patient: UUID, study: Named) -> list[Named]:
    """Return the patient's studies of the same part as `study`, made before it, newest first.

    Of more than a share may name, the newest.
    """
    rows = connection.execute(STUDIES, (patient,)).fetchall()
    mine = next((row for row in rows if named(row) == study), None)
    part = examined(mine) if mine else None
    if mine is None or part is None or mine["study_date"] is None:
        return []
    found = [
        named(row)
        for row in rows
        if row is not mine
        and row["study_date"] is not None
        and row["study_date"] <= mine["study_date"]
        and examined(row) == part
    ]
    return found[:MOST]


def named(row: Row) -> Named:
    """Return which study a row is of."""
    return row["site"], row["study_uid"]


def examined(row: Row) -> str | None:
    """Return the part of the body in our own words."""
    return plain.examined(row["body_parts"], row["description"])
