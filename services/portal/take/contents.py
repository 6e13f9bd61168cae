"""The originals of studies: where each lies in the archive, and where in the ZIP."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from services.portal.take.directory import File
from services.portal.take.packing import Member
from shared.catalogue.served import unpacked
from shared.db import Connection, Row
from shared.dicom.coding import EXPLICIT_LITTLE
from shared.errors import EdgeDown

TURNED = "plain"  # the bucket of what was turned

CONTENTS = """
    SELECT c.series_uid, c.sop_uid, c.sha256, c.archive_key, c.size, c.sop_class_uid,
        c.transfer_syntax_uid, c.header, checksum.crc32, u.key AS turned_key, u.size AS turned_size,
        u.crc32 AS turned_crc32, u.turned_sha256
    FROM catalogue.content AS c
    LEFT JOIN access.turned AS u ON %s AND u.sha256 = c.sha256
    LEFT JOIN catalogue.series AS r USING (site, study_uid, series_uid)
    LEFT JOIN LATERAL (
        SELECT crc32 FROM ingest.checksum AS k
        WHERE k.site = c.site AND k.sha256 = c.sha256 LIMIT 1
    ) AS checksum ON true
    WHERE c.site = %s AND c.study_uid = %s AND c.standing = 'presented'
    ORDER BY r.series_number NULLS LAST, c.series_uid, c.instance_number NULLS LAST, c.sop_uid
"""


@dataclass(frozen=True, slots=True)
class Frozen(Member):
    """A member of a take: what lies under `key` in the archive, or else its bytes are kept.

    What was turned for older software lies in another bucket.
    """

    sha256: str
    key: str | None
    bucket: str = "archive"


def originals(
    connection: Connection,
    studies: Iterable[tuple[str, str]],
    only: str = "",
    *,
    older: bool = False,
) -> Iterator[tuple[Frozen, File]]:
    """Yield the presented originals of `studies` (site, UID), each as member and as file.

    `only` is a Series Instance UID; empty for all. `older`: those that are turned, as turned.

    Raises:
        EdgeDown: ingest has no receipt of one: nothing is left out silently.

    """
    for number, study in enumerate(studies, 1):
        series: dict[str, int] = {}
        counts: defaultdict[str, int] = defaultdict(int)
        for row in connection.execute(CONTENTS, (older, *study)):
            if only not in {"", row["series_uid"]}:
                continue
            if row["crc32"] is None:
                edge = "ingest"
                raise EdgeDown(edge)
            place = series.setdefault(row["series_uid"], len(series) + 1)
            counts[row["series_uid"]] += 1
            # PS3.10 §8.2: at most eight characters a component, no extension.
            path = f"DICOM/{number:08}/{place:08}/{counts[row['series_uid']]:08}"
            yield member(row, path), file(row, path)


def member(row: Row, path: str) -> Frozen:
    """Return an original as a member of the ZIP."""
    if row["turned_key"] is not None:
        told = (row["turned_size"], row["turned_crc32"], row["turned_sha256"])
        return Frozen(path, *told, row["turned_key"], TURNED)
    return Frozen(path, row["size"], row["crc32"], row["sha256"], row["archive_key"])


def file(row: Row, path: str) -> File:
    """Return an original as a file of the DICOMDIR, with what identifies it of any header."""
    header = json.loads(unpacked(row["header"]))
    header["0020000E"] = {"vr": "UI", "Value": [row["series_uid"]]}
    syntax = EXPLICIT_LITTLE if row["turned_key"] is not None else row["transfer_syntax_uid"]
    return File(path, row["sop_class_uid"], row["sop_uid"], syntax, header)
