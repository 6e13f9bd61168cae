"""What somebody has given, and what came of it, as their pages show it."""

from dataclasses import dataclass
from uuid import UUID

from services.portal.signin.entries import Actor
from shared.db import Connection, Row

# Of a person, and of those whom they help with the right to share.
MAY = """
    (g.person = %(person)s OR EXISTS (SELECT FROM access.helper AS h WHERE h.patient = g.person
        AND h.person = %(person)s AND h.rights IN ('share', 'everything')
        AND h.joined_at IS NOT NULL AND h.ended_at IS NULL))
"""
GRANTS = f"""
    SELECT g.*, g.ended_at IS NULL AND coalesce(g.ends_at > clock_timestamp(), true) AS stands,
        CASE WHEN g.person <> %(person)s THEN p.name END AS whose,
        coalesce(site.title, staff.name, (SELECT name FROM access.guest AS v
            WHERE v.grant_id = g.grant_id AND g.grantee_kind = 'app')) AS hospital,
        (SELECT count(*) FROM access.grant_study AS s WHERE s.grant_id = g.grant_id) AS studies,
        array(SELECT name FROM access.guest AS v WHERE v.grant_id = g.grant_id
            GROUP BY name ORDER BY min(opened_at)) AS guests,
        EXISTS (SELECT FROM access.link AS l JOIN notify.undelivered AS u ON u.prompt = l.link
            WHERE l.grant_id = g.grant_id) AS undelivered,
        (SELECT min(at) FROM access.ledger AS l WHERE l.grant_id = g.grant_id) AS given_at
    FROM access.grants AS g JOIN access.person AS p ON p.person = g.person
    LEFT JOIN sites.site ON site.site = g.grantee
    LEFT JOIN access.staff ON staff.staff = g.staff
    WHERE {MAY} AND (%(grant)s::uuid IS NULL OR g.grant_id = %(grant)s)
    ORDER BY g.ended_at DESC NULLS FIRST, given_at DESC, g.grant_id LIMIT 200
"""  # noqa: S608  constants
SCANS = """
    SELECT study.site, study.study_uid, study.study_date, study.modalities, study.description,
        site.title AS hospital, study.instance_count, study.reference,
        array(SELECT DISTINCT body_part FROM catalogue.series AS r
            WHERE r.site = study.site AND r.study_uid = study.study_uid AND body_part IS NOT NULL
            ORDER BY body_part) AS body_parts
    FROM access.grants AS g JOIN access.claim AS c USING (person)
        JOIN catalogue.study USING (record) JOIN sites.site ON site.site = study.site
    WHERE g.grant_id = %s AND c.ended_at IS NULL
        AND access.covers(g, study.site, study.study_uid, study.first_seen)
        AND state = 'available' AND released_at IS NOT NULL
        AND NOT access.unheeded(c.claim, c.person)
    ORDER BY study_date DESC NULLS LAST, study.site, study_uid LIMIT 500
"""
# What the receipt says: from the log, which was written before anything went out.
GUESTS = """
    SELECT h.name, h.role, h.opened_at,
        max(e.at) FILTER (WHERE e.action IN ('list-opened', 'look-opened', 'keep-opened')) AS last,
        count(*) FILTER (WHERE e.action = 'keep-opened') > 0 AS copied,
        min(e.at) FILTER (WHERE e.action = 'refused' AND e.because IN ('withdrawn', 'expired'))
            AS refused
    FROM access.guest AS h
    LEFT JOIN access.claim AS c ON c.person = %(person)s
    LEFT JOIN access.entry AS e ON e.record = c.record AND e.actor = h.guest
    WHERE h.grant_id = %(grant)s GROUP BY h.guest ORDER BY h.opened_at
"""
NAMES = """
    SELECT h.guest, h.name, h.role, g.purpose, g.grant_id
    FROM access.guest AS h JOIN access.grants AS g USING (grant_id) WHERE g.person = %s
"""


@dataclass(frozen=True, slots=True)
class Receipt:
    """One grant, and everybody who came by it."""

    grant: Row
    guests: list[Row]
    scans: list[Row]


def listed(connection: Connection, who: Actor) -> list[Row]:
    """Return what `who` has given or may take back, what stands first."""
    told = {"person": who.person, "grant": None}
    return connection.execute(GRANTS, told).fetchall()


def one(connection: Connection, who: Actor, grant: UUID) -> Row | None:
    """Return one of these."""
    told = {"person": who.person, "grant": grant}
    return connection.execute(GRANTS, told).fetchone()


def receipt(connection: Connection, row: Row) -> Receipt:
    """Return what came of a grant."""
    told = {"person": row["person"], "grant": row["grant_id"]}
    guests = connection.execute(GUESTS, told).fetchall()
    # Of everything the page says only that.
    named = [] if row["everything"] else scans(connection, row["grant_id"])
    return Receipt(row, guests, named)


def scans(connection: Connection, grant: UUID) -> list[Row]:
    """Return the studies within a grant that can be looked at now, the newest first."""
    return connection.execute(SCANS, (grant,)).fetchall()


def guests(connection: Connection, patient: UUID) -> list[Row]:
    """Return who has ever opened a share of a patient, and what for."""
    return connection.execute(NAMES, (patient,)).fetchall()
