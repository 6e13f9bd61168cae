"""Which type of directory record stands for a file of which SOP Class (PS3.3 Table F.4-1). Pure."""

from collections.abc import Mapping

STORAGE = "1.2.840.10008.5.1.4.1.1."
WAVES = "9.1.1 9.1.2 9.1.3 9.1.4 9.2.1 9.3.1 9.4.1 9.4.2 9.5.1 9.6.1 9.6.2 9.7.1 9.7.2 9.7.3 9.7.4"
STATES = "11.1 11.2 11.3 11.4 11.5 11.6 11.7 11.8 11.9 11.10 11.11 11.12 131"
REPORTS = (
    "78.6 79.1 88.11 88.22 88.33 88.34 88.35 88.40 88.50 88.65 88.67 88.68 88.69 88.70 88.71"
    " 88.72 88.73 88.74 88.75 88.76 88.77"
)
# What comes after `STORAGE`; everything else is an image.
DOCUMENTS: Mapping[str, str] = {
    "WAVEFORM": WAVES + " 9.8.1",
    "PRESENTATION": STATES,
    "SR DOCUMENT": REPORTS,
    "KEY OBJECT DOC": "88.59",
    "ENCAP DOC": "104.1 104.2 104.3 104.4 104.5",
    "RT DOSE": "481.2",
    "RT STRUCTURE SET": "481.3",
    "RT PLAN": "481.5 481.8",
    "RT TREAT RECORD": "481.4 481.6 481.7 481.9",
    "RADIOTHERAPY": " ".join(f"481.{number}" for number in (*range(10, 23), 25)),
    "SPECTROSCOPY": "4.2",
    "RAW DATA": "66",
    "REGISTRATION": "66.1 66.3",
    "FIDUCIAL": "66.2",
    "SURFACE": "66.5",
    "TRACT": "66.6",
    "VALUE MAP": "67",
    "SURFACE SCAN": "68.1 68.2",
    "STEREOMETRIC": "77.1.5.3",
    "MEASUREMENT": "78.1 78.2 78.3 78.4 78.5 78.7 78.8 80.1",
    "ASSESSMENT": "90.1",
    "ANNOTATION": "91.1",
}
TYPES = {STORAGE + uid: kind for kind, uids in DOCUMENTS.items() for uid in uids.split()}


def record_type(sop_class: str) -> str:
    """Return the Directory Record Type of a file."""
    return TYPES.get(sop_class, "IMAGE")
