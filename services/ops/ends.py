"""The ends a command may come to, each with its exit code."""

from services.ops.mending import mend
from shared.errors import EdgeDown

OK, PROBLEM, MISUSED, DOWN = 0, 1, 2, 3


class Problem(Exception):
    """Something was found to be wrong, or not found at all: one sentence, exit code 1."""


class Misused(Exception):
    """The command or the configuration is at fault: one sentence, exit code 2."""


class Unreachable(EdgeDown):
    """An edge is down, and it is known why; `where` is host:port. Exit code 3."""

    def __init__(self, edge: str, code: str, where: str) -> None:
        """Keep a code of `mending.WRONG`."""
        super().__init__(edge)
        self.code, self.where = code, where

    @property
    def sentence(self) -> str:
        """Return what is wrong and how to mend it."""
        return mend(self.edge, self.code, self.where)
