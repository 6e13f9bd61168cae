"""What portal reads from the environment."""

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo

from shared.config import DatabaseSettings, PortalSettings, ServiceSettings, StorageSettings


def _of_issuer(value: str, info: ValidationInfo) -> str:
    if bool(info.data.get("identity_issuer")) != bool(value):
        msg = "an issuer, its name and a client id belong together"
        raise ValueError(msg)
    return value


def _of_staff(value: str, info: ValidationInfo) -> str:
    if bool(info.data.get("staff_issuer")) != bool(value):
        msg = "an issuer of staff, its name, a client id and groups belong together"
        raise ValueError(msg)
    return value


class Settings(ServiceSettings, DatabaseSettings, StorageSettings, PortalSettings):
    """The settings of portal."""

    portal_host: str = Field(default="127.0.0.1", description="Address the pages listen on.")
    portal_port: int = Field(
        default=8080, ge=0, le=65535, description="Port of the pages; 0 takes a free one."
    )
    viewer_host: str = Field(default="127.0.0.1", description="Address the viewer listens on.")
    viewer_port: int = Field(
        default=8081, ge=0, le=65535, description="Port of the viewer; 0 takes a free one."
    )
    viewer_url: str = Field(
        pattern=r"^https?://[^/\s]+$",
        description="Public address of the viewer, `https://host`: another host than the pages',"
        " so that a flaw in a viewer does not own a session.",
    )
    session_days: float = Field(
        default=30.0, gt=0, description="Days until someone who signed in must do so again."
    )
    viewing_hours: float = Field(
        default=12.0, gt=0, le=12, description="Hours a viewer's address works, at most 12."
    )
    children: int = Field(
        default=2, ge=1, le=64, description="Limited child processes that decode and draw."
    )
    child_memory_mb: int = Field(
        default=2048,
        ge=256,
        description="Address space of one child in MiB: 512 and six times the largest frame.",
    )
    child_seconds: float = Field(
        default=30.0, gt=0, description="Longest time a child may spend on one picture."
    )
    phone_region: str = Field(
        default="US",
        pattern="^[A-Z]{2}$",
        description="Country of telephone numbers that do not say theirs, ISO 3166-1;"
        " the one that the gateway assumes.",
    )
    identity_issuer: str = Field(
        default="",
        pattern=r"^$|^https://[^\s?#]+$|^http://(localhost|127\.0\.0\.1)(:\d+)?(/[^\s?#]*)?$",
        description="OpenID Connect provider by which people may sign in, beside messages:"
        " its issuer, exactly as it names itself. Empty: none.",
    )
    identity_name: Annotated[str, AfterValidator(_of_issuer)] = Field(
        default="",
        max_length=60,
        validate_default=True,
        description="What people call that provider; stands on buttons.",
    )
    identity_client: Annotated[str, AfterValidator(_of_issuer)] = Field(
        default="",
        validate_default=True,
        description="Client id that the provider has given out for"
        " `SCANPASS_PORTAL_URL/identity/back`.",
    )
    identity_secret: SecretStr = Field(
        default=SecretStr(""), description="Client secret of the same; empty for a public client."
    )
    bring_gigabytes: int = Field(
        default=50,
        ge=1,
        description="Most that one person may bring on discs, in 10^9 bytes.",
    )
    staff_issuer: str = Field(
        default="",
        pattern=r"^$|^https://[^\s?#]+$|^http://(localhost|127\.0\.0\.1)(:\d+)?(/[^\s?#]*)?$",
        description="OpenID Connect provider by which staff of hospitals sign in, to read what"
        " patients let their hospital look at: its issuer. Empty: none.",
    )
    staff_name: Annotated[str, AfterValidator(_of_staff)] = Field(
        default="",
        max_length=60,
        validate_default=True,
        description="What staff call that provider; stands on the button.",
    )
    staff_client: Annotated[str, AfterValidator(_of_staff)] = Field(
        default="",
        validate_default=True,
        description="Client id that it has given out for `SCANPASS_PORTAL_URL/staff/back`.",
    )
    staff_secret: SecretStr = Field(
        default=SecretStr(""), description="Client secret of the same; empty for a public client."
    )
    staff_groups: Annotated[str, AfterValidator(_of_staff)] = Field(
        default="",
        pattern=r"^$|^[^;]+=[a-z0-9][a-z0-9-]{0,30}(;[^;]+=[a-z0-9][a-z0-9-]{0,30})*$",
        validate_default=True,
        description="Whose staff a group of that provider is: `group=site;group=site`. Who is in"
        " none of them is refused.",
    )
    staff_claim: str = Field(
        default="groups", description="Claim of the ID token that lists the groups."
    )
    staff_scope: str = Field(
        default="openid profile",
        pattern=r"^openid( [!-~]+)*$",
        description="Scopes that are asked for, so that the token holds `name` and the groups.",
    )
    staff_minutes: float = Field(
        default=60.0,
        gt=0,
        le=720,
        description="Minutes until staff must sign in again: so long may somebody still look who"
        " has left their group.",
    )
    connections: int = Field(
        default=16, ge=2, description="Database connections, so also reads at the same time."
    )
