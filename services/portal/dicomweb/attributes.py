"""What a search gives back: the attributes of PS3.18 Tables 10.6.3-3 to 10.6.3-5. Pure."""

import json
from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

from shared.catalogue.served import unpacked

Json: TypeAlias = dict[str, Any]
Row: TypeAlias = Mapping[str, Any]
Chosen: TypeAlias = tuple[tuple[str, str, str], ...]  # tag, VR, column
RETRIEVE_URL = "00081190"
GROUPS = ("Alphabetic", "Ideographic", "Phonetic")  # PS3.18 §F.2.2


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of an answer: its VR, and the column that it comes from."""

    vr: str
    column: str
    due: bool = True  # else only where it is asked for


STUDY: Mapping[str, Attribute] = {
    "00080020": Attribute("DA", "study_date"),
    "00080030": Attribute("TM", "study_time"),
    "00080050": Attribute("SH", "accession_number"),
    "00080056": Attribute("CS", "availability"),
    "00080061": Attribute("CS", "modalities"),
    "00080090": Attribute("PN", "referring_physician"),
    "00080201": Attribute("SH", "utc_offset"),
    "00081030": Attribute("LO", "study_description"),
    "00100010": Attribute("PN", "patient_name"),
    "00100020": Attribute("LO", "patient_id"),
    "00100030": Attribute("DA", "patient_birth_date"),
    "00100040": Attribute("CS", "patient_sex"),
    "0020000D": Attribute("UI", "study_uid"),
    "00200010": Attribute("SH", "study_id"),
    "00201206": Attribute("IS", "series_count"),
    "00201208": Attribute("IS", "instance_count"),
}
SERIES: Mapping[str, Attribute] = {
    "00080060": Attribute("CS", "modality"),
    "0008103E": Attribute("LO", "series_description"),
    "00180015": Attribute("CS", "body_part", due=False),
    "0020000D": Attribute("UI", "study_uid"),
    "0020000E": Attribute("UI", "series_uid"),
    "00200011": Attribute("IS", "series_number"),
    "00200060": Attribute("CS", "laterality", due=False),
    "00201209": Attribute("IS", "series_instance_count"),
}
INSTANCE: Mapping[str, Attribute] = {
    "00080016": Attribute("UI", "sop_class_uid"),
    "00080018": Attribute("UI", "sop_uid"),
    "00080056": Attribute("CS", "availability"),
    "0020000D": Attribute("UI", "study_uid"),
    "0020000E": Attribute("UI", "series_uid"),
    "00200013": Attribute("IS", "instance_number"),
}
OF_HEADER = ("00280008", "00280010", "00280011", "00280100")  # frames, rows, columns, bits


def chosen(table: Mapping[str, Attribute], fields: Container[str]) -> Chosen:
    """Return what of `table` is given where `fields` are asked for, by tag.

    It is the same for all rows of an answer, of which there may be thousands.
    """
    every = "all" in fields
    found = [
        (tag, one.vr, one.column) for tag, one in table.items() if one.due or every or tag in fields
    ]
    return tuple(sorted([*found, (RETRIEVE_URL, "UR", "")]))


def attributes(row: Row, given: Chosen, fields: Container[str], url: str) -> Json:
    """Return what `row` gives: what is chosen, and what of `fields` its header has besides.

    `url` retrieves it.
    """
    found = {tag: element(vr, row.get(column) if column else url) for tag, vr, column in given}
    if row.get("header") is None:
        return found
    header: Json = json.loads(unpacked(row["header"]))
    for tag in header:
        if tag in OF_HEADER or tag in fields or "all" in fields:
            found.setdefault(tag, header[tag])
    return dict(sorted(found.items()))


def element(vr: str, value: Any) -> Json:  # noqa: ANN401  what columns hold
    """Return a value of a row as DICOM JSON (PS3.18 §F.2.2)."""
    if value is None or value in ("", []):
        return {"vr": vr}
    if vr == "PN":
        groups = zip(GROUPS, str(value).split("="), strict=False)
        return {"vr": vr, "Value": [{name: group for name, group in groups if group}]}
    if isinstance(value, str):
        return {"vr": vr, "Value": [value]}
    if isinstance(value, date):
        return {"vr": vr, "Value": [value.strftime("%Y%m%d")]}
    return {"vr": vr, "Value": list(value) if isinstance(value, list | tuple) else [value]}
