"""Run with `scanpass`, or `python -m services.ops`."""

import sys
from collections.abc import Sequence

import structlog
import typer
from typer.exceptions import TyperException

from services.ops import (
    access,
    audit,
    claim_sheet,
    configuration,
    database,
    dead,
    drop,
    edges,
    quarantine,
    rebuild,
    sites,
    status,
    stream,
    study,
    topology,
    trace,
)
from services.ops.ends import DOWN, MISUSED, OK, PROBLEM, Misused, Problem
from services.ops.settings import adopt
from shared.db import Conflicted, Refused
from shared.errors import EdgeDown

STOPPED = 130
ENDS = (Problem, Misused, EdgeDown, Refused, Conflicted, TyperException, typer.Abort)

app = typer.Typer(
    name="scanpass",
    help="The operator's command line of Scanpass.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("drop")(drop.drop)
sites.app.command("claim-sheet")(claim_sheet.claim_sheet)
app.command("status")(status.status)
app.command("find")(study.find)
app.command("trace")(trace.trace)
for name, group in {
    "topology": topology.app,
    "db": database.app,
    "site": sites.app,
    "study": study.app,
    "dead": dead.app,
    "journal": stream.app,
    "quarantine": quarantine.app,
    "config": configuration.app,
    "audit": audit.app,
    "access": access.app,
    "rebuild": rebuild.app,
}.items():
    app.add_typer(group, name=name)


def run(words: Sequence[str]) -> int:
    """Do what `words` say; return the exit code, with one line on standard error unless 0."""
    if words[:1] in (["db"], ["rebuild"], ["access"]):
        adopt(database.OWNER_FILE)  # only an owner may change the schema, empty or replay it
    adopt()
    try:
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
