"""Who gives a command: a code that stands beside what was done."""

import getpass
import re
from typing import Annotated, TypeAlias

import typer
from pydantic import TypeAdapter, ValidationError

from services.ops.ends import Misused
from shared.events import Code

As: TypeAlias = Annotated[str | None, typer.Option("--as", help="Who decides; your login without.")]


def who(actor: str | None) -> str:
    """Return who decides, as a code: what was said, or the login of the system.

    Raises:
        Misused: what was said is no code.

    """
    try:
        said = actor if actor is not None else login()
        return TypeAdapter[str](Code).validate_python(said)
    except ValidationError:
        msg = "--as takes small letters, digits and hyphens."
        raise Misused(msg) from None


def login() -> str:
    """Return the system's login as a code, `unknown` where there is none."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:63] or "unknown"
