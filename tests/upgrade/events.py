"""Whether two releases take each other's events, as far as their schemas say. Pure."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

Schema = Mapping[str, Any]


def schemas(checkout: Path) -> dict[str, Schema]:
    """Return the schemas of a checkout's events, by type."""
    found = sorted((checkout / "docs" / "schemas").glob("*.v[0-9]*.json"))
    return {each.name.removesuffix(".json"): json.loads(each.read_text()) for each in found}


def refused(before: Mapping[str, Schema], now: Mapping[str, Schema]) -> list[str]:
    """Return what one release tells and the other does not take, either way.

    A type that only one of them knows is told to nobody who does not: queues are bound by type.
    """
    both = sorted(before.keys() & now.keys())
    return [
        *(f"old does not take {name} of new: {each}" for name in both
          for each in missing(now[name], before[name])),
        *(f"new does not take {name} of old: {each}" for name in both
          for each in missing(before[name], now[name])),
    ]  # fmt: skip


def missing(told: Schema, taken: Schema) -> Iterator[str]:
    """Yield the fields that who takes an event cannot do without, and who tells it does not say.

    >>> list(missing({"properties": {"a": {}}}, {"properties": {}, "required": ["a", "b"]}))
    ['no b']
    """
    parts = {name: (told.get("$defs", {}).get(name), part) for name, part in defined(taken)}
    for name, (theirs, ours) in {"": (told, taken), **parts}.items():
        for each in ours.get("required", ()):
            if theirs is not None and each not in theirs.get("properties", {}):
                yield f"no {name}{'.' if name else ''}{each}"


def defined(schema: Schema) -> Iterator[tuple[str, Schema]]:
    """Yield the parts of a schema that have fields of their own."""
    for name, part in schema.get("$defs", {}).items():
        if "properties" in part:
            yield name, part
