"""Up to where a process knows the ledger of grants, so that an older database gives nothing."""

from threading import Lock


class Known:
    """The last change of a grant that was seen. A database that ends before it was put back.

    What was withdrawn after its dump would stand again: until `scanpass access reconcile` has
    replayed the mirror, nothing is read by any grant.
    """

    def __init__(self, position: int | None = None) -> None:
        """Begin with a position; with None nothing is certain until the mirror was asked."""
        self._position = position
        self._guard = Lock()

    @property
    def position(self) -> int | None:
        """Return the last change that was seen."""
        return self._position

    def saw(self, position: int) -> None:
        """Remember a position that is committed or mirrored."""
        if self._position is not None and position <= self._position:
            return
        with self._guard:
            self._position = max(position, self._position or 0)

    def certain(self, before: int | None, position: int) -> bool:
        """Say whether a ledger that ends at `position` is no older than what was known `before`.

        `before` is `position` of this object as it was before the database was asked: it may have
        grown since by what others have seen.
        """
        if before is None or position < before:
            return False
        self.saw(position)
        return True
