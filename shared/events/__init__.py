"""Every event that crosses the broker, in the order a study meets them."""

from shared.events.event import Code, Event, Sha256, Site, StoredObject, Uid
from shared.events.instance import (
    Conflict,
    InstanceConflicted,
    InstanceStored,
    InstanceTranscoded,
    Lane,
    Outcome,
)
from shared.events.notification import Channel, NotificationFailed, NotificationSent
from shared.events.object import (
    Damage,
    Decision,
    ObjectDamaged,
    ObjectDecided,
    ObjectQuarantined,
    ObjectUnpacked,
)
from shared.events.patient import PatientRegistered
from shared.events.study import (
    Because,
    Completeness,
    Origin,
    StudyAvailable,
    StudyDeclared,
    StudyReleased,
    StudyUpdated,
)

CATALOGUE: tuple[type[Event], ...] = (
    InstanceStored,
    ObjectQuarantined,
    ObjectUnpacked,
    ObjectDecided,
    ObjectDamaged,
    PatientRegistered,
    StudyDeclared,
    InstanceTranscoded,
    InstanceConflicted,
    StudyAvailable,
    StudyUpdated,
    StudyReleased,
    NotificationSent,
    NotificationFailed,
)

__all__ = [
    "CATALOGUE",
    "Because",
    "Channel",
    "Code",
    "Completeness",
    "Conflict",
    "Damage",
    "Decision",
    "Event",
    "InstanceConflicted",
    "InstanceStored",
    "InstanceTranscoded",
    "Lane",
    "NotificationFailed",
    "NotificationSent",
    "ObjectDamaged",
    "ObjectDecided",
    "ObjectQuarantined",
    "ObjectUnpacked",
    "Origin",
    "Outcome",
    "PatientRegistered",
    "Sha256",
    "Site",
    "StoredObject",
    "StudyAvailable",
    "StudyDeclared",
    "StudyReleased",
    "StudyUpdated",
    "Uid",
]
