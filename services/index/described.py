"""What the rows of a study and its series say, counted and read from what is presented."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, astuple, fields

from services.index.catalogue import SeriesValues, StudyValues, Values, search_words, values
from services.index.store import StudyKey
from shared.catalogue import searchable
from shared.catalogue.served import unpacked
from shared.db import Connection, Row

COUNTED = ("presented", "failed", "conflicts")

# One pass over the contents of the touched studies; the oldest presented one describes a series.
COUNT = """
    SELECT c.site, c.study_uid, c.series_uid,
        count(*) FILTER (WHERE c.standing = 'presented') AS presented,
        count(*) FILTER (WHERE c.standing = 'presented' AND t.outcome = 'failed') AS failed,
        count(*) FILTER (WHERE c.standing = 'conflicting') AS conflicts,
        (array_agg(ARRAY[c.sop_uid, c.sha256] ORDER BY c.received_at, c.sop_uid)
            FILTER (WHERE c.standing = 'presented'))[1:1] AS oldest,
        min(c.received_at) FILTER (WHERE c.standing = 'presented') AS oldest_at,
        min(s.described_by) AS described_by
    FROM catalogue.content AS c
    JOIN unnest(%s::text[], %s::text[]) AS touched (site, study_uid) USING (site, study_uid)
    LEFT JOIN catalogue.settlement AS t
        ON (t.site, t.sop_uid, t.sha256) = (c.site, c.sop_uid, c.sha256)
    LEFT JOIN catalogue.series AS s
        ON (s.site, s.study_uid, s.series_uid) = (c.site, c.study_uid, c.series_uid)
    GROUP BY c.site, c.study_uid, c.series_uid
    ORDER BY c.site, c.study_uid, c.series_uid
"""


def count(connection: Connection, studies: Iterable[StudyKey]) -> None:
    """Write the counts of `studies`, whose rows are locked, and set when each is due."""
    keys = sorted(studies)
    counted: dict[StudyKey, list[Row]] = defaultdict(list)
    rows = connection.execute(COUNT, [[site for site, _ in keys], [uid for _, uid in keys]])
    for row in rows.fetchall():
        counted[row["site"], row["study_uid"]].append(row)
    for key in keys:
        for row in counted[key]:
            count_series(connection, row)
        count_study(connection, key, counted[key])


SERIES = """
    INSERT INTO catalogue.series (site, study_uid, series_uid, instance_count)
    VALUES (%s, %s, %s, %s)
    ON CONFLICT (site, study_uid, series_uid) DO UPDATE
        SET instance_count = excluded.instance_count
"""
DESCRIBE_SERIES = """
    UPDATE catalogue.series SET described_by = %s, modality = %s, series_number = %s,
        description = %s, body_part = %s, laterality = %s
    WHERE site = %s AND study_uid = %s AND series_uid = %s
"""


def count_series(connection: Connection, row: Row) -> None:
    """Write one series: its count, and what its oldest presented instance says of it."""
    key = (row["site"], row["study_uid"], row["series_uid"])
    connection.execute(SERIES, (*key, row["presented"]))
    if row["oldest"] and row["oldest"][0][1] != row["described_by"]:
        told = header(connection, row)
        connection.execute(DESCRIBE_SERIES, (row["oldest"][0][1], *astuple(told.series), *key))


HEADER = "SELECT header FROM catalogue.content WHERE site = %s AND sop_uid = %s AND sha256 = %s"


def header(connection: Connection, row: Row) -> Values:
    """Return what the header of a series' oldest presented instance says."""
    sop_uid, sha256 = row["oldest"][0]
    (found,) = connection.execute(HEADER, (row["site"], sop_uid, sha256)).fetchall()
    return values(json.loads(unpacked(found["header"])))


TOLD = """
    SELECT s.described_by, s.described_at, r.patient_id, s.patient_name, s.patient_birth_date,
        s.patient_sex, s.study_date, s.study_time, s.utc_offset, s.accession_number, s.study_id,
        s.description, s.referring_physician
    FROM catalogue.study AS s LEFT JOIN catalogue.record AS r USING (record)
    WHERE s.site = %s AND s.study_uid = %s
"""
TOLD_OF_SERIES = """
    SELECT modality, series_number, description, body_part, laterality FROM catalogue.series
    WHERE site = %s AND study_uid = %s AND instance_count > 0 ORDER BY series_uid
"""
STUDY = """
    UPDATE catalogue.study SET series_count = %(series)s, instance_count = %(presented)s,
        failed_count = %(failed)s, conflict_count = %(conflicts)s, modalities = %(modalities)s,
        search = %(search)s, described_by = %(described_by)s, described_at = %(described_at)s,
        patient_name = %(patient_name)s, patient_birth_date = %(patient_birth_date)s,
        patient_sex = %(patient_sex)s, study_date = %(study_date)s, study_time = %(study_time)s,
        utc_offset = %(utc_offset)s, accession_number = %(accession_number)s,
        study_id = %(study_id)s, description = %(description)s,
        referring_physician = %(referring_physician)s,
        changes = changes + 1, last_seen = clock_timestamp(),
        waiting_since = CASE WHEN due_at IS NULL THEN clock_timestamp() ELSE waiting_since END,
        due_at = clock_timestamp() + interval '1 second' * CASE
            WHEN EXISTS (SELECT FROM catalogue.declaration AS d
                WHERE d.site = study.site AND d.study_uid = study.study_uid) THEN 0
            ELSE coalesce((SELECT quiet_seconds FROM sites.site WHERE site = study.site), 60) END
    WHERE site = %(site)s AND study_uid = %(study_uid)s
"""


def count_study(connection: Connection, key: StudyKey, series: list[Row]) -> None:
    """Write one study: its counts, and what its oldest presented instance says of it."""
    shown = [row for row in series if row["presented"]]
    (row,) = connection.execute(TOLD, key).fetchall()
    told = StudyValues(**{field.name: row[field.name] for field in fields(StudyValues)})
    described_by, described_at = row["described_by"], row["described_at"]
    if shown:
        oldest = min(shown, key=lambda each: (each["oldest_at"], each["oldest"][0]))
        if oldest["oldest"][0][1] != described_by:
            told = header(connection, oldest).study
            described_by, described_at = oldest["oldest"][0][1], oldest["oldest_at"]
    parts = [SeriesValues(**each) for each in connection.execute(TOLD_OF_SERIES, key)]
    connection.execute(
        STUDY,
        {
            **{name: sum(each[name] for each in series) for name in COUNTED},
            **asdict(told),
            "site": key[0],
            "study_uid": key[1],
            "series": len(shown),
            "described_by": described_by,
            "described_at": described_at,
            "modalities": sorted({part.modality for part in parts if part.modality}),
            "search": searchable(search_words(told, row["patient_id"], parts)),
        },
    )
