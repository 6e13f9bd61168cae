"""What a search gives back: the attributes of PS3.18 Tables 10.6.3-3 to 10.6.3-5. Pure."""

import json
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from json.encoder import encode_basestring as quoted
from typing import Any, TypeAlias

from shared.catalogue.served import unpacked

Row: TypeAlias = Mapping[str, Any]
Chosen: TypeAlias = tuple[tuple[str, str, str], ...]  # tag, VR, column
URL = ("00081190", "UR", "retrieve_url")  # Retrieve URL, which is in no column
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
    """Return what of `table` every row gives where `fields` are asked for."""
    every = "all" in fields
    found = [
        (tag, one.vr, one.column) for tag, one in table.items() if one.due or every or tag in fields
    ]
    return tuple(found)


def attributes(rows: Iterable[tuple[Row, str]], given: Chosen, fields: Container[str]) -> str:
    """Return rows, each with the address that retrieves it, as JSON.

    They give what is chosen, and what of `fields` their headers have besides. It is JSON at once,
    and what is the same in many rows is written once: objects of Python cost three times as much,
    and a collector of garbage that goes through them.
    """
    told = []
    ways = [(column, Written(tag, vr)) for tag, vr, column in sorted((*given, URL))]
    tags = {way.tag for _, way in ways}
    for row, url in rows:
        values = {**row, URL[2]: url}
        found = [
            # Rows without a column are those of another level.
            way[tuple(value) if (value := values.get(column)).__class__ is list else value]
            for column, way in ways
        ]
        if values.get("header") is not None:
            more = besides(values["header"], tags, fields)
            found = sorted([*found, *(f'"{tag}":{one}' for tag, one in more)])
        told.append(",".join(found))
    return "[{" + "},{".join(told) + "}]" if told else "[]"


class Written(dict[Any, str]):
    """An attribute as JSON by its value; each value is written once."""

    def __init__(self, tag: str, vr: str) -> None:
        """Begin with nothing written."""
        super().__init__()
        self.tag, self._vr = tag, vr

    def __missing__(self, value: Any) -> str:  # noqa: ANN401  what columns hold
        """Write `value`."""
        told = self[value] = f'"{self.tag}":{element(self._vr, value)}'
        return told


def besides(
    packed: bytes, told: Container[str], fields: Container[str]
) -> Iterator[tuple[str, str]]:
    """Yield what of `fields` stands in a header and is not `told` yet."""
    header: dict[str, Any] = json.loads(unpacked(packed))
    for tag, one in header.items():
        if tag not in told and (tag in OF_HEADER or tag in fields or "all" in fields):
            yield tag, json.dumps(one, ensure_ascii=False, separators=(",", ":"))


def element(vr: str, value: Any) -> str:  # noqa: ANN401  what columns hold
    """Return a value of a row as DICOM JSON (PS3.18 §F.2.2)."""
    if value is None or value in ("", ()):
        return f'{{"vr":"{vr}"}}'
    if vr == "PN":
        groups = zip(GROUPS, str(value).split("="), strict=False)
        told = ",".join(f'"{name}":{quoted(group)}' for name, group in groups if group)
        return f'{{"vr":"PN","Value":[{{{told}}}]}}'
    if isinstance(value, str):
        return f'{{"vr":"{vr}","Value":[{quoted(value)}]}}'
    if isinstance(value, date):
        return f'{{"vr":"{vr}","Value":["{value:%Y%m%d}"]}}'
    several = value if isinstance(value, tuple) else (value,)
    told = ",".join(quoted(each) if isinstance(each, str) else str(each) for each in several)
    return f'{{"vr":"{vr}","Value":[{told}]}}'
