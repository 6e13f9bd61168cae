"""The portal with one known fault built in: `python -m tests.withdraw.planted NAME`."""

import sys
from dataclasses import replace

from services.portal import __main__ as portal
from services.portal import facts
from services.portal.sharing.cuts import Cuts
from services.portal.sharing.known import Known

GRANT_OF = facts.grant_of


def withdrawal_forgotten() -> None:
    """Let a grant that was taken back go on until its term is over."""
    vars(facts)["grant_of"] = lambda row, study: replace(GRANT_OF(row, study), ended=None)


def streams_go_on() -> None:
    """Ask when a file is opened, and never while it flows."""
    Cuts.over = lambda *_: False  # type: ignore[method-assign]  # the fault


def database_trusted() -> None:
    """Take a database at its word, however old it is."""
    Known.certain = lambda *_: True  # type: ignore[method-assign]  # the fault


PLANTS = {
    "withdrawal-forgotten": withdrawal_forgotten,
    "streams-go-on": streams_go_on,
    "database-trusted": database_trusted,
}

if __name__ == "__main__":
    if len(sys.argv) > 1:
        PLANTS[sys.argv[1]]()
    sys.exit(portal.main())
