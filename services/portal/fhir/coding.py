"""FHIR's systems of codes, and what of ours each code is. Pure."""

from collections.abc import Mapping
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]

DCM = "http://dicom.nema.org/resources/ontology/DCM"
LOINC = "http://loinc.org"
HL7 = "http://terminology.hl7.org/CodeSystem"
UID = "urn:dicom:uid"  # https://hl7.org/fhir/R4/imagingstudy.html
SEXES: Mapping[str, str] = {"M": "male", "F": "female", "O": "other"}  # of (0010,0040)
# Of an SR document: (0040,A493), then (0040,A491).
STATUS: Mapping[str, str] = {"VERIFIED": "final", "PARTIAL": "partial"}
# DICOM's audit messages (PS3.15 §A.5): what an entry of the access log is.
EVENTS: Mapping[str, tuple[str, str, str]] = {
    "list": ("110112", "Query", "R"),
    "look": ("110103", "DICOM Instances Accessed", "R"),
    "keep": ("110104", "DICOM Instances Transferred", "R"),
    "refused": ("110103", "DICOM Instances Accessed", "R"),
}
OTHER = ("110137", "User Security Attributes Changed", "U")


def concept(system: str, code: str, display: str | None = None) -> Json:
    """Return a CodeableConcept of one code."""
    return {"coding": [kept({"system": system, "code": code, "display": display})]}


def kept(told: Json) -> Json:
    """Return a resource without what it does not have: FHIR knows no empty element."""
    return {name: value for name, value in told.items() if value not in (None, "", [], {})}
