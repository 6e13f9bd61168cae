"""Where the operator's command line finds the servers."""

import os
from collections.abc import Iterator, Mapping, MutableMapping
from pathlib import Path

from pydantic import Field, SecretStr

from shared.config import BrokerSettings, DatabaseSettings, PortalSettings, StorageSettings

ENV_FILE = Path(".local/env/ops.env")  # the embedded servers write it
OWNER_FILE = ENV_FILE.with_name("owner.env")  # of the role that owns the schemas


class ManagementSettings(BrokerSettings):
    """The broker's two doors: AMQP, and the management API that only operators use."""

    management_url: SecretStr = Field(
        description="RabbitMQ's management API: `http://user:password@host:port`."
    )


class Settings(ManagementSettings, StorageSettings, DatabaseSettings, PortalSettings):
    """All that the command line may need; each command reads only its part."""


def adopt(
    path: Path = ENV_FILE, environment: MutableMapping[str, str] = os.environ
) -> Mapping[str, Path]:
    """Take from `path` what the environment does not say itself; return which names, and whence.

    So `scanpass` works beside running embedded servers without a word of configuration.
    """
    taken = {}
    for name, value in variables(path):
        if name not in environment:
            environment[name] = value
            taken[name] = path
    return taken


def variables(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the variables of a file of `NAME=value` lines, quotes taken off."""
    try:
        lines = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError):
        return
    for line in lines:
        name, equals, value = line.removeprefix("export ").partition("=")
        if equals and name.strip().startswith("SCANPASS_"):
            yield name.strip(), unquoted(value.strip())


def unquoted(value: str) -> str:
    """Return `value` without a pair of quotes around it."""
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else value
