"""Who may do what, decided by one pure function, and the log that says who did."""

from shared.access.grant import MOST_NAMED, Ended, Grant, Named, Purpose, Scope
from shared.access.policy import (
    Action,
    Because,
    Decision,
    Facts,
    Reader,
    Rights,
    may,
    may_bring,
)

__all__ = [
    "MOST_NAMED",
    "Action",
    "Because",
    "Decision",
    "Ended",
    "Facts",
    "Grant",
    "Named",
    "Purpose",
    "Reader",
    "Rights",
    "Scope",
    "may",
    "may_bring",
]
