"""Who asks for a study, and what there is of it: one question to the database, at every read."""

from dataclasses import dataclass

from services.portal.sharing.known import Known
from shared.access import Ended, Facts, Grant, Named, Reader, Rights, Scope
from shared.db import Connection, Row

FACTS = """
    WITH reader AS (
        SELECT session, person, NULL::uuid AS patient, NULL::uuid AS guest,
            NULL::uuid AS grant_id, false AS client, false AS own, NULL::uuid AS staff,
            NULL::text[] AS member_of
        FROM access.session
        WHERE secret_hash = %(session)s AND ended_at IS NULL AND ends_at > clock_timestamp()
        UNION ALL
        SELECT session, s.person, v.patient, NULL, NULL, false, false, NULL, NULL
        FROM access.viewing AS v JOIN access.session AS s USING (session)
        WHERE v.secret_hash = %(viewing)s AND v.ends_at > clock_timestamp()
            AND s.ended_at IS NULL AND s.ends_at > clock_timestamp()
        UNION ALL
        SELECT NULL, NULL, v.patient, guest, h.grant_id,
            coalesce(v.client_hash = %(client)s, false), false, t.staff, t.sites
        FROM access.viewing AS v JOIN access.guest AS h USING (guest)
            LEFT JOIN access.staff_session AS t ON t.session = v.staff_session
        WHERE (v.client_hash = %(client)s
                OR (v.secret_hash = %(viewing)s AND v.ends_at > clock_timestamp()))
            AND (v.staff_session IS NULL
                OR (t.ended_at IS NULL AND t.ends_at > clock_timestamp()))
        UNION ALL
        SELECT NULL, NULL, a.patient, guest, h.grant_id, true, true, NULL, NULL
        FROM access.address AS a JOIN access.guest AS h USING (guest)
        WHERE a.secret_hash = %(client)s
    )
    SELECT reader.*, study.record, study.first_seen AS arrived,
        study.state = 'available' AS available,
        study.released_at IS NOT NULL AND NOT access.unheeded(claim.claim, claim.person)
            AS released,
        claim.person AS owner, helper.rights, clock_timestamp() AS now, e.position,
        EXISTS (SELECT FROM sites.braked WHERE brake = 'sharing') AS held,
        g.person AS giver, g.grantee, g.staff AS grantee_person, g.keep, g.everything,
        g.sites, g.arrived_before, g.starts_at, g.ends_at, g.ended_as,
        EXISTS (SELECT FROM access.grant_study AS one WHERE one.grant_id = g.grant_id
            AND one.site = %(site)s AND one.study_uid = %(study_uid)s) AS named
    FROM access.ledger_end AS e
    LEFT JOIN reader ON true
    LEFT JOIN catalogue.study ON study.site = %(site)s AND study.study_uid = %(study_uid)s
    LEFT JOIN access.claim ON claim.record = study.record AND claim.ended_at IS NULL
    LEFT JOIN access.helper ON helper.patient = claim.person AND helper.person = reader.person
        AND helper.joined_at IS NOT NULL AND helper.ended_at IS NULL
    LEFT JOIN access.grants AS g ON g.grant_id = reader.grant_id
    LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Credential:
    """What a request brings: the hash of a session's secret, of a viewing's, or of a program's.

    What stands in the path of DICOMweb may be either of the latter; pages know no programs.
    """

    session: bytes | None = None
    viewing: bytes | None = None
    client: bytes | None = None


def found(
    connection: Connection, credential: Credential, site: str, study_uid: str, known: Known
) -> Row:
    """Return who asks and what there is, as committed now."""
    before = known.position
    told = {
        "session": credential.session,
        "viewing": credential.viewing,
        "client": credential.client,
        "site": site,
        "study_uid": study_uid,
    }
    (row,) = connection.execute(FACTS, told).fetchall()
    return row | {"certain": known.certain(before, row["position"])}


def asked(
    connection: Connection, credential: Credential, site: str, study_uid: str, known: Known
) -> tuple[Reader, Facts]:
    """Return who asks and what there is, as the policy takes it."""
    row = found(connection, credential, site, study_uid, known)
    return reader_of(row), Facts(
        record=row["record"],
        owner=row["owner"],
        rights=Rights(row["rights"]) if row["rights"] else None,
        available=bool(row["available"]),
        released=bool(row["released"]),
        study=(site, study_uid),
        arrived=row["arrived"],
        now=row["now"],
        grants=(grant_of(row, (site, study_uid)),) if row["giver"] else (),
        held=row["held"],
        certain=row["certain"],
    )


def reader_of(row: Row) -> Reader:
    """Return who asks. In the log a guest's visits are told apart by guest, not by session."""
    return Reader(
        person=row["person"],
        session=row["session"] or row["guest"],
        patient=row["patient"],
        guest=row["guest"],
        client=bool(row["client"]),
        own=bool(row["own"]),
        staff=row["staff"],
        sites=frozenset(row["member_of"] or ()),
    )


def grant_of(row: Row, study: Named) -> Grant:
    """Return the grant; of the studies that it names only whether `study` is among them."""
    return Grant(
        giver=row["giver"],
        keep=row["keep"],
        scope=Scope(
            studies=frozenset((study,) if row["named"] else ()),
            everything=row["everything"],
            sites=None if row["sites"] is None else frozenset(row["sites"]),
            arrived_before=row["arrived_before"],
        ),
        starts=row["starts_at"],
        ends=row["ends_at"],
        ended=Ended(row["ended_as"]) if row["ended_as"] else None,
        organisation=row["grantee"],
        staff=row["grantee_person"],
    )
