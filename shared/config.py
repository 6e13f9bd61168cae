"""Settings: read once from the environment, frozen; secrets hide in `repr`."""

import re
import sys
from typing import Annotated, TypeVar

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "SCANPASS_"
MISCONFIGURED = 2  # the exit code

Read = TypeVar("Read", bound=BaseSettings)


class LogSettings(BaseSettings):
    """How much is logged; the lines go to standard error, as JSON."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")
    log_level: str = Field(
        default="INFO",
        pattern="^(DEBUG|INFO|WARNING|ERROR)$",
        description="Least level that is logged: DEBUG, INFO, WARNING or ERROR.",
    )


def _amqp(value: SecretStr) -> SecretStr:
    url = value.get_secret_value()
    if not re.fullmatch(r"amqps?://[^\s/]+(:\d+)?[^\s]*", url):
        msg = "not an AMQP URL"
        raise ValueError(msg)
    return value


def _postgresql(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().startswith(("postgresql://", "postgres://")):
        msg = "not a PostgreSQL URL"
        raise ValueError(msg)
    return value


class BrokerSettings(BaseSettings):
    """Where RabbitMQ is, and as whom."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")
    amqp_url: Annotated[SecretStr, AfterValidator(_amqp)] = Field(
        description="RabbitMQ with this service's own user, `amqp://user:password@host:port/`;"
        " several hosts of one cluster separated by commas.",
    )


class StorageSettings(BaseSettings):
    """Where the object store is, and as whom."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")
    s3_endpoint: str = Field(
        pattern=r"^https?://[^/]+/?$", description="Object store, `http://host:port`."
    )
    s3_access_key: SecretStr = Field(description="Access key of this service's own identity.")
    s3_secret_key: SecretStr = Field(description="Secret key of the same.")
    s3_region: str = Field(default="us-east-1", description="Region the store signs for.")


class DatabaseSettings(BaseSettings):
    """Where PostgreSQL is, and as whom."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")
    database_url: Annotated[SecretStr, AfterValidator(_postgresql)] = Field(
        description="PostgreSQL with this service's own role,"
        " `postgresql://role:password@host:port/database`.",
    )


class PortalSettings(BaseSettings):
    """Where patients find the portal, and what their codes are hashed with."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")
    portal_url: str = Field(
        pattern=r"^https?://[^/\s]+$", description="Public address of the pages, `https://host`."
    )
    code_key: SecretStr = Field(
        min_length=32,
        description="Key under which codes in letters and messages are hashed; the same for"
        " portal and notify, at least 32 characters.",
    )


class ServiceSettings(LogSettings, BrokerSettings):
    """What every service needs."""

    probe_port: int = Field(
        default=0, ge=0, le=65535, description="Port of the probes; 0 takes a free one."
    )
    probe_host: str = Field(default="127.0.0.1", description="Address the probes listen on.")
    drain_seconds: float = Field(
        default=30.0, gt=0, description="Longest time to finish what is in hand when told to stop."
    )
    stuck_seconds: float = Field(
        default=900.0,
        gt=0,
        description="A consumer that holds a message longer than this, without being paused,"
        " counts as dead.",
    )


def read(settings: type[Read]) -> Read:
    """Return the settings of this process, or end it with one line a wrong variable."""
    try:
        return settings()
    except ValidationError as error:
        for line in wrong(settings, error):
            sys.stderr.write(f"{line}\n")
        raise SystemExit(MISCONFIGURED) from None


def wrong(settings: type[BaseSettings], error: ValidationError) -> list[str]:
    """Return, for each variable at fault, its name, what is wrong with it and what it is for.

    The value is left out: it may be a secret.
    """
    lines = []
    for detail in error.errors(include_input=False, include_url=False, include_context=False):
        name = str(detail["loc"][0])
        field = settings.model_fields.get(name)
        meaning = f" {field.description}" if field and field.description else ""
        problem = "is not set" if detail["type"] == "missing" else f"is wrong: {detail['msg']}"
        lines.append(f"{PREFIX}{name.upper()} {problem}. Set it to:{meaning}")
    return lines
