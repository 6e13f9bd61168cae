"""The questions to the catalogue behind FHIR's resources, and what each type is searched by."""

from collections.abc import Mapping

from services.portal.dicomweb import searching
from services.portal.dicomweb.searching import SEEN, WITHIN
from services.portal.fhir.asking import How, among, code, dates, reference, text, value

# SR documents that report, and reports in an envelope (PS3.4 §B.5).
REPORTS = [
    *(f"1.2.840.10008.5.1.4.1.1.88.{number}" for number in (11, 22, 33, 34, 35)),
    *("1.2.840.10008.5.1.4.1.1.104.1", "1.2.840.10008.5.1.4.1.1.104.2"),
]
STUDY_ID = "md5({0}.site || '|' || {0}.study_uid)"
UPDATED = "greatest(s.available_at, s.released_at)"
BEGUN = "s.study_date::timestamp AT TIME ZONE 'UTC'"
PATIENTS = """
    SELECT r.record, r.site, r.patient_id, r.name, r.sex, r.birth_date, site.title AS hospital
    FROM catalogue.record AS r JOIN sites.site ON site.site = r.site WHERE r.record = ANY (%s)
"""
OF_INSTANCES = "JOIN catalogue.content AS c ON (c.site, c.study_uid) = (s.site, s.study_uid)"


def visible(more: str = "") -> str:
    """Return what limits studies to those of some records, and of a grant where there is one."""
    return SEEN.format(more=more, among="= ANY (%s)") + WITHIN.format("s")


ONCE = searching.ONCE.format(within=WITHIN.format("other"))
STUDIES = f"""
    SELECT {STUDY_ID.format("s")} AS id, {UPDATED} AS updated, s.record, s.site, s.study_uid,
        s.accession_number, s.modalities, s.study_date, s.study_time, s.utc_offset,
        s.referring_physician, s.series_count, s.instance_count, s.description AS study_description
    {visible()}
"""
SERIES = """
    SELECT * FROM catalogue.series WHERE instance_count > 0
        AND (site, study_uid) IN (SELECT * FROM unnest(%s::text[], %s::text[]))
    ORDER BY series_number NULLS LAST, series_uid
"""
REPORTED = f"""
    SELECT md5(c.site || '|' || c.sop_uid) AS id, {STUDY_ID.format("s")} AS study, s.record,
        s.study_date, c.study_uid, c.series_uid, c.sop_uid, c.header, c.received_at
    {visible(OF_INSTANCES)} AND c.standing = 'presented' AND c.sop_class_uid = ANY (%s)
"""
CONSENTS = f"""
    SELECT * FROM (
        SELECT g.*, g.ended_at IS NULL AND coalesce(g.ends_at > clock_timestamp(), true) AS stands,
            coalesce(site.title, staff.name) AS hospital,
            array(SELECT {STUDY_ID.format("n")} FROM access.grant_study AS n
                WHERE n.grant_id = g.grant_id ORDER BY 1) AS study_ids,
            array(SELECT name FROM access.guest AS v WHERE v.grant_id = g.grant_id
                GROUP BY name ORDER BY min(opened_at)) AS guests,
            coalesce((SELECT min(at) FROM access.ledger AS l WHERE l.grant_id = g.grant_id),
                g.starts_at) AS given_at
        FROM access.grants AS g LEFT JOIN sites.site ON site.site = g.grantee
            LEFT JOIN access.staff ON staff.staff = g.staff
        WHERE g.person = %s) AS g
    WHERE true
"""  # noqa: S608  constants
ENTRIES = f"""
    SELECT e.*, {STUDY_ID.format("s")} AS study
    FROM access.entry AS e
    LEFT JOIN catalogue.study AS s ON s.record = e.record AND s.study_uid = e.study_uid
    WHERE e.record = ANY (%s)
"""  # noqa: S608  constants
HELPERS = "SELECT person, name FROM access.helper WHERE patient = %s AND person IS NOT NULL"
# A person is several records: what she gives is of all of them.
MINE = """
    EXISTS (SELECT FROM access.claim AS k
        WHERE k.person = g.person AND k.ended_at IS NULL AND {})
"""
STANDS = "CASE WHEN g.stands THEN 'active' ELSE 'inactive' END"

KNOWN: Mapping[str, Mapping[str, tuple[How, str]]] = {
    "Patient": {"_id": (text, "r.record::text"), "identifier": (value, "r.patient_id")},
    "ImagingStudy": {
        "_id": (text, STUDY_ID.format("s")),
        "_lastUpdated": (dates, UPDATED),
        "patient": (reference, "s.record"),
        "identifier": (value, "s.study_uid,s.accession_number"),
        "modality": (code, "s.modalities"),
        "started": (dates, BEGUN),
    },
    "DiagnosticReport": {
        "_id": (text, "md5(c.site || '|' || c.sop_uid)"),
        "_lastUpdated": (dates, "c.received_at"),
        "patient": (reference, "s.record"),
    },
    "Consent": {
        "_id": (text, "g.grant_id::text"),
        "patient": (among, MINE),
        "status": (text, STANDS),
    },
    "AuditEvent": {
        "_id": (text, "e.record::text || '.' || e.seq"),
        "date": (dates, "e.at"),
        "patient": (reference, "e.record"),
    },
    "Endpoint": {"_id": (text, "")},
}
