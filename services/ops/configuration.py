"""`scanpass config check`: what is in force, whether the servers answer, what is encrypted."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Annotated, Any

import typer
from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings
from rich.table import Table

from services.ops.ends import DOWN, MISUSED, Misused
from services.ops.inquiry import asked
from services.ops.mending import place
from services.ops.screen import Json, table, tell
from services.ops.settings import ENV_FILE, variables
from shared.config import PREFIX, wrong

app = typer.Typer(help="What is in force.")
SERVICES = ("ingest", "transcode", "index", "notify", "ops")
MASK = "********"
DEFAULT, UNSET = "default", "not set"


@app.command("check")
def check(
    service: Annotated[str | None, typer.Argument(help="One service; all without.")] = None,
    *,
    as_json: Json = False,
) -> None:
    """Say what each service would run with, whether its servers answer, and what is encrypted.

    A service's variables come from the environment, or from the file that the embedded servers
    keep for it.
    """
    names = SERVICES if service is None else (service,)
    if not set(names) <= set(SERVICES):
        msg = f"No service is called {service}; there are: {', '.join(SERVICES)}."
        raise Misused(msg)
    reports = [report(name) for name in names]
    tell({"services": reports}, people(reports), as_json=as_json)
    faults = [fault for each in reports for fault in each["faults"]]
    if faults:
        typer.echo(faults[0], err=True)
        raise typer.Exit(DOWN if all(each["complete"] for each in reports) else MISUSED)


def report(service: str) -> dict[str, Any]:
    """Return what is in force for `service`, by name, and what its servers say."""
    settings = settings_of(service)
    given = environment(service)
    shown = [one(name, field, given) for name, field in settings.model_fields.items()]
    faults: list[str] = []
    servers: list[dict[str, str]] = []
    with only(given):
        try:
            made = settings()
        except ValidationError as error:
            faults = wrong(settings, error)
        else:
            servers = list(asked(made))
    complete = not faults
    faults += [each["fault"] for each in servers if each["fault"]]
    return {
        "service": service,
        "settings": shown,
        "servers": servers,
        "complete": complete,
        "faults": [f"{service}: {each}" for each in faults],
    }


def settings_of(service: str) -> type[BaseSettings]:
    """Return the class of a service's settings: the only thing of it that is of interest here.

    By name, because services never import each other; nothing of it is called.
    """
    found: type[BaseSettings] = import_module(f"services.{service}.settings").Settings
    return found


def environment(service: str) -> dict[str, tuple[str, str]]:
    """Return the variables of `service` as (value, source)."""
    file = ENV_FILE.with_name(f"{service}.env")
    given = {name: (value, str(file)) for name, value in variables(file)}
    adopted = dict(variables(ENV_FILE))  # these were taken from ops' file, and are not said here
    given |= {
        name: (value, "environment")
        for name, value in os.environ.items()
        if name.startswith(PREFIX) and adopted.get(name) != value
    }
    return given


@contextmanager
def only(given: Mapping[str, tuple[str, str]]) -> Iterator[None]:
    """Let the environment have `given` for a while, and no other variable of ours."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(PREFIX)}
    for name in kept:
        del os.environ[name]
    os.environ.update({name: value for name, (value, _) in given.items()})
    try:
        yield
    finally:
        for name in given:
            os.environ.pop(name, None)
        os.environ.update(kept)


def one(name: str, field: FieldInfo, given: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """Return one setting: its variable, its value (secrets masked), and where that comes from."""
    variable = PREFIX + name.upper()
    if variable in given:
        value, source = given[variable]
    elif field.is_required():
        return {"variable": variable, "value": "", "source": UNSET}
    else:
        value, source = str(field.default), DEFAULT
    return {"variable": variable, "value": masked(value, field), "source": source}


def masked(value: str, field: FieldInfo) -> str:
    """Return `value`, of a secret only scheme and place, which tell what one wants to know."""
    if field.annotation is not SecretStr:
        return value
    scheme, there, _ = value.partition("://")
    user = f"{MASK}@" if "@" in value else ""
    return f"{scheme}://{user}{place(value)}" if there and place(value) else MASK


def people(reports: list[dict[str, Any]]) -> Iterator[Table | str]:
    """Yield two tables a service: its settings, and its servers."""
    for each in reports:
        yield f"{each['service']}"
        yield table(
            ("variable", "value", "from"),
            [(one["variable"], one["value"], one["source"]) for one in each["settings"]],
        )
        if each["servers"]:
            titles = ("edge", "where", "version", "transit", "at_rest", "fault")
            yield table(titles, [[server[title] for title in titles] for server in each["servers"]])
        yield ""
