"""What holds resources, and what says what there is: Bundle, OperationOutcome, Capability. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from services.portal.fhir.coding import Json, kept

# What each type is searched by; `_count` and paging go without saying.
SEARCHED: Mapping[str, Mapping[str, str]] = {
    "Patient": {"_id": "token", "identifier": "token"},
    "ImagingStudy": {
        "_id": "token",
        "_lastUpdated": "date",
        "patient": "reference",
        "identifier": "token",
        "modality": "token",
        "started": "date",
    },
    "Endpoint": {"_id": "token"},
    "DiagnosticReport": {"_id": "token", "_lastUpdated": "date", "patient": "reference"},
    "Consent": {"_id": "token", "patient": "reference", "status": "token"},
    "AuditEvent": {"_id": "token", "date": "date", "patient": "reference"},
}
DATED = "2026-11-24"


def searchset(
    base: str, found: Sequence[Json], said: Sequence[tuple[str, str]], following: int | None
) -> Json:
    """Return what a search found under `base`; `following` is where its next page begins."""
    kind = base.rpartition("/")[2]
    links = [{"relation": "self", "url": address(base, said)}]
    if following is not None:
        others = [pair for pair in said if pair[0] != "_offset"]
        url = address(base, [*others, ("_offset", str(following))])
        links.append({"relation": "next", "url": url})
    entries = [
        {
            "fullUrl": f"{base.rpartition('/')[0]}/{each['resourceType']}/{each['id']}",
            "resource": each,
            "search": {"mode": "match" if each["resourceType"] == kind else "include"},
        }
        for each in found
    ]
    return kept({"resourceType": "Bundle", "type": "searchset", "link": links, "entry": entries})


def address(base: str, said: Sequence[tuple[str, str]]) -> str:
    """Return the address of a search, of what was understood of it."""
    return f"{base}?{urlencode(said)}" if said else base


def collection(base: str, found: Iterable[Json]) -> Json:
    """Return resources that are taken along together."""
    entries = [
        {"fullUrl": f"{base}/{each['resourceType']}/{each['id']}", "resource": each}
        for each in found
    ]
    return kept({"resourceType": "Bundle", "type": "collection", "entry": entries})


def outcome(status: int, sentence: str, reference: str) -> Json:
    """Return why something cannot be had; `reference` stands in our log too."""
    codes = {404: "not-found", 406: "not-supported", 503: "transient", 500: "exception"}
    return {
        "resourceType": "OperationOutcome",
        "issue": [
            {
                "severity": "error",
                "code": codes.get(status, "invalid"),
                "details": {"text": sentence},
                "diagnostics": reference,
            }
        ],
    }


def capability(base: str) -> Json:
    """Return what this server can do (https://hl7.org/fhir/R4/capabilitystatement.html)."""
    resources: list[dict[str, Any]] = [
        {
            "type": kind,
            "interaction": [{"code": "read"}, {"code": "search-type"}],
            "versioning": "no-version",
            "searchParam": [{"name": name, "type": how} for name, how in searched.items()],
        }
        for kind, searched in SEARCHED.items()
    ]
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": DATED,
        "kind": "instance",
        "software": {"name": "Scanpass"},
        "implementation": {"description": "Scanpass, read only", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "rest": [
            {
                "mode": "server",
                "security": {"description": "A session's cookie, or a Bearer token or Basic."},
                "resource": resources,
            }
        ],
    }
