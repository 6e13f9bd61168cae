"""The few FHIR R4 resources that hospitals send as a roster: Patients, alone or in a Bundle. Pure.

Fields are the standard's (https://hl7.org/fhir/R4/patient.html); what is not read here is ignored.
"""

import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

# Good enough to write to, and nothing that could end a mail header or name two mailboxes.
ADDRESS = re.compile(r"[^\s@,;:<>()\[\]\\\"]{1,64}@[^\s@,;:<>()\[\]\\\"]{1,190}", re.ASCII)
NUMBER = re.compile(r"\+?[0-9]{5,15}", re.ASCII)  # E.164 at most, national forms too
BESIDE = re.compile(r"[\s().\u00a0/-]+")  # what people write between digits
BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # as Windows writes it
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", re.ASCII)  # BCP 47


class NotARoster(ValueError):
    """The bytes are no Patient and no Bundle of them; `code` says how, and never quotes."""

    def __init__(self, code: str) -> None:
        """Keep `not-json`, `not-a-bundle`, `no-patients` or `patient-malformed`."""
        super().__init__(code)
        self.code = code


class Resource(BaseModel):
    """What all parts share: frozen, and unknown fields are ignored."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)


class Identifier(Resource):
    """One number of the patient; `system` is its issuer's URI."""

    system: str | None = None
    value: str | None = None


class HumanName(Resource):
    """One name of the patient."""

    use: str | None = None
    text: str | None = None
    family: str | None = None
    given: tuple[str, ...] = ()

    @property
    def display(self) -> str:
        """Return the name as one would write it on an envelope, maybe empty."""
        return (self.text or " ".join((*self.given, self.family or ""))).strip()


class ContactPoint(Resource):
    """One way to reach the patient; a lower `rank` comes first."""

    system: str | None = None  # phone | fax | email | pager | url | sms | other
    value: str | None = None
    use: str | None = None  # home | work | temp | old | mobile
    rank: int = 1000


class Coding(Resource):
    """One code of one system."""

    code: str | None = None


class CodeableConcept(Resource):
    """Something said in codes, and maybe in words."""

    coding: tuple[Coding, ...] = ()
    text: str | None = None


class Communication(Resource):
    """One language of the patient."""

    language: CodeableConcept = CodeableConcept()
    preferred: bool = False


class Patient(Resource):
    """One patient as a hospital knows them."""

    resource_type: Literal["Patient"] = Field(alias="resourceType")
    identifier: tuple[Identifier, ...] = ()
    name: tuple[HumanName, ...] = ()
    telecom: tuple[ContactPoint, ...] = ()
    communication: tuple[Communication, ...] = ()
    birth_date: str | None = Field(default=None, alias="birthDate")  # YYYY[-MM[-DD]]
    gender: str | None = None  # male | female | other | unknown

    @property
    def display_name(self) -> str | None:
        """Return the name to write on a letter: the usual one first, never an old one."""
        order = ["usual", "official", None, "nickname", "temp", "anonymous"]
        names = sorted(
            (one for one in self.name if one.use in order and one.display),
            key=lambda one: order.index(one.use),
        )
        return names[0].display if names else None

    @property
    def email(self) -> str | None:
        """Return the address to write to, if there is a usable one."""
        found = (value for value in self._reached_by("email") if ADDRESS.fullmatch(value))
        return next(found, None)

    @property
    def phone(self) -> str | None:
        """Return the number for text messages as digits with an optional `+`, if there is one."""
        values = [*self._reached_by("sms"), *self._reached_by("phone")]
        bare = (BESIDE.sub("", value) for value in values)
        return next((value for value in bare if NUMBER.fullmatch(value)), None)

    @property
    def language(self) -> str | None:
        """Return the preferred language as a BCP 47 tag (`es`, `pt-BR`), if one is told."""
        for spoken in sorted(self.communication, key=lambda one: not one.preferred):
            for coding in spoken.language.coding:
                if coding.code and LANGUAGE.fullmatch(coding.code):
                    return coding.code
        return None

    def _reached_by(self, system: str) -> list[str]:
        points = [one for one in self.telecom if one.system == system and one.use != "old"]
        points.sort(key=lambda one: (one.rank, one.use != "mobile"))
        return [one.value.strip() for one in points if one.value]


class Entry(Resource):
    """One entry of a bundle; only Patients are read."""

    resource: dict[str, Any] = {}


class Bundle(Resource):
    """Many resources in one file."""

    resource_type: Literal["Bundle"] = Field(alias="resourceType")
    entry: tuple[Entry, ...] = ()

    @classmethod
    def patients(cls, body: bytes) -> tuple[Patient, ...]:
        """Return every Patient in `body`: a Bundle as JSON, or one Patient alone.

        Raises:
            NotARoster: it is neither, or has no patients, or one of them does not fit.

        """
        body = body.removeprefix(BYTE_ORDER_MARK)
        kind = kind_of(body)
        try:
            if kind == "Patient":
                return (Patient.model_validate_json(body),)
            if kind != "Bundle":
                raise NotARoster("not-a-bundle")  # noqa: EM101  a code, not a message
            resources = [entry.resource for entry in cls.model_validate_json(body).entry]
            found = [one for one in resources if one.get("resourceType") == "Patient"]
            patients = tuple(Patient.model_validate(one) for one in found)
        except ValidationError:
            raise NotARoster("patient-malformed") from None  # noqa: EM101  as above
        if not patients:
            raise NotARoster("no-patients")  # noqa: EM101  as above
        return patients


class Kind(BaseModel):
    """What a resource says that it is."""

    resource_type: str = Field(default="", alias="resourceType")


def kind_of(body: bytes) -> str:
    """Return the `resourceType` that `body` claims, or an empty string.

    Raises:
        NotARoster: it is no JSON object.

    """
    try:
        return Kind.model_validate_json(body).resource_type
    except ValidationError:
        raise NotARoster("not-json") from None  # noqa: EM101  as above
