"""What a patient has given, and who looked, as FHIR R4 resources. Pure."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from services.portal.fhir.coding import DCM, EVENTS, HL7, LOINC, OTHER, Json, concept, kept
from services.portal.fhir.mapping import instant

Row: TypeAlias = Mapping[str, Any]


def consent(row: Row, record: str) -> Json:
    """Return a grant as it is now; `record` is one of the patient's."""
    ended = row["ended_at"] is not None or not row["stands"]
    asked = ("access", "use") if row["keep"] else ("access",)
    return {
        "resourceType": "Consent",
        "id": str(row["grant_id"]),
        "meta": {"versionId": str(row["version"])},
        "status": "inactive" if ended else "active",
        "scope": concept(f"{HL7}/consentscope", "patient-privacy"),
        "category": [concept(LOINC, "59284-0", "Consent Document")],
        "patient": {"reference": f"Patient/{record}"},
        "dateTime": instant(row["given_at"]),
        "policyRule": concept(f"{HL7}/v3-ActCode", "OPTIN"),
        "provision": kept(
            {
                "type": "permit",
                "period": period(row),
                "actor": [
                    {
                        "role": concept(f"{HL7}/v3-ParticipationType", "IRCP"),
                        "reference": {"display": grantee(row)},
                    }
                ],
                "action": [concept(f"{HL7}/consentaction", each) for each in asked],
                "purpose": [{"system": f"{HL7}/v3-ActReason", "code": row["purpose"]}],
                "data": [
                    {"meaning": "instance", "reference": {"reference": f"ImagingStudy/{each}"}}
                    for each in row["study_ids"]
                ],
            }
        ),
    }


def period(row: Row) -> Json:
    """Return from when until when, however it ended."""
    ends = row["ended_at"] or row["ends_at"]
    return kept({"start": instant(row["starts_at"]), "end": instant(ends) if ends else None})


def grantee(row: Row) -> str:
    """Return to whom it is given: a hospital, a program, or whoever came by the link."""
    return row["hospital"] or ", ".join(row["guests"]) or "Whoever holds the link"


def audit_event(row: Row, names: Mapping[Any, str], portal: str) -> Json:
    """Return one entry of the access log, with the seal that the entry bears."""
    code, display, how = EVENTS.get(row["action"].partition("-")[0], OTHER)
    refused = row["action"] == "refused"
    study = [thing(f"ImagingStudy/{row['study']}", "3", "Report")] if row["study"] else []
    patient = thing(f"Patient/{row['record']}", "1", "Patient")
    patient["detail"] = [
        {"type": "seq", "valueString": str(row["seq"])},
        {"type": "reads", "valueString": str(row["reads"])},
        {"type": "sha256", "valueString": bytes(row["hash"]).hex()},
    ]
    return {
        "resourceType": "AuditEvent",
        "id": f"{row['record']}.{row['seq']}",
        "type": {"system": DCM, "code": code, "display": display},
        "subtype": [{"system": f"{portal}/fhir/actions", "code": row["action"]}],
        "action": how,
        "recorded": instant(row["at"]),
        "outcome": "4" if refused else "0",  # 4: minor failure
        "outcomeDesc": row["because"],
        "agent": [
            {
                "type": concept(f"{portal}/fhir/actors", row["actor_kind"]),
                "who": kept(
                    {
                        "identifier": {
                            "system": f"{portal}/fhir/actor",
                            "value": str(row["actor"] or "scanpass"),
                        },
                        "display": names.get(row["actor"]),
                    }
                ),
                "requestor": row["actor"] is not None,
            }
        ],
        "source": {"observer": {"display": "Scanpass"}},
        "entity": [patient, *study],
    }


def thing(reference: str, role: str, display: str) -> Json:
    """Return what an entry is about."""
    told = {"system": f"{HL7}/object-role", "code": role, "display": display}
    return {"what": {"reference": reference}, "role": told}
