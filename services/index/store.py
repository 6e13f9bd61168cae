"""The rows that events become, one at a time. SQL only; every write may come twice."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID, uuid5

from services.index.catalogue import PatientKey
from services.index.header import Header
from services.index.roster import Contact
from shared.db import Connection
from shared.events import InstanceStored, InstanceTranscoded, PatientRegistered

SCHEMA = "catalogue"
StudyKey: TypeAlias = tuple[str, str]  # site, Study Instance UID
InstanceKey: TypeAlias = tuple[str, str]  # site, SOP Instance UID


@dataclass
class Batch:
    """One transaction, and what it has changed so far: counted at its end, in a fixed order."""

    connection: Connection
    studies: set[StudyKey] = field(default_factory=set)
    instances: set[InstanceKey] = field(default_factory=set)

    def transaction(self) -> Any:  # noqa: ANN401  psycopg's context manager
        """Open a savepoint."""
        return self.connection.transaction()

    def touch(self, event: InstanceStored | InstanceTranscoded) -> None:
        """Remember that something changed."""
        self.studies.add((event.site, event.study_uid))
        self.instances.add((event.site, event.sop_uid))


CONTENT = """
    INSERT INTO catalogue.content (site, sop_uid, sha256, study_uid, series_uid, record,
        received_at, archive_key, size, sop_class_uid, modality, transfer_syntax_uid,
        instance_number, header, marks)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (site, sop_uid, sha256) DO UPDATE SET received_at = excluded.received_at
        WHERE content.received_at > excluded.received_at
"""


def add_content(
    connection: Connection, event: InstanceStored, header: Header, record: UUID | None
) -> bool:
    """Write one content; False where it is no news. Of its receipts the earliest counts."""
    stored, told = event.object, header.values
    return (
        connection.execute(
            CONTENT,
            (
                *(event.site, event.sop_uid, stored.sha256, event.study_uid, event.series_uid),
                *(record, event.received_at, stored.key, stored.size, event.sop_class_uid),
                *(event.modality, event.transfer_syntax_uid, told.instance_number),
                *(header.packed, list(told.marks)),
            ),
        ).rowcount
        == 1
    )


# A settlement of a newer recoding replaces the older one's, whichever comes first.
SETTLEMENT = """
    INSERT INTO catalogue.settlement AS old (site, sop_uid, sha256, study_uid, outcome, reason,
        bucket, key, size, served_sha256, frames, codec, pixel_digest, pipeline_version)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (site, sop_uid, sha256) DO UPDATE SET (outcome, reason, bucket, key, size,
        served_sha256, frames, codec, pixel_digest, pipeline_version, settled_at) =
        (excluded.outcome, excluded.reason, excluded.bucket, excluded.key, excluded.size,
        excluded.served_sha256, excluded.frames, excluded.codec, excluded.pixel_digest,
        excluded.pipeline_version, clock_timestamp())
    WHERE old.pipeline_version < excluded.pipeline_version
"""


def add_settlement(connection: Connection, event: InstanceTranscoded) -> bool:
    """Write what transcode told, also before the content is here; False where it is no news."""
    served = event.object
    return (
        connection.execute(
            SETTLEMENT,
            (
                *(event.site, event.sop_uid, event.original_sha256, event.study_uid),
                *(event.outcome, event.reason, served.bucket, served.key, served.size),
                *(served.sha256, event.frames, event.codec, event.pixel_digest),
                event.pipeline_version,
            ),
        ).rowcount
        == 1
    )


FIND_RECORD = """
    SELECT record FROM catalogue.record
    WHERE site = %(site)s AND patient_id = %(id)s AND issuer = coalesce(
        nullif(%(issuer)s, ''), (SELECT issuer FROM sites.site WHERE site = %(site)s), '')
"""
NAMESPACE = "INSERT INTO told.namespace (site) VALUES (%(site)s) ON CONFLICT DO NOTHING"
NAMES = """
    SELECT namespace, coalesce(
        nullif(%(issuer)s, ''), (SELECT issuer FROM sites.site WHERE site = %(site)s), '') AS issuer
    FROM told.namespace WHERE site = %(site)s
"""
RECORD = """
    INSERT INTO catalogue.record (record, site, issuer, patient_id)
    VALUES (%(record)s, %(site)s, %(issuer)s, %(id)s) ON CONFLICT DO NOTHING
"""


def record(connection: Connection, site: str, patient: PatientKey) -> UUID:
    """Return the record of a patient, made at first sight: the same one in every rebuild."""
    key = {"site": site, "issuer": patient.issuer, "id": patient.patient_id}
    if found := connection.execute(FIND_RECORD, key).fetchone():
        return UUID(str(found["record"]))
    connection.execute(NAMESPACE, key)
    (names,) = connection.execute(NAMES, key).fetchall()
    issuer = names["issuer"]
    # Neither half can hold a control character: the catalogue has cleaned them.
    made = uuid5(names["namespace"], f"{issuer}\x1f{patient.patient_id}")
    connection.execute(RECORD, key | {"issuer": issuer, "record": made})
    (found,) = connection.execute(FIND_RECORD, key).fetchall()
    return UUID(str(found["record"]))


ENTRY = """
    INSERT INTO catalogue.roster_entry AS old
        (site, system, patient_id, name, email, phone, language, birth_date, told_at)
    VALUES (%(site)s, %(system)s, %(patient_id)s, %(name)s, %(email)s, %(phone)s, %(language)s,
        %(birth_date)s, %(told_at)s)
    ON CONFLICT (site, system, patient_id) DO UPDATE
    SET (name, email, phone, language, birth_date, told_at) = (excluded.name, excluded.email,
        excluded.phone, excluded.language, excluded.birth_date, excluded.told_at)
    WHERE old.told_at <= excluded.told_at
"""


def add_roster(
    connection: Connection,
    event: PatientRegistered,
    contacts: Iterable[Contact],
    told_at: datetime,
) -> None:
    """Write whom a roster names; of two rosters the newer one counts."""
    rows = [{"site": event.site, "told_at": told_at, **asdict(each)} for each in contacts]
    with connection.cursor() as cursor:
        cursor.executemany(ENTRY, rows)
    connection.execute(
        "INSERT INTO catalogue.roster (site, sha256, patients) VALUES (%s, %s, %s)"
        " ON CONFLICT DO NOTHING",
        (event.site, event.object.sha256, event.patients),
    )


def columns(rows: Iterable[tuple[object, ...]]) -> list[list[object]]:
    """Return rows, sorted, as the arrays that `unnest` takes; two empty ones for none."""
    return [list(column) for column in zip(*sorted(rows, key=str), strict=True)] or [[], []]
