"""What the operator sees: tables for people, one JSON document for machines."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, TypeAlias
from unicodedata import category

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

Json: TypeAlias = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Document: TypeAlias = Mapping[str, Any]
People: TypeAlias = Table | str  # what is printed for them, one after the other
WIDE = 400  # columns where nobody looks: a pipe must not be cut at 80


def tell(document: Document, people: Iterable[People], *, as_json: bool) -> None:
    """Print `document` for machines, or each of `people` in turn."""
    if as_json:
        sys.stdout.write(json.dumps(document, default=jsonable, ensure_ascii=False) + "\n")
        return
    console = Console(markup=False, emoji=False, highlight=False, width=width())
    for each in people:
        console.print(Text(each) if isinstance(each, str) else each, soft_wrap=True)


def width() -> int | None:
    """Return the columns to use, None for the terminal's own."""
    return None if sys.stdout.isatty() else WIDE


def table(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """Return `rows` under `titles`; nothing in a cell can move the cursor."""
    drawn = Table(*titles, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        drawn.add_row(*(Text(plain(cell)) for cell in row))
    return drawn


def plain(value: object) -> str:
    """Return `value` as one line without control characters (files bring any text)."""
    if value is None:
        return ""
    if isinstance(value, tuple | list):
        return ", ".join(map(plain, value))
    text = value.isoformat(" ", "seconds") if isinstance(value, datetime) else str(value)
    return "".join("\N{REPLACEMENT CHARACTER}" if category(c) in {"Cc", "Cf"} else c for c in text)


def jsonable(value: object) -> object:
    """Return what JSON has no word for: times in ISO 8601, sets as lists, the rest as text."""
    if isinstance(value, date):  # and so every datetime
        return value.isoformat()
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    return str(value)
