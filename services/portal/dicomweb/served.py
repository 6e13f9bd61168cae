"""Which object is served of an instance."""

from dataclasses import dataclass

from shared.db import Row
from shared.dicom.copied import FAST
from shared.errors import EdgeDown


@dataclass(frozen=True, slots=True)
class Served:
    """The object: content-addressed, so what is read of it may be kept.

    `size` in bytes.
    """

    bucket: str
    key: str
    size: int
    frames: int | None
    syntax: str  # transfer syntax

    @classmethod
    def original(cls, row: Row) -> "Served":
        """Return what was received, whatever is served of it.

        Raises:
            EdgeDown: its bytes are known to be others now, until a backup brings them back.

        """
        if row["damaged"]:
            edge = "s3"
            raise EdgeDown(edge)
        return cls("archive", row["archive_key"], row["size"], None, row["transfer_syntax_uid"])

    @classmethod
    def of(cls, row: Row) -> "Served":
        """Return what a row of `INSTANCE` says; what is not settled yet is served as it came.

        Raises:
            EdgeDown: that is an original, and known to be damaged.

        """
        if row["outcome"] is None:
            return cls.original(row)
        if row["outcome"] != "transcoded":
            cls.original(row)
        syntax = FAST if row["outcome"] == "transcoded" else row["transfer_syntax_uid"]
        return cls(row["bucket"], row["key"], row["served_size"], row["frames"], syntax)
