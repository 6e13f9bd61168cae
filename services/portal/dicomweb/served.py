"""Which object is served of an instance."""

from dataclasses import dataclass

from shared.db import Row


@dataclass(frozen=True, slots=True)
class Served:
    """The object: content-addressed, so what is read of it may be kept.

    `size` in bytes; `copied` says that it is the fast copy and not the original.
    """

    bucket: str
    key: str
    size: int
    frames: int | None
    copied: bool

    @classmethod
    def original(cls, row: Row) -> "Served":
        """Return what was received, whatever is served of it."""
        return cls("archive", row["archive_key"], row["size"], None, copied=False)

    @classmethod
    def of(cls, row: Row) -> "Served":
        """Return what a row of `INSTANCE` says; what is not settled yet is served as it came."""
        if row["outcome"] is None:
            return cls.original(row)
        copied = row["outcome"] == "transcoded"
        return cls(row["bucket"], row["key"], row["served_size"], row["frames"], copied=copied)
