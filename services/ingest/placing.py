"""Where a dropped object belongs, and the event that tells it is there. Pure."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from services.ingest.content import Content
from services.ingest.declared import Declaration
from services.ingest.inspect import Finding, Instance, Refused, Roster
from services.ingest.zipped import Archive
from shared.events import (
    Event,
    InstanceStored,
    Lane,
    ObjectQuarantined,
    ObjectUnpacked,
    PatientRegistered,
    StoredObject,
    StudyDeclared,
)

DOOR = "bucket"


def place(site: str, drop_digest: str, content: Content, finding: Finding) -> StoredObject:
    """Return where the bytes are to lie: by their digest, so no content ever meets another."""
    match finding:
        case Instance():
            path = f"{finding.study_uid}/{finding.series_uid}/{finding.sop_uid}"
            bucket, key = "archive", f"{site}/{path}/{content.sha256}.dcm"
        case Roster():
            bucket, key = "archive", f"{site}/rosters/{content.sha256}"
        case Declaration():
            bucket, key = "archive", f"{site}/declarations/{content.sha256}"
        case Archive():
            bucket, key = "archive", f"{site}/archives/{content.sha256}.zip"
        case Refused():
            bucket, key = "quarantine", f"{site}/{content.sha256}/{drop_digest}.bin"
    return StoredObject(bucket=bucket, key=key, size=content.size, sha256=content.sha256)


def telling(
    site: str,
    drop_digest: str,
    lane: Lane,
    stored: StoredObject,
    finding: Instance | Roster | Archive | Refused,
) -> Callable[[datetime], Event]:
    """Return what makes the event out of the time of receipt."""
    match finding:
        case Instance():
            return partial(instance_stored, site, lane, stored, finding)
        case Roster():
            registered = PatientRegistered(site=site, object=stored, patients=finding.patients)
            return lambda _now: registered
        case Archive():
            unpacked = ObjectUnpacked(
                site=site, object=stored, members=len(finding.members), foreign=finding.foreign
            )
            return lambda _now: unpacked
        case Refused():
            quarantined = ObjectQuarantined(
                site=site, drop_digest=drop_digest, reason=finding.reason, object=stored
            )
            return lambda _now: quarantined


def declared(
    site: str, stored: StoredObject, found: Declaration, dropped_at: datetime
) -> list[StudyDeclared]:
    """Return the event of each study that a declaration names."""
    return [
        StudyDeclared(
            site=site,
            study_uid=study_uid,
            instances=instances,
            origin=found.origin,
            object=stored,
            declared_at=dropped_at,
        )
        for study_uid, instances in found.studies.items()
    ]


def instance_stored(
    site: str, lane: Lane, stored: StoredObject, found: Instance, received_at: datetime
) -> InstanceStored:
    """Return the event of one instance."""
    return InstanceStored(
        site=site,
        study_uid=found.study_uid,
        series_uid=found.series_uid,
        sop_uid=found.sop_uid,
        sop_class_uid=found.sop_class_uid,
        modality=found.modality,
        transfer_syntax_uid=found.transfer_syntax_uid,
        object=stored,
        door=DOOR,
        received_at=received_at,
        lane=lane,
        warnings=found.warnings,
    )
