"""Made-up people for the files' own Patient IDs, as FHIR R4 rosters. Pure."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

GIVEN = ("Ada", "Bruno", "Carla", "Diego", "Elena", "Felix", "Gloria", "Hugo", "Irene", "Jonas")
FAMILY = ("Alvarez", "Brook", "Campos", "Dunn", "Esteban", "Fields", "Gallo", "Hale", "Ibarra")
# Numbers set aside for stories (555-01xx); in Spain those the hospitals' test desk uses.
NUMBERS = {"en": "+1202555{:04d}", "es": "+34600{:06d}"}


@dataclass(frozen=True, slots=True)
class Known:
    """A Patient ID as it stands in the files, with the issuer ("" where none is said)."""

    patient_id: str
    issuer: str
    name: str = ""  # `Family^Given`; empty: one is made up
    born: str = ""  # YYYY-MM-DD; empty: made up too
    phone: str = ""  # the only way to reach them, where it is given
    language: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Who that is, and how they are reached: by `email`, by `phone`, or not yet (both empty)."""

    patient_id: str
    issuer: str
    family: str
    given: str
    language: str
    born: str
    email: str = ""
    phone: str = ""


def people(known: Iterable[Known], language: str) -> list[Person]:
    """Return a person for each Patient ID, the same each time.

    Of those without a name of their own, sorted, the first has a telephone only and the last
    cannot be reached yet; every third speaks the other language.
    """
    ordered = sorted(set(known), key=lambda one: (bool(one.name), one.patient_id, one.issuer))
    nameless = [one for one in ordered if not one.name]
    made = []
    for place, one in enumerate(ordered):
        speaks = one.language or (language if place % 3 or one.name else other(language))
        phone_only, unreachable = one == nameless[0], one == nameless[-1]
        made.append(person(one, speaks, phone_only=phone_only, unreachable=unreachable))
    return made


def other(language: str) -> str:
    """Return the other one of the two languages of the demo."""
    return "es" if language == "en" else "en"


def person(one: Known, language: str, *, phone_only: bool, unreachable: bool) -> Person:
    """Return the person that `one` stands for, drawn by the digest of the Patient ID."""
    draw = int.from_bytes(sha256(f"{one.issuer}|{one.patient_id}".encode()).digest()[:8], "big")
    family, given = FAMILY[draw % len(FAMILY)], GIVEN[draw // 16 % len(GIVEN)]
    if one.name:
        family, given = one.name.split("^")[:2]
    number = one.phone or NUMBERS[language].format(100 + draw // 256 % 100)
    born = date(1930, 1, 1) + timedelta(days=draw // 2**32 % 27_000)
    phone_only = phone_only or bool(one.phone)
    address = f"{given[0]}{family[0]}{draw // 65536 % 10_000:04d}@example.org".lower()
    return Person(
        patient_id=one.patient_id,
        issuer=one.issuer,
        family=family,
        given=given,
        language=language,
        born=one.born or born.isoformat(),
        phone=number if phone_only else "",
        email="" if phone_only or unreachable else address,
    )


def roster(persons: Iterable[Person]) -> bytes:
    """Return a FHIR R4 Bundle (collection) of Patients, as a hospital's own system would send."""
    entries = [{"resource": resource(one)} for one in persons]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    return json.dumps(bundle, ensure_ascii=False, indent=1).encode()


def resource(one: Person) -> dict[str, Any]:
    """Return one FHIR R4 Patient; the issuer is the identifier's system."""
    identifier: dict[str, Any] = {"value": one.patient_id}
    if one.issuer:
        identifier["system"] = one.issuer
    telecom = []
    if one.email:
        telecom.append({"system": "email", "value": one.email})
    if one.phone:
        telecom.append({"system": "phone", "value": one.phone, "use": "mobile"})
    coding = [{"system": "urn:ietf:bcp:47", "code": one.language}]
    patient: dict[str, Any] = {
        "resourceType": "Patient",
        "identifier": [identifier],
        "name": [{"family": one.family, "given": [one.given]}],
        "birthDate": one.born,
        "communication": [{"language": {"coding": coding}, "preferred": True}],
    }
    if telecom:
        patient["telecom"] = telecom
    return patient
