"""Every event that crosses the broker, in the order a study meets them."""

from shared.events.access import (
    AccessLogged,
    HelperInvited,
    HelperJoined,
    HelperLeft,
    PatientClaimed,
    PatientUnclaimed,
    SigninRequested,
)
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
from shared.events.object import Decision, ObjectDecided, ObjectQuarantined, ObjectUnpacked
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
    PatientRegistered,
    StudyDeclared,
    InstanceTranscoded,
    InstanceConflicted,
    StudyAvailable,
    StudyUpdated,
    StudyReleased,
    NotificationSent,
    NotificationFailed,
    PatientClaimed,
    PatientUnclaimed,
    SigninRequested,
    HelperInvited,
    HelperJoined,
    HelperLeft,
    AccessLogged,
)

__all__ = [
    "CATALOGUE",
    "AccessLogged",
    "Because",
    "Channel",
    "Code",
    "Completeness",
    "Conflict",
    "Decision",
    "Event",
    "HelperInvited",
    "HelperJoined",
    "HelperLeft",
    "InstanceConflicted",
    "InstanceStored",
    "InstanceTranscoded",
    "Lane",
    "NotificationFailed",
    "NotificationSent",
    "ObjectDecided",
    "ObjectQuarantined",
    "ObjectUnpacked",
    "Origin",
    "Outcome",
    "PatientClaimed",
    "PatientRegistered",
    "PatientUnclaimed",
    "Sha256",
    "SigninRequested",
    "Site",
    "StoredObject",
    "StudyAvailable",
    "StudyDeclared",
    "StudyReleased",
    "StudyUpdated",
    "Uid",
]
