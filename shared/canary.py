"""The study of nobody's by which operators see how long a hospital's studies take. Pure.

It goes the whole way to `available` and no further: it is never released, so no page shows it and
no letter tells of it. The same bytes each time, under one name each time: what is kept of it in the
archive is one small file a hospital.
"""

STUDY_UID = "2.25.64458168631406714109355541740336865574"
PATIENT_ID = "SCANPASS-CANARY"


def is_canary(study_uid: str | None) -> bool:
    """Say whether a study is it."""
    return study_uid == STUDY_UID


def drop_key(site: str) -> str:
    """Return where it is dropped."""
    return f"{site}/scanpass/canary.dcm"
