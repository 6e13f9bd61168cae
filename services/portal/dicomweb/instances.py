"""Which object is served of an instance: decided and logged for each who asks.

Viewers ask for many instances of a series at the same time. Those are answered by one decision,
which begins after the last of them has asked, and count as so many reads.
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias
from uuid import UUID

from services.portal.dicomweb.place import Place
from services.portal.dicomweb.served import Served
from services.portal.facts import Credential
from services.portal.reading import Hidden, Reading
from services.portal.together import Together
from shared.access import Action, Because

Asked: TypeAlias = tuple[Credential, str, str, str]  # site, Study and Series Instance UID
Given: TypeAlias = tuple[Served, UUID | None]  # and the guest who reads

COLUMNS = """
    SELECT c.sop_uid, c.series_uid, c.sha256, c.archive_key, c.size, c.transfer_syntax_uid,
        c.sop_class_uid, t.outcome, t.bucket, t.key, t.size AS served_size, t.frames,
        t.served_sha256
    FROM catalogue.content AS c LEFT JOIN catalogue.settlement AS t USING (site, sop_uid, sha256)
"""
INSTANCE = f"""
    {COLUMNS} WHERE c.site = %(site)s AND c.study_uid = %(study)s AND c.series_uid = %(series)s
        AND c.standing = 'presented'
"""
ONE = INSTANCE + " AND c.sop_uid = %(sop)s"
SEVERAL = INSTANCE + " AND c.sop_uid = ANY (%(sops)s)"
# Of a study, or of a series where one is named.
GATHERED = f"""
    {COLUMNS} LEFT JOIN catalogue.series AS e
        ON (e.site, e.study_uid, e.series_uid) = (c.site, c.study_uid, c.series_uid)
    WHERE c.site = %(site)s AND c.study_uid = %(study)s AND c.standing = 'presented'
        AND (%(series)s::text = '' OR c.series_uid = %(series)s)
"""
IN_ORDER = """
    ORDER BY e.series_number NULLS LAST, c.series_uid, c.instance_number NULLS LAST, c.sop_uid
"""
ALL = GATHERED + IN_ORDER
FIRST = GATHERED + IN_ORDER + " LIMIT 1"
# The first that has a picture.
SHOWN = GATHERED + " AND t.frames > 0" + IN_ORDER + " LIMIT 1"


class Instances:
    """What is served of them; safe to share between threads. No permission is kept here."""

    def __init__(self, reading: Reading) -> None:
        """Ask through `reading`."""
        self._reading = reading
        self._together: Together[Asked, str, Given] = Together(self._ask)

    def served(self, credential: Credential, place: Place) -> Given:
        """Return what is served of the instance that `place` names under a site, and to whom.

        Raises:
            Hidden: they may not, or there is none.
            EdgeDown: the database does not answer.

        """
        asked = (credential, place.root, place.study, place.series)
        given = self._together.found(asked, place.sop)
        if given is None:
            raise Hidden(Because.ABSENT)
        return given

    def _ask(self, asked: Asked, sops: Sequence[str]) -> Mapping[str, Given]:
        """Return what is served of those that there are; all or none of `sops` may be read."""
        credential, site, study, series = asked
        with self._reading.opened(credential, Action.LOOK, site, study, series) as allowed:
            names = {"site": site, "study": study, "series": series, "sops": list(sops)}
            rows = allowed.connection.execute(SEVERAL.encode(), names).fetchall()
            guest = allowed.reader.guest
            found = {row["sop_uid"]: (Served.of(row), guest) for row in rows}
            allowed.reads = sum(sop in found for sop in sops)
            if not found:
                raise Hidden(Because.ABSENT)  # nothing was opened, and the log says nothing
        return found
