"""Whether each container is given what its program reads, and nothing that it does not."""

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module

from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings

from services.ops.settings import ManagementSettings
from shared.config import PREFIX, BrokerSettings, DatabaseSettings, StorageSettings
from tests.k8s.manifests import Document, Workload, variables, workloads

MODULE = "services."
PROVIDER = "SCANPASS_IDENTITY_ISSUER"
PLACES = {"SCANPASS_PROBE_PORT", "SCANPASS_PORTAL_PORT", "SCANPASS_VIEWER_PORT"}


class JournalSettings(BrokerSettings, StorageSettings):
    """What `scanpass journal keep` reads."""


class CanarySettings(DatabaseSettings, StorageSettings):
    """What `scanpass canary send` reads."""


# What a command of `scanpass` cannot do without.
COMMANDS: dict[tuple[str, ...], type[BaseSettings]] = {
    ("topology", "apply"): ManagementSettings,
    ("db", "migrate"): DatabaseSettings,
    ("journal", "keep"): JournalSettings,
    ("canary", "send"): CanarySettings,
}


def read_by(workload: Workload) -> type[BaseSettings]:
    """Return the settings that a workload's program reads.

    Raises:
        LookupError: it is no program of ours.

    """
    match workload.container.get("args", []):
        case ["-m", "services.ops", *words]:
            return COMMANDS[tuple(words)]
        case ["-m", module] if module.startswith(MODULE):
            found: type[BaseSettings] = import_module(f"{module}.settings").Settings
            return found
    raise LookupError


def findings(documents: Sequence[Document]) -> list[str]:
    """Return where variables and settings do not meet."""
    return [f"{each}: {what}" for each in workloads(documents) for what in unmet(each, documents)]


def unmet(workload: Workload, documents: Sequence[Document]) -> Iterator[str]:
    """Yield what is wrong with a workload's variables."""
    try:
        settings = read_by(workload)
    except LookupError:
        yield "runs no program of ours"
        return
    given = variables(workload, documents)
    fields = {PREFIX + name.upper(): field for name, field in settings.model_fields.items()}
    yield from (f"no ConfigMap {each}" for each in given.missing)
    yield from (f"nobody reads {each}" for each in sorted(given.names - set(fields)))
    for name, field in fields.items():
        if field.is_required() and name not in given.names:
            yield f"{name} is not set"
        if field.annotation is SecretStr and name in given.values:
            yield f"{name} lies in a ConfigMap"
    for name, (secret, key) in given.secrets.items():
        if name != key:
            yield f"{name} is read from the key {key} of a secret"
        if secret not in own(workload):
            yield f"{name} is another's: {secret}"
    yield from (f"{each} takes any port" for each in PLACES if given.values.get(each) == "0")
    yield from refused(settings, given.values)


def own(workload: Workload) -> set[str]:
    """Return the Secrets that a workload may be given: a service its own, and the common key."""
    if workload.kind == "Deployment":
        return {f"scanpass-{workload.name}", "scanpass-codes"}
    return {"scanpass-ops", "scanpass-owner"}


def refused(settings: type[BaseSettings], values: Mapping[str, str]) -> Iterator[str]:
    """Yield the values that the settings themselves refuse."""
    given = {name.removeprefix(PREFIX).lower(): value for name, value in values.items()}
    try:
        settings(**given)  # type: ignore[arg-type]  # values by the fields' names
    except ValidationError as error:
        for detail in error.errors():
            name = str(detail["loc"][0])
            if name in given:
                yield f"{PREFIX}{name.upper()} has a value that is refused"


def needs(workload: Workload, values: Mapping[str, str]) -> set[str]:
    """Return the doors that a program needs, as its settings and its variables say."""
    settings = read_by(workload)
    doors = {
        "broker": BrokerSettings,
        "database": DatabaseSettings,
        "store": StorageSettings,
        "management": ManagementSettings,
    }
    found = {door for door, kind in doors.items() if issubclass(settings, kind)}
    found |= {"post"} if "smtp_url" in settings.model_fields else set()
    return found | ({"identity"} if PROVIDER in values else set())
