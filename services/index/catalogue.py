"""What the catalogue's rows say of one instance, out of its header as DICOM JSON. Pure.

A bad value is never fatal: it is left out, and a mark (a code) says so.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

from shared.catalogue.times import clock, offset

Header: TypeAlias = Mapping[str, Any]  # PS3.18 §F.2: {"00100020": {"vr": "LO", "Value": [...]}}

LONGEST = 1024  # characters of one text in a row; the header keeps all of it
LONGEST_ID = 128  # LO has 64; what is longer is no number anyone could give on the telephone
LARGEST = 2**31 - 1  # IS (PS3.5 §6.2) and PostgreSQL's integer
REPLACED = "\ufffd"  # stands where text could not be decoded
UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")  # controls and half characters
DATE = re.compile(r"([0-9]{4})(\.?)([0-9]{2})\2([0-9]{2})")
GROUPS = ("Alphabetic", "Ideographic", "Phonetic")  # PS3.18 §F.2.2, PS3.5 §6.2.1


@dataclass(frozen=True, slots=True)
class PatientKey:
    """A patient as one issuer knows them; an empty issuer is the site's own."""

    issuer: str
    patient_id: str


@dataclass(frozen=True, slots=True)
class StudyValues:
    """What a header says of its study and patient."""

    patient_name: str | None  # `Alphabetic=Ideographic=Phonetic`
    patient_birth_date: date | None
    patient_sex: str | None
    study_date: date | None
    study_time: str | None  # TM without colons
    utc_offset: str | None  # of both, as in `+0100`
    accession_number: str | None
    study_id: str | None
    description: str | None
    referring_physician: str | None


@dataclass(frozen=True, slots=True)
class SeriesValues:
    """What a header says of its series."""

    modality: str | None
    series_number: int | None
    description: str | None
    body_part: str | None
    laterality: str | None


@dataclass(frozen=True, slots=True)
class Values:
    """All of it; `patient` is None where the Patient ID is absent or cannot be trusted."""

    patient: PatientKey | None
    study: StudyValues
    series: SeriesValues
    instance_number: int | None
    marks: tuple[str, ...]


def values(header: Header) -> Values:
    """Return the row values of an instance."""
    read = Reader(header)
    patient = read.patient()
    study = StudyValues(
        patient_name=read.name("00100010"),
        patient_birth_date=read.date("00100030"),
        patient_sex=read.text("00100040"),
        study_date=read.date("00080020"),
        study_time=read.time("00080030"),
        utc_offset=read.offset("00080201"),
        accession_number=read.text("00080050"),
        study_id=read.text("00200010"),
        description=read.text("00081030"),
        referring_physician=read.name("00080090"),
    )
    series = SeriesValues(
        modality=read.text("00080060"),
        series_number=read.number("00200011"),
        description=read.text("0008103E"),
        body_part=read.text("00180015"),
        laterality=read.text("00200060"),
    )
    return Values(patient, study, series, read.number("00200013"), tuple(sorted(read.marks)))


class Reader:
    """Reads values out of one header, and collects marks."""

    def __init__(self, header: Header) -> None:
        """Start without marks, but for text that could not be decoded."""
        self.header = header
        self.marks: set[str] = set()

    def first(self, tag: str) -> Any:  # noqa: ANN401  a JSON value: text, number or object
        """Return the element's first value, or None."""
        element = self.header.get(tag)
        found = element.get("Value") if isinstance(element, Mapping) else None
        return found[0] if isinstance(found, list) and found else None

    def text(self, tag: str) -> str | None:
        """Return text, all values of it joined as in the file, or None where it is empty."""
        element = self.header.get(tag)
        found = element.get("Value") if isinstance(element, Mapping) else None
        if not isinstance(found, list):
            return None
        return self.clean("\\".join(str(each) for each in found if each is not None))

    def name(self, tag: str) -> str | None:
        """Return a person's name with its groups joined by `=`, or None where it is empty."""
        found = self.first(tag)
        groups = found if isinstance(found, Mapping) else {}
        spelled = [self.clean(str(groups.get(group) or "")) or "" for group in GROUPS]
        return "=".join(spelled).rstrip("=") or None

    def date(self, tag: str) -> date | None:
        """Return a DA value; the form of old files, `1997.04.24`, too (PS3.5 §6.2)."""
        found = self.text(tag)
        if found is None:
            return None
        try:
            return date.fromisoformat(DATE.sub(r"\1\3\4", found) if DATE.fullmatch(found) else "")
        except ValueError:
            self.marks.add("bad-date")
            return None

    def time(self, tag: str) -> str | None:
        """Return a TM value, as precise as it is; the form of old files, `10:15:30`, too."""
        found = self.text(tag)
        if found is not None and clock(found) is None:
            self.marks.add("bad-time")
            return None
        return found.replace(":", "") if found else None

    def offset(self, tag: str) -> str | None:
        """Return a Timezone Offset From UTC (PS3.3 §C.12.1.1.8)."""
        found = self.text(tag)
        if found is not None and offset(found) is None:
            self.marks.add("bad-offset")
            return None
        return found

    def number(self, tag: str) -> int | None:
        """Return an IS value."""
        found = self.first(tag)
        if found is None:
            return None
        try:
            number = int(found)
        except (TypeError, ValueError, OverflowError):
            number = LARGEST + 1
        if abs(number) > LARGEST:
            self.marks.add("bad-number")
            return None
        return number

    def patient(self) -> PatientKey | None:
        """Return who the patient is, or None where that cannot be known for certain.

        Two ids that differ in what could not be decoded, or beyond what is kept, look the same:
        such an id names nobody.
        """
        patient_id, issuer = self.text("00100020"), self.text("00100021") or ""
        if patient_id is None:
            self.marks.add("no-patient-id")
            return None
        if REPLACED in patient_id + issuer or max(len(patient_id), len(issuer)) > LONGEST_ID:
            self.marks.add("bad-patient-id")
            return None
        return PatientKey(issuer, patient_id)

    def clean(self, text: str) -> str | None:
        """Return `text` without what no row can hold, or None where nothing is left."""
        if REPLACED in text:
            self.marks.add("undecodable-text")
        return UNSEEN.sub(" ", text).strip()[:LONGEST].strip() or None


def display_name(person_name: str | None) -> str | None:
    """Return a PN value (PS3.5 §6.2.1.1) as one would write it on an envelope."""
    if not person_name:
        return None
    group = next(filter(None, person_name.split("=")), "")
    family, given, middle, prefix, suffix = (group.split("^") + [""] * 5)[:5]
    return " ".join(f"{prefix} {given} {middle} {family} {suffix}".split()) or None


def unspaced(person_name: str | None) -> list[str]:
    """Return the groups of a PN value that one also writes in one word: `山田太郎`."""
    return [group.replace("^", "") for group in (person_name or "").split("=")[1:]]


def search_words(study: StudyValues, patient_id: str | None, series: Iterable[SeriesValues]) -> str:
    """Return everything that plain words may match, not yet folded."""
    told = [
        study.patient_name,
        *unspaced(study.patient_name),
        patient_id,
        study.description,
        study.accession_number,
    ]
    told.append(str(study.study_date.year) if study.study_date else None)
    for one in series:
        told += [one.modality, one.body_part, one.description]
    return " ".join(dict.fromkeys(filter(None, told)))
