"""Who looked: the patient's own log."""

from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from services.portal.credential import of_session
from services.portal.facts import Credential
from services.portal.page import edges_of, show, wording_of
from services.portal.pages import history, plain
from services.portal.pages.history import Entry, Grantee, Visits
from services.portal.sharing import overview
from services.portal.sharing.presets import PROVEN, ROLES, STAFF, WORDS
from shared.access import Purpose
from shared.db import Row
from shared.reference import normalised
from shared.wording import Wording

router = APIRouter()
Session = Annotated[Credential, Depends(of_session)]
PAGE = 200  # entries

ENTRIES = """
    SELECT e.*, coalesce(site.timezone, 'UTC') AS timezone, study.modalities, study.description,
        array(SELECT DISTINCT body_part FROM catalogue.series AS r
            WHERE r.site = study.site AND r.study_uid = study.study_uid AND body_part IS NOT NULL
            ORDER BY body_part) AS body_parts
    FROM access.entry AS e
    LEFT JOIN catalogue.study AS study ON study.record = e.record AND study.study_uid = e.study_uid
    LEFT JOIN catalogue.record AS record ON record.record = e.record
    LEFT JOIN sites.site AS site ON site.site = record.site
    WHERE e.record = ANY (%(records)s)
        AND (%(reference)s::text IS NULL OR study.reference = %(reference)s)
        AND (%(before)s::timestamptz IS NULL OR e.at < %(before)s)
    ORDER BY e.at DESC, e.record, e.seq DESC LIMIT %(limit)s
"""
VISITS = """
    SELECT e.actor, e.action = 'refused' AS refused, min(e.because) AS because,
        min(e.at)::date AS since, count(DISTINCT e.at::date) AS days, count(*) AS tries
    FROM access.entry AS e
    LEFT JOIN catalogue.study AS study ON study.record = e.record AND study.study_uid = e.study_uid
    WHERE e.record = ANY (%(records)s) AND e.action IN ('look-opened', 'keep-opened', 'refused')
        AND (%(reference)s::text IS NULL OR study.reference = %(reference)s)
    GROUP BY 1, 2
"""
HELPERS = """
    SELECT person, name FROM access.helper WHERE patient = ANY (%s) AND person IS NOT NULL
"""
# Who of staff saw in a list that they may look, and has not opened it.
STAFF_NAMES = "SELECT staff, name FROM access.staff WHERE staff = ANY (%s)"
WARDS = """
    SELECT patient FROM access.helper WHERE person = %s AND guardian AND joined_at IS NOT NULL
        AND ended_at IS NULL
"""


@router.get("/looked")
def looked(
    request: Request,
    credential: Session,
    scan: Annotated[str | None, Query(max_length=16)] = None,
    before: datetime | None = None,
) -> HTMLResponse:
    """Show who looked at the person's own scans, or at the one that bears the reference `scan`."""
    wording = wording_of(request)
    reference = normalised(scan) if scan else None
    with edges_of(request).reading.visible(credential) as visible:
        me = visible.reader.person or UUID(int=0)
        wards = {row["patient"] for row in visible.connection.execute(WARDS, (me,))}
        asked = {
            "records": [
                row["record"] for row in visible.records if row["own"] or row["owner"] in wards
            ],
            "reference": reference,
            "before": before,
            "limit": PAGE + 1,
        }
        rows = visible.connection.execute(ENTRIES, asked).fetchall()
        told = visible.connection.execute(VISITS, asked).fetchall()
        helpers = visible.connection.execute(HELPERS, ([me, *wards],)).fetchall()
        guests = overview.guests(visible.connection, me)
        seen = [row["actor"] for row in rows]
        staff = visible.connection.execute(STAFF_NAMES, (seen,)).fetchall()
    _ = wording.words.gettext
    names = {row["person"]: row["name"] for row in helpers}
    roles = {code: _(text) for code, text in (ROLES | PROVEN).items()}
    names |= {row["staff"]: f"{row['name']} ({roles[STAFF]})" for row in staff}
    names |= {row["guest"]: f"{row['name']} ({roles[row['role']]})" for row in guests}
    grantees = {
        row["guest"]: Grantee(row["grant_id"], _(WORDS[Purpose(row["purpose"])])) for row in guests
    }
    visits = [Visits(**row) for row in told]
    found = [entry(row, wording) for row in rows[:PAGE]]
    older = {"before": rows[PAGE - 1]["at"].isoformat()} if len(rows) > PAGE else {}
    if older and reference:
        older["scan"] = reference
    return show(
        request,
        "looked.html",
        signed_in=True,
        sentence=history.sentence(visits, me, names, wording),
        people=history.people(visits, me, names, wording, grantees),
        refused=history.refusals(visits, me, wording),
        rows=history.lines(found, me, names, wording, grantees),
        older=urlencode(older),
    )


def entry(row: Row, wording: Wording) -> Entry:
    """Return a row as what it says."""
    title = ""
    if row["modalities"] is not None:
        parts, _ = row["body_parts"], wording.words.gettext
        title = plain.title(row["modalities"], parts, row["description"], _)
    return Entry(
        at=row["at"],
        actor=row["actor"],
        action=row["action"],
        because=row["because"],
        title=title,
        reads=row["reads"],
        timezone=row["timezone"],
    )
