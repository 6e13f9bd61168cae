"""What is shared for what: the three that a page offers, and the words for them. Pure."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from shared.access import Purpose


def N_(text: str) -> str:  # noqa: N802  gettext's own name for a text that is translated later
    """Mark `text` for translation."""
    return text


class For(StrEnum):
    """What a patient shares for."""

    OPINION = "opinion"
    FAMILY = "family"
    HOSPITAL = "hospital"


@dataclass(frozen=True, slots=True)
class Preset:
    """What is given where the patient says nothing else."""

    purpose: Purpose
    keep: bool
    term: timedelta


PRESETS = {
    For.OPINION: Preset(Purpose.TREATMENT, keep=False, term=timedelta(days=30)),
    For.FAMILY: Preset(Purpose.FAMILY, keep=False, term=timedelta(days=90)),
    For.HOSPITAL: Preset(Purpose.CARE, keep=True, term=timedelta(days=30)),
}
DAYS = (1, 7, 30, 90, 365)  # that can be chosen

WORDS = {
    Purpose.TREATMENT: N_("for treatment or a second opinion"),
    Purpose.CARE: N_("for a hospital"),
    Purpose.FAMILY: N_("for the family"),
    Purpose.RESEARCH: N_("for research"),
    Purpose.OWN: N_("for a viewer of my own"),
}
STAFF = "staff"  # the role of a guest who signed in by their hospital
OWN_VIEWER = "own-viewer"  # the role of a guest that is the patient's own program
ROLES = {
    "doctor": N_("Doctor"),
    "nurse": N_("Nurse"),
    "therapist": N_("Therapist"),
    "family": N_("Family or friend"),
    "other": N_("Somebody else"),
}
# The same of guests who have not said it themselves.
PROVEN = {
    STAFF: N_("signed in by their hospital"),
    OWN_VIEWER: N_("by your own address"),
}
