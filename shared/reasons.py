"""Why an object was not let in: the codes, in plain English. Pure."""

from enum import StrEnum


class Reason(StrEnum):
    """A reason code; `meaning` is one sentence for the desk."""

    EMPTY = "empty"
    NOT_DICOM = "not-dicom"
    TRUNCATED = "truncated"
    PIXELS_MISSING = "pixels-missing"
    MALFORMED = "malformed"
    DIRECTORY_MALFORMED = "directory-malformed"
    EXECUTABLE_PREAMBLE = "executable-preamble"
    UID_MISSING = "uid-missing"
    UID_MALFORMED = "uid-malformed"
    FILE_TOO_BIG = "file-too-big"
    HEADER_TOO_BIG = "header-too-big"
    TOO_DEEP = "too-deep"
    TOO_MANY_ELEMENTS = "too-many-elements"
    INFLATE_BOMB = "inflate-bomb"
    ROSTER_MALFORMED = "roster-malformed"
    ROSTER_TOO_BIG = "roster-too-big"
    NOT_A_ROSTER = "not-a-roster"
    MANIFEST_MALFORMED = "manifest-malformed"
    ARCHIVE_MALFORMED = "archive-malformed"
    ARCHIVE_FOREIGN = "archive-foreign"
    ARCHIVE_ENCRYPTED = "archive-encrypted"
    ARCHIVE_METHOD = "archive-method"
    ARCHIVE_UNSAFE = "archive-unsafe"
    ARCHIVE_NESTED = "archive-nested"
    ARCHIVE_TOO_MANY = "archive-too-many"
    ARCHIVE_TOO_BIG = "archive-too-big"
    ARCHIVE_BOMB = "archive-bomb"
    INSPECTION_FAILED = "inspection-failed"

    @property
    def meaning(self) -> str:
        """Return what the code means, one sentence."""
        return MEANINGS[self]

    @property
    def releasable(self) -> bool:
        """Say whether a person may let the object in as it is, where its UIDs can be read."""
        return self in RELEASABLE


MEANINGS = {
    Reason.EMPTY: "The object has no bytes.",
    Reason.NOT_DICOM: "The file is no DICOM file, and no roster either.",
    Reason.TRUNCATED: "The file ends before what its header announces: it was cut on its way.",
    Reason.PIXELS_MISSING: "The header is that of a picture, and there is no picture in the file.",
    Reason.MALFORMED: "The file is DICOM, but its parts contradict each other.",
    Reason.DIRECTORY_MALFORMED: "The file is a DICOMDIR whose records cannot be followed.",
    Reason.EXECUTABLE_PREAMBLE: "The file begins like a program or an archive, and could be run.",
    Reason.UID_MISSING: "The file does not say which study, series, object or class it is.",
    Reason.UID_MALFORMED: "An identifier in the file is not written as DICOM demands.",
    Reason.FILE_TOO_BIG: "The file is larger than what is taken.",
    Reason.HEADER_TOO_BIG: "The header, or one value in it, is larger than what is taken.",
    Reason.TOO_DEEP: "The header is nested deeper than any real file.",
    Reason.TOO_MANY_ELEMENTS: "The header has more elements than any real file.",
    Reason.INFLATE_BOMB: "The compressed file would grow far beyond what any real file does.",
    Reason.ROSTER_MALFORMED: "The roster cannot be read, or one of its patients does not fit FHIR.",
    Reason.ROSTER_TOO_BIG: "The roster is larger than what is taken at once: send it in parts.",
    Reason.NOT_A_ROSTER: "The file is JSON, but neither a FHIR Bundle with patients nor a Patient.",
    Reason.MANIFEST_MALFORMED: "The _COMPLETE.json does not fit its schema, or is too large.",
    Reason.ARCHIVE_MALFORMED: "The ZIP file contradicts itself, or a file in it is damaged.",
    Reason.ARCHIVE_FOREIGN: "The ZIP file is sound, and there is no DICOM file in it.",
    Reason.ARCHIVE_ENCRYPTED: "The ZIP file is locked with a password.",
    Reason.ARCHIVE_METHOD: "The ZIP file is packed in another way than Stored or Deflate.",
    Reason.ARCHIVE_UNSAFE: "The ZIP file has a link in it, or a name that leads out of its folder.",
    Reason.ARCHIVE_NESTED: "A ZIP file within a ZIP file: send it by itself.",
    Reason.ARCHIVE_TOO_MANY: "The ZIP file has more files in it than what is taken.",
    Reason.ARCHIVE_TOO_BIG: "The ZIP file would unpack to more than what is taken.",
    Reason.ARCHIVE_BOMB: "The ZIP file would grow far beyond what real pictures do.",
    Reason.INSPECTION_FAILED: "Looking at the file failed: a fault of ours, please report.",
}
RELEASABLE = {
    Reason.TRUNCATED,
    Reason.PIXELS_MISSING,
    Reason.MALFORMED,
    Reason.EXECUTABLE_PREAMBLE,
    Reason.HEADER_TOO_BIG,
}
