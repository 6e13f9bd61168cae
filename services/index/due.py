"""The scan for studies that may have become complete. The only place that tells of studies."""

from math import inf

import structlog

from services.index.completeness import Counts, ask_again, complete, possible
from services.index.revision import as_told, completeness, composition, tell, write_metadata
from shared import metrics
from shared.brought import label
from shared.crashpoint import reached
from shared.db import Conflicted, Connection, Database, Row, savepoint
from shared.errors import EdgeDown
from shared.events import Because
from shared.logs import told
from shared.storage import Storage

log = structlog.get_logger()

PUT_OFF = 60.0  # seconds until a study that failed for no known reason is asked again

# Of every site the oldest; some more of each, where other replicas are at those.
DUE = """
    SELECT site, study_uid FROM sites.site CROSS JOIN LATERAL (
        SELECT study_uid, due_at FROM catalogue.study
        WHERE study.site = site.site AND due_at <= clock_timestamp() ORDER BY due_at LIMIT 10
    ) AS due ORDER BY due_at
"""
# Held while the metadata is written. No row is: what arrives meanwhile need not wait.
CLAIM = "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0)) AS mine"
LOOK = """
    SELECT study.*, extract(epoch FROM waiting_since)::float8 AS since,
        extract(epoch FROM last_seen)::float8 AS seen,
        extract(epoch FROM clock_timestamp())::float8 AS now,
        extract(epoch FROM drained_at)::float8 AS watermark,
        coalesce(quiet_seconds, 60) AS quiet, coalesce(limit_seconds, 1800) AS longest,
        told.composition AS told,
        told.completeness AS told_as,
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
        WHERE c.sha256 IS NULL OR t.sha256 IS NULL) AS in_flight,
        (SELECT count(DISTINCT sop_uid) FROM catalogue.content AS c
        WHERE c.site = study.site AND c.study_uid = study.study_uid) AS received,
        (SELECT expected FROM catalogue.expectation AS e
        WHERE e.site = study.site AND e.study_uid = study.study_uid) AS expected
    FROM catalogue.study LEFT JOIN told.study AS told USING (site, study_uid)
    LEFT JOIN sites.site USING (site) LEFT JOIN ingest.watermark USING (site)
    WHERE site = %s AND study_uid = %s AND due_at <= clock_timestamp()
"""


def scan(database: Database, storage: Storage) -> bool:
    """Ask a due study of every site whether it is complete; False where there is none to ask.

    So nobody waits behind all that another site has due. Any number of replicas may scan; each
    study is asked by one of them at a time.
    """
    with database.transaction() as connection:
        places = connection.execute(DUE).fetchall()
    asked: set[str] = set()
    for place in places:
        if place["site"] not in asked and one(database, storage, **place):
            asked.add(place["site"])
    return bool(asked)


def one(database: Database, storage: Storage, site: str, study_uid: str) -> bool:
    """Ask one study; False where another replica is at it, or has asked it."""
    with database.transaction() as connection:
        (claim,) = connection.execute(CLAIM, (f"{site}/{study_uid}",)).fetchall()
        study = connection.execute(LOOK, (site, study_uid)).fetchone() if claim["mine"] else None
        because = None
        if study is not None:
            reached("index.due.claimed")
            because = attempt(connection, storage, study)
    if study is not None and because is not None:
        metrics.STUDIES_AVAILABLE.labels(site=label(site), because=because.value).inc()
        could = possible(because, study["since"], study["seen"], study["quiet"], study["longest"])
        metrics.STUDY_LATE.labels(site=label(site)).observe(max(0.0, study["now"] - could))
    return study is not None


def attempt(connection: Connection, storage: Storage, study: Row) -> Because | None:
    """Ask one study; whatever is wrong with it must not hold up the others."""
    try:
        with savepoint(connection):
            return ask(connection, storage, study)
    except (EdgeDown, Conflicted):
        raise
    except Exception as error:  # noqa: BLE001  nobody knows what it is, so it is put off
        place = {"site": study["site"], "study_uid": study["study_uid"]}
        log.error("study_not_asked", **place, error=told(error))
        connection.execute(LATER, (PUT_OFF, *place.values(), study["changes"]))
        return None


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


def ask(connection: Connection, storage: Storage, study: Row) -> Because | None:
    """Make the study available where it is complete, else say when to ask again.

    Returns why it counts as complete, where that was told now.
    """
    counts = Counts(
        presented=study["instance_count"],
        received=study["received"],
        in_flight=study["in_flight"],
        expected=study["expected"],
        waiting_since=study["since"],
        last_seen=study["seen"],
        watermark=study["watermark"],
    )
    key = (study["site"], study["study_uid"], study["changes"])
    # In a rebuilt catalogue all of a study comes again, however long that takes.
    again = bool(study["revision"]) and study["state"] == "arriving"
    longest = inf if again else study["longest"]
    because = complete(counts, study["now"], study["quiet"], longest)
    same = again or (because is not None and completeness(because) == study["told_as"])
    known = same and study["told"] == (composition(connection, study) or "nothing")
    if because is None and not known:
        wait = ask_again(counts, study["now"], study["quiet"], longest)
        connection.execute(LATER, (wait, *key))
    elif not counts.presented:
        connection.execute(NOTHING, key)
    else:
        keys = write_metadata(connection, storage, study)
        reached("index.metadata.stored")
        if connection.execute(LOCK, key).fetchone() is None:
            return None  # what came while the metadata was written has its own due time
        if because is None or known:
            as_told(connection, study, keys)
        else:
            tell(connection, study, because, keys)
            reached("index.study.told")
            return because
    return None
