"""What lies beside the originals: README, DICOMDIR, digests, the access log and its verifier."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from uuid import UUID
from zlib import crc32

from services.portal.pages.listing import Scan
from services.portal.sharing import answered
from services.portal.sharing import answers as answering
from services.portal.take.contents import Frozen
from shared.db import Connection, Row
from shared.wording import Wording

VERIFIER = Path(__file__).with_name("verify_log.py").read_bytes()
ENTRIES = """
    SELECT record, seq, at, actor_kind, actor, session, action, because, study_uid, series_uid,
        reads, previous, hash
    FROM access.entry WHERE record = ANY (%s) ORDER BY record, seq
"""


@dataclass(frozen=True, slots=True)
class Made:
    """A file that is made here, with its bytes."""

    path: str
    content: bytes

    @property
    def member(self) -> Frozen:
        """Return it as a member of the ZIP."""
        digest = sha256(self.content).hexdigest()
        return Frozen(self.path, len(self.content), crc32(self.content), digest, None)


def readme(wording: Wording, scans: Sequence[Scan], waiting: int, holds: Collection[str]) -> Made:
    """Return what a person reads first; lines end as every editor of text can show.

    `holds` says what else there is: `log`, `viewer`, `answers`; `older`: for older software.
    """
    folders = [(f"DICOM/{number:08}", scan) for number, scan in enumerate(scans, 1)]
    told = {"folders": folders, "waiting": waiting, "holds": holds}
    text = wording.render("take-readme.txt", told)
    return Made("README.txt", ("\ufeff" + text.replace("\n", "\r\n")).encode())


def access_log(connection: Connection, records: Collection[UUID]) -> tuple[Made, ...]:
    """Return the log of the person's own records and its verifier; nothing where there is none."""
    if not records:
        return ()
    rows = connection.execute(ENTRIES, (list(records),))
    lines = "".join(json.dumps(entry(row)) + "\n" for row in rows)
    return (
        Made("access-log/access-log.jsonl", lines.encode()),
        Made("access-log/verify_log.py", VERIFIER),
    )


def answers(
    connection: Connection, studies: Sequence[tuple[str, str]], wording: Wording
) -> list[Made]:
    """Return what readers have answered about studies: a text each, and its PDF beside it."""
    found = []
    for number, row in enumerate(answering.of_studies(connection, studies), 1):
        told = answered.in_words(row, wording) | {"words": row["words"]}
        text = wording.render("take-answer.txt", told)
        content = ("\ufeff" + text.replace("\n", "\r\n")).encode()
        found.append(Made(f"ANSWERS/{number:08}.TXT", content))
        if (pdf := answering.pdf(connection, row["answer"])) is not None:
            found.append(Made(f"ANSWERS/{number:08}.PDF", pdf))
    return found


def entry(row: Row) -> dict[str, object]:
    """Return one entry as it is sealed (see `shared/access/chain.py`)."""
    told = {name: str(value) if isinstance(value, UUID) else value for name, value in row.items()}
    hexed = {name: bytes(row[name]).hex() for name in ("previous", "hash")}
    return {**told, "at": row["at"].isoformat(), **hexed}


def sums(members: Iterable[Frozen]) -> Made:
    """Return the digests as `sha256sum -c` reads them."""
    lines = (f"{each.sha256}  {each.path}\n" for each in members)
    return Made("SHA256SUMS", "".join(lines).encode())
