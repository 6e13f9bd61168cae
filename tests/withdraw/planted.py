"""The portal with one known fault built in: `python -m tests.withdraw.planted NAME`."""

import sys
from dataclasses import replace
from time import monotonic
from typing import Any

from services.portal import __main__ as portal
from services.portal import facts, reading
from services.portal.sharing.cuts import Cuts
from services.portal.sharing.known import Known
from shared.db import Connection

GRANT_OF, ASKED = facts.grant_of, facts.asked
STALE = 2.0  # seconds


def withdrawal_forgotten() -> None:
    """Let a grant that was taken back go on until its term is over."""
    vars(facts)["grant_of"] = lambda row, study: replace(GRANT_OF(row, study), ended=None)


def permission_remembered() -> None:
    """Ask again only when an answer is two seconds old."""
    answers: dict[tuple[object, ...], tuple[float, Any]] = {}

    def remembered(connection: Connection, *told: Any) -> Any:  # noqa: ANN401  whatever is asked
        at, answer = answers.get(told, (0.0, None))
        if monotonic() > at + STALE:
            at, answer = monotonic(), ASKED(connection, *told)
            answers[told] = at, answer
        return answer

    vars(reading)["asked"] = remembered


def streams_go_on() -> None:
    """Ask when a file is opened, and never while it flows."""
    Cuts.over = lambda *_, **__: False  # type: ignore[method-assign]  # the fault


def database_trusted() -> None:
    """Take a database at its word, however old it is."""
    Known.certain = lambda *_: True  # type: ignore[method-assign]  # the fault


PLANTS = {
    "withdrawal-forgotten": withdrawal_forgotten,
    "permission-remembered": permission_remembered,
    "streams-go-on": streams_go_on,
    "database-trusted": database_trusted,
}

if __name__ == "__main__":
    if len(sys.argv) > 1:
        PLANTS[sys.argv[1]]()
    sys.exit(portal.main())
