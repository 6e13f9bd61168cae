"""What is there under a place, asked within a read that was allowed and logged."""

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import Request

from services.portal.dicomweb.place import ME, Place
from services.portal.dicomweb.served import Served
from services.portal.facts import Credential
from services.portal.page import edges_of
from services.portal.reading import Hidden, Opened, Reading
from shared.access import Action, Because
from shared.db import Connection, Row

# Where several sites hold the study: the reader's own, the one that may be shown, the complete.
SITE = """
    SELECT site.site FROM sites.site JOIN catalogue.study USING (site)
    WHERE study.study_uid = %s
    ORDER BY study.record = ANY (%s)
            AND access.within(%s, study.site, study.study_uid, study.first_seen) DESC NULLS LAST,
        study.state = 'available' AND study.released_at IS NOT NULL DESC,
        study.completeness = 'complete' DESC NULLS LAST, study.instance_count DESC, site.site
    LIMIT 1
"""
INSTANCE = """
    SELECT c.sop_uid, c.series_uid, c.sha256, c.archive_key, c.size, c.transfer_syntax_uid,
        c.sop_class_uid, t.outcome, t.bucket, t.key, t.size AS served_size, t.frames,
        t.served_sha256
    FROM catalogue.content AS c LEFT JOIN catalogue.settlement AS t USING (site, sop_uid, sha256)
    LEFT JOIN catalogue.series AS e
        ON (e.site, e.study_uid, e.series_uid) = (c.site, c.study_uid, c.series_uid)
    WHERE c.site = %(site)s AND c.study_uid = %(study)s AND c.standing = 'presented'
        AND (%(series)s::text = '' OR c.series_uid = %(series)s)
"""
IN_ORDER = """
    ORDER BY e.series_number NULLS LAST, c.series_uid, c.instance_number NULLS LAST, c.sop_uid
"""
ALL = INSTANCE + IN_ORDER  # of a study, or of a series
ONE = INSTANCE + " AND c.sop_uid = %(sop)s"
FIRST = INSTANCE + IN_ORDER + " LIMIT 1"
# Of a study the first that has a picture.
SHOWN = INSTANCE + " AND t.frames > 0" + IN_ORDER + " LIMIT 1"


@contextmanager
def opened(
    request: Request, credential: Credential, place: Place, action: Action = Action.LOOK
) -> Iterator[tuple[Opened, dict[str, str]]]:
    """Give the transaction in which the read is allowed, and the names its queries take.

    Raises:
        Hidden: it is not.

    """
    reading = edges_of(request).reading
    site = resolved(reading, credential, place)
    with reading.opened(credential, action, site, place.study, place.series) as allowed:
        request.state.guest = allowed.reader.guest  # see `Flow`
        yield (
            allowed,
            {"site": site, "study": place.study, "series": place.series, "sop": place.sop},
        )


def resolved(reading: Reading, credential: Credential, place: Place) -> str:
    """Return the site that is asked for a study; no permission is drawn from it."""
    if place.root != ME:
        return place.root
    with reading.visible(credential) as visible:
        records = [each["record"] for each in visible.records]
        row = visible.connection.execute(SITE, (place.study, records, visible.grant)).fetchone()
    return row["site"] if row else ""


def one(connection: Connection, query: str, names: dict[str, str]) -> Row:
    """Return the row of an instance.

    Raises:
        Hidden: there is none.

    """
    row = connection.execute(query.encode(), names).fetchone()
    if row is None:
        raise Hidden(Because.ABSENT)
    return row


def instance(request: Request, credential: Credential, place: Place, query: str = ONE) -> Served:
    """Return what is served of an instance: the one that `place` names, or that `query` finds."""
    with opened(request, credential, place) as (allowed, names):
        return Served.of(one(allowed.connection, query, names))
