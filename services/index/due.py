"""The scan for studies that may have become complete. The only place that tells of studies."""

from services.index import metadata
from services.index.catalogue import display_name
from services.index.completeness import Counts, ask_again, complete
from services.index.store import SCHEMA
from shared import outbox
from shared.db import Connection, Database, Row
from shared.events import (
    Because,
    Completeness,
    StudyAvailable,
    StudyReleased,
    StudyUpdated,
)
from shared.storage import Storage

VERSION = "v1"  # of what is derived

DUE = """
    SELECT site, study_uid FROM catalogue.study WHERE due_at <= clock_timestamp()
    ORDER BY due_at LIMIT 50
"""
# Held while the metadata is written. No row is: what arrives meanwhile need not wait.
CLAIM = "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0)) AS mine"
LOOK = """
    SELECT study.*, extract(epoch FROM waiting_since)::float8 AS since,
        extract(epoch FROM last_seen)::float8 AS seen,
        extract(epoch FROM clock_timestamp())::float8 AS now,
        extract(epoch FROM drained_at)::float8 AS watermark,
        coalesce(quiet_seconds, 60) AS quiet, coalesce(limit_seconds, 1800) AS longest,
        coalesce(release_rule, 'at-once') AS rule,
        (SELECT count(*) FROM (
            SELECT sop_uid, sha256 FROM ingest.received
            WHERE received.site = study.site AND received.study_uid = study.study_uid
            UNION SELECT sop_uid, sha256 FROM catalogue.content
            WHERE content.site = study.site AND content.study_uid = study.study_uid
        ) AS known
        LEFT JOIN catalogue.content AS c
            ON (c.site, c.sop_uid, c.sha256) = (study.site, known.sop_uid, known.sha256)
        LEFT JOIN catalogue.settlement AS t
            ON (t.site, t.sop_uid, t.sha256) = (study.site, known.sop_uid, known.sha256)
        WHERE c.sha256 IS NULL OR t.sha256 IS NULL) AS in_flight
    FROM catalogue.study
    LEFT JOIN sites.site USING (site) LEFT JOIN ingest.watermark USING (site)
    WHERE site = %s AND study_uid = %s AND due_at <= clock_timestamp()
"""


def scan(database: Database, storage: Storage) -> bool:
    """Ask one due study whether it is complete; False where there is none to ask.

    Any number of replicas may scan; each study is asked by one of them at a time.
    """
    with database.transaction() as connection:
        for place in connection.execute(DUE).fetchall():
            key = (place["site"], place["study_uid"])
            (claim,) = connection.execute(CLAIM, ("/".join(key),)).fetchall()
            study = connection.execute(LOOK, key).fetchone() if claim["mine"] else None
            if study is not None:
                ask(connection, storage, study)
                return True
    return False


LATER = """
    UPDATE catalogue.study SET due_at = clock_timestamp() + interval '1 second' * %s
    WHERE site = %s AND study_uid = %s AND changes = %s
"""
# Everything in it was kept aside for a human, so there is nothing to be seen.
NOTHING = """
    UPDATE catalogue.study SET due_at = NULL WHERE site = %s AND study_uid = %s AND changes = %s
"""
LOCK = """
    SELECT 1 FROM catalogue.study WHERE site = %s AND study_uid = %s AND changes = %s FOR UPDATE
"""


def ask(connection: Connection, storage: Storage, study: Row) -> None:
    """Make the study available where it is complete, else say when to ask again."""
    counts = Counts(
        presented=study["instance_count"],
        in_flight=study["in_flight"],
        expected=study["expected"],
        waiting_since=study["since"],
        last_seen=study["seen"],
        watermark=study["watermark"],
    )
    key = (study["site"], study["study_uid"], study["changes"])
    because = complete(counts, study["now"], study["quiet"], study["longest"])
    if because is None:
        wait = ask_again(counts, study["now"], study["quiet"], study["longest"])
        connection.execute(LATER, (wait, *key))
    elif not counts.presented:
        connection.execute(NOTHING, key)
    else:
        keys = write_metadata(connection, storage, study)
        # What came while the metadata was written has its own due time.
        if connection.execute(LOCK, key).fetchone() is not None:
            tell(connection, study, because, keys)


PRESENTED = """
    SELECT header FROM catalogue.content
    WHERE site = %s AND study_uid = %s AND series_uid = %s AND standing = 'presented'
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
            body = metadata.series_metadata(row["header"] for row in headers)
        storage.put("derived", key, body, content_type="application/gzip")
        keys[series_uid] = key
    return keys


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
        completeness = %(completeness)s,
        released_at = CASE WHEN %(released)s THEN clock_timestamp() ELSE released_at END
    WHERE site = %(site)s AND study_uid = %(study_uid)s
"""
# Of a patient's studies, the one that came last says what the patient is called.
NAME = """
    UPDATE catalogue.record SET name = %(patient_name)s, display_name = %(display_name)s,
        birth_date = %(patient_birth_date)s, sex = %(patient_sex)s, named_at = %(described_at)s
    WHERE record = %(record)s
        AND (named_at IS NULL OR named_at < %(described_at)s OR name IS NULL)
"""


def tell(connection: Connection, study: Row, because: Because, keys: dict[str, str]) -> None:
    """Write the next revision of a study whose row is locked, and put its events in the outbox."""
    place = {"site": study["site"], "study_uid": study["study_uid"]}
    revision = study["revision"] + 1
    partial = because is Because.LIMIT
    completeness = Completeness.PARTIAL if partial else Completeness.COMPLETE
    event = StudyAvailable if revision == 1 else StudyUpdated
    release = study["record"] is not None and study["released_at"] is None
    connection.execute(FOUND_AT, (list(keys), list(keys.values()), *place.values()))
    connection.execute(
        AVAILABLE,
        {**place, "revision": revision, "because": because, "completeness": completeness}
        | {"released": release},
    )
    if study["record"] is not None:
        shown = display_name(study["patient_name"])
        connection.execute(NAME, {**study, "display_name": shown})
    told = {**place, "record": study["record"], "revision": revision}
    outbox.put(
        connection,
        SCHEMA,
        event(
            **told,
            series=study["series_count"],
            instances=study["instance_count"],
            failed=study["failed_count"],
            completeness=completeness,
            because=because,
        ),
    )
    if release:
        outbox.put(connection, SCHEMA, StudyReleased(**told, rule=study["rule"]))
