"""A hospital as its file declares it: pure."""

import tomllib
from typing import Annotated, Any, Literal, TypeAlias
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from shared.events import Site


def zone(name: str) -> str:
    """Return `name` where it is a time zone's."""
    if name not in available_timezones():
        msg = "no time zone is called so; they are called like Europe/Madrid"
        raise ValueError(msg)
    return name


def not_me(name: str) -> str:
    """Return `name` unless it is `me`: `/dicomweb/me` and `/fhir/me` are the patient's own."""
    if name == "me":
        msg = "no hospital is called me; that is the patient"
        raise ValueError(msg)
    return name


Name: TypeAlias = Annotated[Site, AfterValidator(not_me)]
Line: TypeAlias = Annotated[str, Field(min_length=1, max_length=200)]
Seconds: TypeAlias = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Declaration(BaseModel):
    """One hospital: the keys of its TOML file, as `scanpass site list --json` calls them.

    None is what the file leaves out: that is then as for a new hospital.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    site: Name
    title: Line
    help_phone: Line
    help_hours: Line | None = None
    help_languages: Annotated[list[Line], Field(min_length=1)] | None = None
    language: Line | None = None
    timezone: Annotated[str, AfterValidator(zone)] | None = None
    issuer: Line | None = None
    quiet_seconds: Seconds | None = None
    limit_seconds: Seconds | None = None
    release_rule: Literal["at-once", "with-report", "after-term"] | None = None
    release_days: Annotated[int, Field(ge=0, le=30)] | None = None
    adult_years: Annotated[int, Field(ge=12, le=25)] | None = None
    logo: Line | None = None  # a file, named from the folder of this one

    @property
    def columns(self) -> dict[str, Any]:
        """Return what the file says of each column; None for what it leaves out."""
        return self.model_dump(exclude={"site", "logo"})


class Malformed(Exception):
    """A file declares no hospital; the text says why."""


def declared(text: str) -> Declaration:
    """Read one file.

    Raises:
        Malformed: it is not TOML, or a key is unknown, missing or not as it has to be.

    """
    try:
        return Declaration.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        msg = f"it is not TOML: {error}"
        raise Malformed(msg) from None
    except ValidationError as error:
        first, *more = (f"{each['loc'][0]}: {each['msg']}" for each in error.errors())
        msg = first + (f" ({len(more)} more)" if more else "")
        raise Malformed(msg) from None
