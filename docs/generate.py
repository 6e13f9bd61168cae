"""Write what the code can say of itself: `python -m docs.generate`, `--check` only compares.

Events and their JSON Schemas come from `shared.events.CATALOGUE`, metrics from
`shared.metrics.TABLE`, crash points from `shared.crashpoint.POINTS`, settings from each service's
class `Settings`, the schema of manifests from `services.ingest.declared.Manifest`.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from shared.config import PREFIX
from shared.crashpoint import POINTS
from shared.events import CATALOGUE, Event
from shared.metrics import TABLE

if TYPE_CHECKING:
    from pydantic_settings import BaseSettings

DOCS = Path(__file__).parent
SERVICES = ("ingest", "transcode", "index", "notify", "portal", "ops")
MADE = "<!-- Made by `python -m docs.generate`: change the code, not this file. -->"
STALE = 1
DIALECT = "https://json-schema.org/draft/2020-12/schema"
MANIFEST = Path("schemas/complete.v1.json")


def generated() -> dict[Path, str]:
    """Return every generated file, by its path under `docs/`."""
    files = {
        Path("events.md"): events(),
        Path("metrics.md"): metrics(),
        Path("settings.md"): settings(),
        Path("crashpoints.md"): crashpoints(),
    }
    for event in CATALOGUE:
        files[schema_path(event)] = written(schema(event))
    files[MANIFEST] = written(manifest())
    return files


def events() -> str:
    """Return the page of events."""
    intro = (
        "Every event on the exchange `scanpass.events`: CloudEvents 1.0 in AMQP binary mode.\n"
        "`type` is `org.scanpass.<routing key>`, `subject` is `<site>/<entity>`, and the id is\n"
        "made from type, subject and fact, so the same fact always has the same id. An optional\n"
        "field more keeps the version; anything else is a new version beside the old one."
    )
    return page("Events", intro, (one_event(event) for event in CATALOGUE))


def one_event(event: type[Event]) -> str:
    """Return the section of one event."""
    told = schema(event)
    required = set(told.get("required", ()))
    rows = [
        (f"`{name}`", kind(field, told.get("$defs", {})), "" if name in required else "optional")
        for name, field in told["properties"].items()
    ]
    what = " ".join((event.__doc__ or "").split())
    head = f"## `{event.routing_key}`\n\n{what} Told by `{event.source}`; "
    link = f"[JSON Schema]({schema_path(event).as_posix()}).\n\n"
    return head + link + table(("field", "type", ""), rows)


def kind(field: dict[str, Any], named: dict[str, Any]) -> str:
    """Return a field's type in words, from its JSON Schema; `named` are the types it may refer to.

    An enumeration is its values, so that a reader needs no second page.
    """
    if "anyOf" in field:
        return " or ".join(kind(each, named) for each in field["anyOf"])
    if "$ref" in field:
        name = field["$ref"].rpartition("/")[2]
        values = named.get(name, {}).get("enum")
        return "one of " + ", ".join(f"`{each}`" for each in values) if values else f"`{name}`"
    if field.get("type") == "array":
        return f"list of {kind(field.get('items', {}), named)}"
    words = [field.get("format") or field.get("type", "any")]
    words += [f"matching `{field['pattern']}`"] if "pattern" in field else []
    words += [f"at most {field['maxLength']} characters"] if "maxLength" in field else []
    return ", ".join(words)


def schema(event: type[Event]) -> dict[str, Any]:
    """Return the JSON Schema of an event's data."""
    return {
        "$schema": DIALECT,
        "$id": f"org.scanpass.{event.routing_key}",
        **event.model_json_schema(),
    }


def manifest() -> dict[str, Any]:
    """Return the JSON Schema of `_COMPLETE.json`."""
    model: type[BaseModel] = import_module("services.ingest.declared").Manifest
    return {"$schema": DIALECT, "$id": f"org.scanpass.{MANIFEST.stem}", **model.model_json_schema()}


def written(document: dict[str, Any]) -> str:
    """Return a JSON document as it stands in a file."""
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def schema_path(event: type[Event]) -> Path:
    """Return where an event's schema lies under `docs/`."""
    return Path("schemas") / f"{event.routing_key}.json"


def metrics() -> str:
    """Return the page of metrics."""
    intro = (
        "What `/metrics` of every service tells, beside the process's own numbers (memory, CPU\n"
        "time, open files) that `prometheus_client` adds. No label ever carries a person."
    )
    rows = [
        (
            f"`{row.name}`",
            row.kind,
            row.unit,
            ", ".join(f"`{each}`" for each in row.labels),
            row.meaning,
        )
        for row in TABLE
    ]
    return page("Metrics", intro, [table(("name", "kind", "unit", "labels", "meaning"), rows)])


def crashpoints() -> str:
    """Return the page of crash points."""
    intro = (
        "Where a service can be told to die by `SIGKILL`: `CRASH_AT=<name>:<n>` in its\n"
        "environment kills it at the n-th time it passes there. `make crashpoints` tries each\n"
        "alone."
    )
    rows = [(f"`{name}`", ", ".join(each.services), each.done) for name, each in POINTS.items()]
    return page("Crash points", intro, [table(("name", "passed in", "what has happened"), rows)])


def settings() -> str:
    """Return the page of settings."""
    intro = (
        "Services read environment variables and nothing else, once, when they start.\n"
        "`scanpass config check` says what is in force and whether the servers answer."
    )
    return page("Settings", intro, (of_service(service) for service in SERVICES))


def of_service(service: str) -> str:
    """Return the section of one service."""
    found: type[BaseSettings] = import_module(f"services.{service}.settings").Settings
    rows = [
        (f"`{PREFIX}{name.upper()}`", default(field), field.description or "")
        for name, field in sorted(found.model_fields.items(), key=lambda each: each[0])
    ]
    return f"## {service}\n\n" + table(("variable", "default", "meaning"), rows)


def default(field: FieldInfo) -> str:
    """Return a setting's default in words."""
    secret = ", secret" if field.annotation is SecretStr else ""
    if field.is_required():
        return f"required{secret}"
    return (f"`{field.default}`" if str(field.default) else "empty") + secret


def page(title: str, intro: str, sections: Iterator[str] | Sequence[str]) -> str:
    """Return a Markdown page."""
    return "\n\n".join((f"# {title}", MADE, intro, *(each.rstrip() for each in sections))) + "\n"


def table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table; a bar in a cell stays in its cell."""
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines
    )


def stale(files: dict[Path, str], docs: Path) -> list[Path]:
    """Return which of `files` are not as the code says, and schemas of events that are gone."""
    wrong = [path for path, text in files.items() if read(docs / path) != text]
    found = (path.relative_to(docs) for path in (docs / "schemas").glob("*.json"))
    return wrong + [path for path in found if path not in files]


def read(path: Path) -> str | None:
    """Return the text at `path`, None where there is none."""
    return path.read_text(encoding="utf-8") if path.exists() else None


def main(words: Sequence[str], docs: Path = DOCS) -> int:
    """Write the files, or with `--check` only say which are stale; return the exit code."""
    files = generated()
    wrong = stale(files, docs)
    if "--check" in words:
        for path in wrong:
            sys.stderr.write(f"docs/{path} is stale: run `python -m docs.generate`\n")
        return STALE if wrong else 0
    for path in wrong:
        if path not in files:
            (docs / path).unlink()
            continue
        (docs / path).parent.mkdir(parents=True, exist_ok=True)
        (docs / path).write_text(files[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
