"""Whom a roster names, and how they are reached. Pure."""

from dataclasses import dataclass
from datetime import date

from services.index.catalogue import LONGEST_ID, UNSEEN
from shared.fhir import Bundle, Patient

LONGEST_NAME = 200  # characters on an envelope


@dataclass(frozen=True, slots=True, order=True)
class Contact:
    """One identifier of one patient; `system` is its issuer where the roster names one."""

    system: str
    patient_id: str
    name: str | None
    email: str | None
    phone: str | None
    language: str | None
    birth_date: date | None = None


def contacts(body: bytes) -> list[Contact]:
    """Return a contact for each identifier in the roster, sorted; of a number's two, the last.

    Raises:
        NotARoster: the bytes are none.

    """
    found = {
        (one.system, one.patient_id): one
        for patient in Bundle.patients(body)
        for one in of_patient(patient)
    }
    return [found[key] for key in sorted(found)]


def of_patient(patient: Patient) -> list[Contact]:
    """Return a contact for each usable identifier of `patient`."""
    name, born = shown(patient.display_name, LONGEST_NAME), birth(patient.birth_date)
    return [
        Contact(system, number, name, patient.email, patient.phone, patient.language, born)
        for each in patient.identifier
        if (number := shown(each.value, None)) is not None
        and len(system := shown(each.system, None) or "") <= LONGEST_ID
        and len(number) <= LONGEST_ID
    ]


def birth(written: str | None) -> date | None:
    """Return a whole birth date; FHIR also knows years and months alone, which prove nothing."""
    try:
        return date.fromisoformat(written or "")
    except ValueError:
        return None


def shown(text: str | None, longest: int | None) -> str | None:
    """Return `text` without what no row can hold, or None where nothing is left."""
    return UNSEEN.sub(" ", text or "").strip()[:longest].strip() or None
