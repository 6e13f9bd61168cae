"""What is there under a place, asked within a read that was allowed and logged."""

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import Request

from services.portal.dicomweb.instances import ONE
from services.portal.dicomweb.place import ME, Place
from services.portal.dicomweb.served import Served
from services.portal.facts import Credential
from services.portal.page import edges_of
from services.portal.reading import Hidden, Opened, Reading
from shared.access import Action, Because
from shared.db import Connection, Row

# Where several sites hold the study: the reader's own, the one that may be shown, a hospital's
# before what the patient has brought, the complete.
SITE = """
    SELECT site.site FROM sites.site JOIN catalogue.study USING (site)
    WHERE study.study_uid = %s
    ORDER BY study.record = ANY (%s)
            AND access.within(%s, study.site, study.study_uid, study.first_seen) DESC NULLS LAST,
        study.state = 'available' AND study.released_at IS NOT NULL DESC,
        left(study.site, 8) <> 'brought-' DESC,
        study.completeness = 'complete' DESC NULLS LAST, study.instance_count DESC, site.site
    LIMIT 1
"""


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
    """Return what is served of an instance: the one that `place` names, or that `query` finds.

    Raises:
        Hidden: they may not, or there is none.

    """
    if query == ONE and place.root != ME:
        served, guest = edges_of(request).instances.served(credential, place)
        request.state.guest = guest  # see `Flow`
        return served
    with opened(request, credential, place) as (allowed, names):
        return Served.of(one(allowed.connection, query, names))
