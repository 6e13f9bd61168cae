"""Rows of the catalogue as FHIR R4 resources (https://hl7.org/fhir/R4). Pure."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from services.portal.fhir.coding import DCM, HL7, LOINC, SEXES, STATUS, UID, Json, concept, kept
from shared.brought import brought
from shared.catalogue.served import unpacked

Row: TypeAlias = Mapping[str, Any]
TIME = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{2})")
OFFSET = re.compile(r"([+-][0-9]{2})([0-9]{2})")


def patient(row: Row, portal: str) -> Json:
    """Return a record: a patient as one hospital knows them."""
    return kept(
        {
            "resourceType": "Patient",
            "id": str(row["record"]),
            "meta": asserted(row["site"]),
            "identifier": [
                {
                    "use": "usual",
                    "type": concept(f"{HL7}/v2-0203", "MR"),
                    "system": f"{portal}/sites/{row['site']}",
                    "value": row["patient_id"],
                    "assigner": {"display": row["hospital"]},
                }
            ],
            "name": names(row["name"] or ""),
            "gender": SEXES.get(row["sex"] or ""),
            "birthDate": row["birth_date"].isoformat() if row["birth_date"] else None,
            "managingOrganization": {"display": row["hospital"]},
        }
    )


def asserted(site: str) -> Json:
    """Return what says that a patient has brought it and no hospital vouches for it, or nothing."""
    if not brought(site):
        return {}
    system = f"{HL7}/v3-ObservationValue"  # _SecurityIntegrityProvenanceObservationValue
    return {"security": [{"system": system, "code": "PATAST", "display": "patient asserted"}]}


def names(said: str) -> list[Json]:
    """Return a PN value's groups (PS3.5 §6.2.1.2) as names."""
    found = []
    for group in filter(None, said.split("=")):
        family, given, middle, prefix, suffix = [*group.split("^"), *[""] * 5][:5]
        told = {
            "text": " ".join(filter(None, (prefix, given, middle, family, suffix))),
            "family": family,
            "given": list(filter(None, (given, middle))),
            "prefix": list(filter(None, (prefix,))),
            "suffix": list(filter(None, (suffix,))),
        }
        found.append(kept(told))
    return list(filter(None, found))


def imaging_study(row: Row, series: Iterable[Row], endpoint: str) -> Json:
    """Return a study; `series` are its rows, `endpoint` the id of where its pictures are had."""
    accession = {
        "type": concept(f"{HL7}/v2-0203", "ACSN"),
        "value": row["accession_number"],
    }
    return kept(
        {
            "resourceType": "ImagingStudy",
            "id": row["id"],
            "meta": {"lastUpdated": instant(row["updated"]), **asserted(row["site"])},
            "identifier": [
                {"system": UID, "value": f"urn:oid:{row['study_uid']}"},
                *([accession] if row["accession_number"] else []),
            ],
            "status": "available",
            "modality": [coded(each) for each in row["modalities"] if each],
            "subject": {"reference": f"Patient/{row['record']}"},
            "started": started(row),
            "referrer": kept({"display": " ".join(spoken(row["referring_physician"]))}),
            "endpoint": [{"reference": f"Endpoint/{endpoint}"}],
            "numberOfSeries": row["series_count"],
            "numberOfInstances": row["instance_count"],
            "description": row["study_description"],
            "series": [one_series(each) for each in series],
        }
    )


def one_series(row: Row) -> Json:
    """Return a series of a study."""
    return kept(
        {
            "uid": row["series_uid"],
            "number": row["series_number"] if (row["series_number"] or -1) >= 0 else None,
            "modality": coded(row["modality"] or "OT"),
            "description": row["description"],
            "numberOfInstances": row["instance_count"],
            "bodySite": kept({"display": row["body_part"]}),
        }
    )


def coded(modality: str) -> Json:
    """Return a modality (CID 29) as a Coding."""
    return {"system": DCM, "code": modality}


def started(row: Row) -> str | None:
    """Return when a study began: the day alone where its clock's zone is not known."""
    if row["study_date"] is None:
        return None
    day: str = row["study_date"].isoformat()
    time, zone = TIME.match(row["study_time"] or ""), OFFSET.fullmatch(row["utc_offset"] or "")
    if time is None or zone is None:
        return day
    hour, minute, second = time.groups()
    return f"{day}T{hour}:{minute}:{min(int(second), 59):02}{zone[1]}:{zone[2]}"


def spoken(name: str | None) -> Sequence[str]:
    """Return the parts of a PN value's first group in the order in which they are spoken."""
    family, given, middle, prefix, suffix = [*(name or "").split("=")[0].split("^"), *[""] * 5][:5]
    return list(filter(None, (prefix, given, middle, family, suffix)))


def endpoint(name: str, address: str) -> Json:
    """Return where pictures are had: the DICOMweb root `address`."""
    return {
        "resourceType": "Endpoint",
        "id": name,
        "status": "active",
        "connectionType": {"system": f"{HL7}/endpoint-connection-type", "code": "dicom-wado-rs"},
        "name": "DICOMweb",
        "payloadType": [concept("http://hl7.org/fhir/resource-types", "ImagingStudy")],
        "payloadMimeType": ["application/dicom", "application/dicom+json"],
        "address": address,
    }


def report(row: Row, dicomweb: str) -> Json:
    """Return a report that came as an instance of its study; its file is under `dicomweb`."""
    header: Json = json.loads(unpacked(row["header"]))
    place = f"studies/{row['study_uid']}/series/{row['series_uid']}/instances/{row['sop_uid']}"
    verified, complete = (value(header, tag) for tag in ("0040A493", "0040A491"))
    return kept(
        {
            "resourceType": "DiagnosticReport",
            "id": row["id"],
            "identifier": [{"system": UID, "value": f"urn:oid:{row['sop_uid']}"}],
            "status": STATUS.get(verified) or STATUS.get(complete) or "unknown",
            "category": [concept(f"{HL7}/v2-0074", "RAD", "Radiology")],
            "code": concept(LOINC, "18748-4", "Diagnostic imaging study"),
            "subject": {"reference": f"Patient/{row['record']}"},
            "effectiveDateTime": row["study_date"].isoformat() if row["study_date"] else None,
            "issued": instant(row["received_at"]),
            "imagingStudy": [{"reference": f"ImagingStudy/{row['study']}"}],
            "presentedForm": [
                {"contentType": "application/dicom", "url": f"{dicomweb}/{place}"},
            ],
        }
    )


def value(header: Json, tag: str) -> str:
    """Return the first value of an element of DICOM JSON, or an empty text."""
    found = header.get(tag, {}).get("Value") or [""]
    return str(found[0])


def instant(when: datetime) -> str:
    """Return a moment as FHIR writes it."""
    return when.isoformat(timespec="milliseconds")
