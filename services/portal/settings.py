"""What portal reads from the environment."""

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo

from shared.config import DatabaseSettings, PortalSettings, ServiceSettings, StorageSettings


def _of_issuer(value: str, info: ValidationInfo) -> str:
    if bool(info.data.get("identity_issuer")) != bool(value):
        msg = "an issuer, its name and a client id belong together"
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
    connections: int = Field(
        default=16, ge=2, description="Database connections, so also reads at the same time."
    )
