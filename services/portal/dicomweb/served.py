"""Which object is served of an instance."""

from dataclasses import dataclass

from shared.db import Row
from shared.dicom.copied import FAST


@dataclass(frozen=True, slots=True)
class Served:
    """The object: content-addressed, so what is read of it may be kept.

    `size` in bytes; `sha256` of the object, None for a copy that was made before it was kept.
    """

    bucket: str
    key: str
    size: int
    frames: int | None
    syntax: str  # transfer syntax
    sha256: str | None = None

    @classmethod
    def original(cls, row: Row) -> "Served":
        """Return what was received, whatever is served of it."""
        syntax = row["transfer_syntax_uid"]
        return cls("archive", row["archive_key"], row["size"], None, syntax, row["sha256"])

    @classmethod
    def of(cls, row: Row) -> "Served":
        """Return what a row of `INSTANCE` says; what is not settled yet is served as it came."""
        if row["outcome"] is None:
            return cls.original(row)
        syntax = FAST if row["outcome"] == "transcoded" else row["transfer_syntax_uid"]
        place = (row["bucket"], row["key"], row["served_size"])
        return cls(*place, row["frames"], syntax, row["served_sha256"])
