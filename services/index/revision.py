"""The next revision of a study: its metadata in the store, its row, and the events of it."""

from services.index import canary, metadata, releasing
from services.index.catalogue import display_name
from services.index.release import REPORTS
from services.index.store import SCHEMA
from shared import outbox
from shared.catalogue.served import below, served, unpacked
from shared.db import Connection, Row
from shared.events import Because, Completeness, StudyAvailable, StudyUpdated
from shared.storage import Storage

VERSION = "v1"  # of what is derived

PRESENTED = """
    SELECT header, sop_uid, transfer_syntax_uid, t.outcome = 'transcoded' AS copied
    FROM catalogue.content AS c LEFT JOIN catalogue.settlement AS t USING (site, sop_uid, sha256)
    WHERE site = %s AND c.study_uid = %s AND series_uid = %s AND standing = 'presented'
    ORDER BY instance_number NULLS LAST, sop_uid
"""
SERIES = """
    SELECT series_uid FROM catalogue.series
    WHERE site = %s AND study_uid = %s AND instance_count > 0 ORDER BY series_uid
"""


def write_metadata(connection: Connection, storage: Storage, study: Row) -> dict[str, str]:
    """Write the metadata object of each series, and return their keys by Series Instance UID."""
    site, study_uid = study["site"], study["study_uid"]
    keys = {}
    for series in connection.execute(SERIES, (site, study_uid)).fetchall():
        series_uid = series["series_uid"]
        key = f"{VERSION}/{site}/{study_uid}/{series_uid}/metadata.json.gz"
        with connection.cursor(name="headers") as headers:  # a few at a time, not all in memory
            headers.execute(PRESENTED, (site, study_uid, series_uid))
            body = metadata.series_metadata(of_instance(row) for row in headers)
        storage.put("derived", key, body, content_type="application/gzip")
        keys[series_uid] = key
    return keys


def of_instance(row: Row) -> bytes:
    """Return the metadata of one instance, as JSON, its bulk data as seen from its series."""
    header = unpacked(row["header"])
    told = served(header, row["transfer_syntax_uid"], copied=bool(row["copied"]))
    return below(told, f"instances/{row['sop_uid']}/")


FOUND_AT = """
    UPDATE catalogue.series SET metadata_key = found.key
    FROM (SELECT site, study_uid, series_uid, told.key FROM catalogue.series
        LEFT JOIN unnest(%s::text[], %s::text[]) AS told (series_uid, key) USING (series_uid)
        WHERE site = %s AND study_uid = %s) AS found
    WHERE (series.site, series.study_uid, series.series_uid)
        = (found.site, found.study_uid, found.series_uid)
"""
AVAILABLE = """
    UPDATE catalogue.study SET state = 'available', revision = %(revision)s, due_at = NULL,
        available_at = coalesce(available_at, clock_timestamp()), because = %(because)s,
        completeness = %(completeness)s
    WHERE site = %(site)s AND study_uid = %(study_uid)s
"""
# Of a patient's studies with a name, the one that came last says what the patient is called,
# in whatever order they are asked.
NAME = """
    UPDATE catalogue.record SET name = %(patient_name)s, display_name = %(display_name)s,
        birth_date = %(patient_birth_date)s, sex = %(patient_sex)s, named_at = %(described_at)s
    WHERE record = %(record)s
        AND (named_at IS NULL OR (name IS NOT NULL, named_at, coalesce(name, ''))
            < (%(patient_name)s::text IS NOT NULL, %(described_at)s,
                coalesce(%(patient_name)s::text, '')))
"""
COMPOSITION = """
    SELECT composition FROM catalogue.composition WHERE site = %s AND study_uid = %s
"""
TOLD = """
    INSERT INTO told.study AS old (site, study_uid, revision, record, composition, because,
        completeness, available_at, reported)
    SELECT site, study_uid, revision, record, composition, because, completeness, available_at,
        EXISTS (SELECT FROM catalogue.content AS c WHERE (c.site, c.study_uid) =
            (study.site, study.study_uid) AND standing = 'presented'
            AND sop_class_uid = ANY (%(reports)s))
    FROM catalogue.study JOIN catalogue.composition USING (site, study_uid)
    WHERE site = %(site)s AND study_uid = %(study_uid)s
    ON CONFLICT (site, study_uid) DO UPDATE SET (revision, record, composition, because,
        completeness, available_at, reported) = (excluded.revision, excluded.record,
        excluded.composition, excluded.because, excluded.completeness, excluded.available_at,
        old.reported OR excluded.reported)
"""
AS_TOLD = """
    UPDATE catalogue.study SET state = 'available', due_at = NULL, completeness = told.completeness
    FROM told.study AS told
    WHERE (study.site, study.study_uid) = (%s, %s)
        AND (told.site, told.study_uid) = (study.site, study.study_uid)
"""


def composition(connection: Connection, study: Row) -> str | None:
    """Return the digest over what the study is made of now, None while there is nothing."""
    row = connection.execute(COMPOSITION, (study["site"], study["study_uid"])).fetchone()
    return str(row["composition"]) if row else None


def as_told(connection: Connection, study: Row, keys: dict[str, str]) -> None:
    """Make available a study whose row is locked, and of which all was told: in a rebuild."""
    place = (study["site"], study["study_uid"])
    connection.execute(FOUND_AT, (list(keys), list(keys.values()), *place))
    connection.execute(AS_TOLD, place)
    name(connection, study)


def name(connection: Connection, study: Row) -> None:
    """Let the study say what its patient is called, where it is the one to say it."""
    if study["record"] is not None:
        shown = display_name(study["patient_name"])
        connection.execute(NAME, {**study, "display_name": shown})


def completeness(because: Because) -> Completeness:
    """Return what a study is called that counts as complete for this reason."""
    return Completeness.PARTIAL if because is Because.LIMIT else Completeness.COMPLETE


def tell(connection: Connection, study: Row, because: Because, keys: dict[str, str]) -> None:
    """Write the next revision of a study whose row is locked, and put its events in the outbox."""
    place = {"site": study["site"], "study_uid": study["study_uid"]}
    revision = study["revision"] + 1
    whole = completeness(because)
    event = StudyAvailable if revision == 1 else StudyUpdated
    connection.execute(FOUND_AT, (list(keys), list(keys.values()), *place.values()))
    connection.execute(
        AVAILABLE, {**place, "revision": revision, "because": because, "completeness": whole}
    )
    connection.execute(TOLD, {**place, "reports": list(REPORTS)})
    name(connection, study)
    whose = {**place, "record": study["record"], "revision": revision}
    outbox.put(
        connection,
        SCHEMA,
        event(
            **whose,
            series=study["series_count"],
            instances=study["instance_count"],
            failed=study["failed_count"],
            expected=study["expected"],
            completeness=whole,
            because=because,
        ),
    )
    canary.came(connection, study["site"], study["study_uid"])
    releasing.settle(connection, {(study["site"], study["study_uid"])})
