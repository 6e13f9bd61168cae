"""Which object is served of an instance."""

from dataclasses import dataclass, replace

from shared.db import Row
from shared.dicom.coding import EXPLICIT_LITTLE, IMPLICIT_LITTLE
from shared.dicom.copied import FAST

LITTLE_ENDIAN = {EXPLICIT_LITTLE, IMPLICIT_LITTLE}


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
    plain: "Served | None" = None  # the original, where its pixels are native and this is a copy

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
        place = (row["bucket"], row["key"], row["served_size"])
        if row["outcome"] != "transcoded":
            syntax = row["transfer_syntax_uid"]
            return cls(*place, row["frames"], syntax, row["served_sha256"])
        plain = None
        if row["transfer_syntax_uid"] in LITTLE_ENDIAN:
            plain = replace(cls.original(row), frames=row["frames"])
        return cls(*place, row["frames"], FAST, row["served_sha256"], plain)
