"""Run with `scanpass`, or `python -m services.ops`."""

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import structlog
import typer
from typer.exceptions import TyperException

from services.ops import edges
from services.ops.ends import DOWN, MISUSED, OK, PROBLEM, Misused, Problem
from services.ops.settings import OWNER_FILE, adopt
from shared.db import Conflicted, Refused
from shared.errors import EdgeDown

STOPPED = 130
ENDS = (Problem, Misused, EdgeDown, Refused, Conflicted, TyperException, typer.Abort)

# What each first word is said for: a module of this package, and what in it is added.
GROUPS = {
    "topology": "topology",
    "db": "database",
    "site": "sites",
    "sites": "sites_apply",
    "study": "study",
    "dead": "dead",
    "journal": "stream",
    "quarantine": "quarantine",
    "config": "configuration",
    "audit": "audit",
    "access": "access",
    "rebuild": "rebuild",
    "canary": "canary",
}
COMMANDS = {
    "drop": ("drop", "drop"),
    "status": ("status", "status"),
    "find": ("study", "find"),
    "trace": ("trace", "trace"),
    "pause": ("brakes", "pause"),
    "resume": ("brakes", "resume"),
}


def program(words: Sequence[str]) -> typer.Typer:
    """Return what knows the first of `words`, and nothing else; everything where it is not known.

    A command so loads only what it needs: the whole takes twice as long.
    """
    first, second = [*words, "", ""][:2]
    app = typer.Typer(
        name="scanpass",
        help="The operator's command line of Scanpass.",
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(lambda: None)  # also a single command is said by its word
    known = first in GROUPS or first in COMMANDS
    for word, (module, command) in COMMANDS.items():
        if word == first or not known:
            app.command(word)(getattr(part(module), command))
    for word, module in GROUPS.items():
        if word == first or not known:
            app.add_typer(part(module).app, name=word)
    if not known or (first == "site" and second not in {"add", "list"}):  # it draws a PDF
        part("sites").app.command("claim-sheet")(part("claim_sheet").claim_sheet)
    return app


def part(module: str) -> Any:  # noqa: ANN401  a module of this package
    """Load a module of this package."""
    return import_module(f"services.ops.{module}")


def run(words: Sequence[str]) -> int:
    """Do what `words` say; return the exit code, with one line on standard error unless 0."""
    if words[:1] in (["db"], ["rebuild"], ["access"]):
        adopt(OWNER_FILE)  # only an owner may change the schema, empty or replay it
    adopt()
    try:
        app = program(words)
        done = app(list(words) or ["--help"], prog_name="scanpass", standalone_mode=False)
    except ENDS as error:
        sentence, code = ended(error)
        sys.stderr.write(" ".join(sentence.split()) + "\n")
        return code
    return done if isinstance(done, int) else OK


def ended(error: BaseException) -> tuple[str, int]:
    """Return what to say of a command that could not be done, and its exit code."""
    match error:
        case Problem():
            return str(error), PROBLEM
        case EdgeDown():
            return edges.diagnosed(error).sentence, DOWN
        case Refused():
            return refusal(error.sqlstate), PROBLEM
        case Conflicted():
            return "Others were in the way in the database: try again.", PROBLEM
        case typer.Abort():
            return "Stopped.", STOPPED
    said = error.format_message() if isinstance(error, TyperException) else str(error)
    return said, MISUSED


def refusal(sqlstate: str) -> str:
    """Return what a refusal of the database means (PostgreSQL, Appendix A)."""
    if sqlstate in {"42P01", "3F000", "42703"}:
        return "The database has not this schema: run `scanpass db migrate`."
    if sqlstate == "42501":
        return "This role may not do that: correct SCANPASS_DATABASE_URL (role scanpass_ops)."
    return f"The database refuses (code {sqlstate})."


def main() -> None:
    """Run the command line."""
    # What a driver's edge logs is said in one line at the end.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("critical"))
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
