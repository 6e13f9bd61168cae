"""Studies are released and held here, and nowhere else; each change with its event."""

from datetime import timedelta

from services.index.release import Facts, Hold, holding, let_go
from services.index.store import SCHEMA, StudyKey, columns
from shared import outbox
from shared.brought import brought
from shared.canary import is_canary
from shared.crashpoint import reached
from shared.db import Connection, Database, Row
from shared.events import Held, Lane, StudyHeld, StudyReleased, Wish

AT_ONCE = 200  # studies a pass
# A hospital that changes its rule is heeded after this long.
AGAIN = timedelta(minutes=10)

# First, and by itself: what is read after it is what the last one here has committed.
LOCK = """
    SELECT FROM catalogue.study
    JOIN unnest(%s::text[], %s::text[]) AS asked (site, study_uid) USING (site, study_uid)
    ORDER BY site, study_uid FOR UPDATE OF study
"""
FACTS = """
    SELECT site, study_uid, t.record, t.revision, t.released_at IS NOT NULL AS released,
        t.release, t.hold, t.held_because, t.held_until, t.available_at, t.reported,
        clock_timestamp() AS now, coalesce(h.release_rule, 'at-once') AS rule,
        coalesce(h.release_days, 30) AS days, coalesce(lane, 'live') AS lane,
        array(SELECT coalesce(one.wish, every.wish, 'at-once') FROM told.claim AS c
            LEFT JOIN told.wish AS one
                ON (one.person, one.site, one.study_uid) = (c.person, t.site, t.study_uid)
            LEFT JOIN told.wish AS every
                ON (every.person, every.site, every.study_uid) = (c.person, '', '')
            WHERE c.record = t.record AND NOT c.ended) AS wishes
    FROM told.study AS t JOIN catalogue.study AS s USING (site, study_uid)
    JOIN unnest(%s::text[], %s::text[]) AS asked (site, study_uid) USING (site, study_uid)
    LEFT JOIN sites.site AS h USING (site)
    LEFT JOIN ingest.study_lane USING (site, study_uid)
    WHERE t.record IS NOT NULL ORDER BY site, study_uid
"""
HOLD = """
    UPDATE told.study SET released_at = NULL, held_because = %(because)s, held_until = %(until)s,
        hold = %(hold)s
    WHERE site = %(site)s AND study_uid = %(study_uid)s
"""
RELEASE = """
    UPDATE told.study SET released_at = clock_timestamp(), released_by = %(rule)s,
        release = %(release)s, held_because = NULL, held_until = NULL,
        heard_at = NULL, told_again = 0, told_again_at = NULL
    WHERE site = %(site)s AND study_uid = %(study_uid)s
"""
# What is held is asked about again: by the end of the hold, or before.
REVIEWED = """
    UPDATE told.study SET review_at = least(held_until, clock_timestamp() + %s)
    WHERE site = %s AND study_uid = %s
"""
SHOWN = """
    UPDATE catalogue.study AS s SET released_at = t.released_at, held_because = t.held_because,
        held_until = t.held_until
    FROM told.study AS t
    WHERE (s.site, s.study_uid) = (%s, %s) AND (t.site, t.study_uid) = (s.site, s.study_uid)
"""
# Also in a rebuilt catalogue, as soon as the study is there again.
DUE = """
    SELECT site, study_uid FROM told.study JOIN catalogue.study USING (site, study_uid)
    WHERE review_at <= clock_timestamp() ORDER BY review_at LIMIT %s
"""


def review(database: Database) -> bool:
    """Ask of the studies whose time has come whether they are still held; say if more may be.

    Any number of replicas may: each study is asked under its lock, and asking again is nothing.
    """
    with database.transaction() as connection:
        rows = connection.execute(DUE, (AT_ONCE,)).fetchall()
        settle(connection, {(row["site"], row["study_uid"]) for row in rows})
    return len(rows) == AT_ONCE


def settle(connection: Connection, studies: set[StudyKey]) -> None:
    """Release or hold each of `studies` that is available, and tell of what has changed.

    The canary is nobody's, and is never released: notify and portal do not hear of it.
    """
    studies = {each for each in studies if not is_canary(each[1])}
    connection.execute(LOCK, columns(studies))
    for row in connection.execute(FACTS, columns(studies)).fetchall():
        place = (row["site"], row["study_uid"])
        facts = known(row)
        hold = holding(facts)
        if hold is None and not facts.released:
            release(connection, row, facts)
        elif hold is not None and hold != facts.hold:
            keep(connection, row, hold)
        connection.execute(REVIEWED, (AGAIN, *place))
        connection.execute(SHOWN, place)
    if studies:
        reached("index.release.reviewed")


def known(row: Row) -> Facts:
    """Return a row of `FACTS` as what the rule takes."""
    held = Hold(Held(row["held_because"]), row["held_until"]) if row["held_because"] else None
    return Facts(
        available_at=row["available_at"],
        now=row["now"],
        reported=row["reported"],
        lane=Lane(row["lane"]),
        rule=row["rule"],
        days=row["days"],
        # What a patient has brought they have had in their hands.
        wishes=() if brought(row["site"]) else tuple(map(Wish, row["wishes"])),
        released=row["released"],
        hold=held,
    )


def release(connection: Connection, row: Row, facts: Facts) -> None:
    """Let the patient see it."""
    told = {**whose(row), "rule": let_go(facts), "release": row["release"] + 1}
    connection.execute(RELEASE, told)
    outbox.put(connection, SCHEMA, StudyReleased(**told, lane=facts.lane))


def keep(connection: Connection, row: Row, hold: Hold) -> None:
    """Keep it from the patient until then, and say why."""
    told = {
        **whose(row),
        "because": hold.because,
        "until": hold.until,
        "hold": row["hold"] + 1,
        "release": row["release"],
    }
    connection.execute(HOLD, told)
    outbox.put(connection, SCHEMA, StudyHeld(**told))


def whose(row: Row) -> Row:
    """Return what every event of a study says."""
    return {name: row[name] for name in ("site", "study_uid", "record", "revision")}
