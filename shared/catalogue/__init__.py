"""The catalogue, read only: what `scanpass find` and the portal ask."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import fields
from datetime import date
from typing import Any, TypeAlias
from uuid import UUID

from shared.catalogue.folding import folded, searchable, words
from shared.catalogue.rows import ContentRow, Position, SeriesRow, StudyPicture, StudyRow
from shared.catalogue.synonyms import PHRASES, alternatives
from shared.catalogue.times import moment
from shared.db import Connection, Row, sql

__all__ = [
    "ContentRow",
    "Position",
    "SeriesRow",
    "StudyPicture",
    "StudyRow",
    "find",
    "patterns",
    "searchable",
    "study",
    "words",
]

Dates: TypeAlias = tuple[date | None, date | None]  # first and last day, either open

STUDY = """
    SELECT s.site, s.study_uid, s.reference, s.record, r.issuer, r.patient_id, s.patient_name,
        s.patient_birth_date, s.patient_sex, s.study_date, s.study_time, s.accession_number,
        s.study_id, s.description, s.referring_physician, s.modalities, s.state, s.revision,
        s.series_count, s.instance_count, s.failed_count, s.conflict_count, s.because,
        s.completeness, s.first_seen, s.last_seen, s.available_at, s.released_at, s.utc_offset,
        s.held_because, s.held_until,
        coalesce(h.timezone, 'UTC') AS timezone,
        (SELECT expected FROM catalogue.expectation AS e
        WHERE e.site = s.site AND e.study_uid = s.study_uid) AS expected
    FROM catalogue.study AS s LEFT JOIN catalogue.record AS r USING (record)
    LEFT JOIN sites.site AS h ON h.site = s.site
"""
SERIES = """
    SELECT series_uid, modality, series_number, description, body_part, laterality,
        instance_count, metadata_key
    FROM catalogue.series WHERE site = %s AND study_uid = %s
    ORDER BY series_number NULLS LAST, series_uid
"""
CONTENTS = """
    SELECT c.series_uid, c.sop_uid, c.sha256, c.sop_class_uid, c.transfer_syntax_uid,
        c.instance_number, c.size, c.archive_key, c.marks, c.standing, c.conflict, c.received_at,
        t.outcome, t.reason, t.bucket AS served_bucket, t.key AS served_key,
        t.size AS served_size, t.frames, t.codec
    FROM catalogue.content AS c LEFT JOIN catalogue.settlement AS t USING (site, sop_uid, sha256)
    WHERE c.site = %s AND c.study_uid = %s
    ORDER BY c.instance_number NULLS LAST, c.sop_uid, c.received_at, c.sha256
"""


def find(  # noqa: PLR0913  each is one thing a person may know
    connection: Connection,
    said: str = "",
    *,
    site: str | None = None,
    patient_id: str | None = None,
    accession: str | None = None,
    modality: str | None = None,
    dates: Dates | None = None,
    records: Collection[UUID] | None = None,
    limit: int = 50,
    after: Position | None = None,
) -> list[StudyRow]:
    """Return studies, the newest first, at most `limit`, after the row that was at `after`.

    With `records` only studies of these patients are found.

    Every word of `said` must be the start of a word in the patient's name (any group), Patient
    ID, description, body part, modality, accession number or year, or a plain word for one.
    """
    first, last = dates or (None, None)
    asked: list[tuple[str, object]] = [
        ("s.site = %s", site),
        ("r.patient_id = %s", patient_id),
        ("s.accession_number = %s", accession),
        ("%s = ANY (s.modalities)", modality.upper() if modality else None),
        ("s.study_date >= %s", first),
        ("s.study_date <= %s", last),
        ("s.record = ANY (%s)", None if records is None else list(records)),
    ]
    asked += [("s.search LIKE ANY (%s)", each) for each in patterns(said)]
    conditions = [text for text, value in asked if value is not None]
    values: list[object] = [value for _, value in asked if value is not None]
    if after is not None:
        conditions.append(BEHIND)
        values += [after.study_date, after.study_date, after.site, after.study_uid]
    query = sql.SQL(STUDY + "WHERE true ") + sql.SQL("").join(
        sql.SQL(" AND " + each) for each in conditions
    )
    rows = connection.execute(query + sql.SQL(IN_ORDER), [*values, limit]).fetchall()
    return [study_row(row) for row in rows]


NEWEST = "coalesce(s.study_date, '-infinity')"
BEHIND = f"""({NEWEST} < coalesce(%s::date, '-infinity')
    OR ({NEWEST} = coalesce(%s::date, '-infinity') AND (s.site, s.study_uid) > (%s, %s)))"""
IN_ORDER = f" ORDER BY {NEWEST} DESC, s.site, s.study_uid LIMIT %s"


def patterns(said: str) -> list[list[str]]:
    """Return, for each word of `said`, the LIKE patterns of which one must match."""
    text = " ".join(folded(said).split())
    for phrase, word in PHRASES.items():
        text = f" {text} ".replace(f" {phrase} ", f" {word} ").strip()
    found = []
    for word in words(text):
        starts, codes = alternatives(word)
        found.append([*(f"% {start}%" for start in starts), *(f"% {code} %" for code in codes)])
    return found


def study(connection: Connection, site: str, study_uid: str) -> StudyPicture | None:
    """Return all that is known of one study, or None where there is none."""
    one = (site, study_uid)
    row = connection.execute(STUDY + "WHERE s.site = %s AND s.study_uid = %s", one).fetchone()
    if row is None:
        return None
    contents: dict[str, list[ContentRow]] = defaultdict(list)
    for each in connection.execute(CONTENTS, one):
        contents[each["series_uid"]].append(ContentRow(**{**each, "marks": tuple(each["marks"])}))
    series = [
        SeriesRow(**each, contents=tuple(contents[each["series_uid"]]))
        for each in connection.execute(SERIES, one)
    ]
    return StudyPicture(study_row(row), tuple(series))


def study_row(row: Row) -> StudyRow:
    """Return a row of `STUDY` as what it is."""
    told: dict[str, Any] = {name: row[name] for name in STORED}
    at = moment(row["study_date"], row["study_time"], row["utc_offset"], row["timezone"])
    return StudyRow(**{**told, "modalities": tuple(told["modalities"]), "studied_at": at})


STORED = [field.name for field in fields(StudyRow) if field.name != "studied_at"]
