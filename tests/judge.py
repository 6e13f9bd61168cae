"""Judge a run of the demo from outside: `python -m tests.judge`.

It imports nothing of the product. What must be found follows from the dropped files themselves;
what is found is asked of the servers with boto3, plain SQL, the broker's HTTP interface and
OpenJPEG, and read in the mailbox. Environment: `JUDGE_DATA` (the folder that was dropped),
`JUDGE_S3_ENDPOINT`, `JUDGE_S3_ACCESS_KEY`, `JUDGE_S3_SECRET_KEY`, `JUDGE_DATABASE_URL`,
`JUDGE_MANAGEMENT_URL`, `JUDGE_MAILBOX`, `JUDGE_PORTAL_URL` (where links lead), `JUDGE_CODE_KEY`
(of the codes in letters), and `JUDGE_SINCE` (when the run began, seconds since 1970).

It prints what it finds wrong, and a last line of JSON; it exits 0 only when nothing is.
"""

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.judging import doors, letters, objects, rows
from tests.judging.dropped import Dropped, Kind, outcomes, read_all
from tests.judging.edges import Edges, connect
from tests.judging.mailbox import read_messages

PATIENCE = 15.0  # seconds for acks on their way: queues are asked again until then
PAUSE = 0.25
ALWAYS = (Kind.INSTANCE, Kind.ROSTER, Kind.CUT, Kind.BAD_UID, Kind.FOREIGN)


@dataclass(frozen=True)
class Case:
    """What is judged: what was dropped, the servers, and what came out at the far end."""

    files: list[Dropped]
    sites: dict[str, dict[str, str]]
    edges: Edges
    messages: list[letters.Message]
    portal: str
    key: str = field(repr=False)
    refused: frozenset[str] = frozenset()  # addresses that took no letter

    def originals(self) -> list[str]:
        """Return what is wrong with the bytes that were dropped."""
        return list(objects.archive(self.edges, self.files))

    def copies(self) -> list[str]:
        """Return what is wrong with the fast copies."""
        return list(objects.copies(self.edges, self.files))

    def others(self) -> Iterator[str]:
        """Yield everything else that is wrong."""
        yield from self.emptiness()
        yield from objects.drop(self.edges)
        yield from objects.quarantine(self.edges, self.files)
        yield from objects.series(self.edges)
        yield from rows.receipts(self.edges, self.files)
        yield from rows.contents(self.edges, self.files)
        yield from rows.studies(self.edges, self.files)
        ways = doors.read(self.edges, self.portal, self.key)
        told = (self.edges, self.files, self.sites, self.messages, ways, self.refused)
        yield from letters.told(*told)
        yield from letters.clinical(self.files, self.messages)

    def emptiness(self) -> Iterator[str]:
        """Yield what would make everything else true of nothing."""
        seen = {file.kind for file in self.files}
        yield from (f"dropped: no file is {kind}" for kind in ALWAYS if kind not in seen)
        if not self.messages:
            yield "mailbox: empty"

    def counted(self) -> dict[str, Any]:
        """Return what was found, as numbers."""
        query = """SELECT
            (SELECT count(*) FROM catalogue.study) AS studies,
            (SELECT count(*) FROM catalogue.content WHERE standing = 'presented') AS instances,
            (SELECT count(*) FROM ingest.quarantine) AS quarantined,
            (SELECT count(*) FROM catalogue.content WHERE standing = 'conflicting') AS conflicts"""
        (row,) = self.edges.rows(query)
        by_mail = sum(one.is_letter for one in self.messages)
        return row | {"letters": by_mail, "texts": len(self.messages) - by_mail}


def case(told: Mapping[str, str] = os.environ) -> Case:
    """Return the case that the environment names."""
    folder = Path(told["JUDGE_DATA"])
    edges = connect(told)
    files, sites = read_all(folder), json.loads((folder / "sites.json").read_bytes())
    messages = read_messages(Path(told["JUDGE_MAILBOX"]))
    portal, key = told["JUDGE_PORTAL_URL"], told["JUDGE_CODE_KEY"]
    return Case(files, sites, edges, messages, portal, key, outcomes(folder)["refused"])


def settle(edges: Edges) -> None:
    """Wait for messages that are being acknowledged; what stays is found by `rows.stuck`."""
    deadline = time.monotonic() + PATIENCE
    while any(rows.stuck(edges)) and time.monotonic() < deadline:
        time.sleep(PAUSE)


def verdict(judged: Case, since: float) -> tuple[list[str], dict[str, Any]]:
    """Return every finding, and the numbers of the last line."""
    originals, copies = judged.originals(), judged.copies()
    findings = [*originals, *copies, *judged.others(), *rows.stuck(judged.edges)]
    counts = judged.counted()
    told = {
        name: counts[name]
        for name in ("studies", "instances", "letters", "texts", "quarantined", "conflicts")
    }
    equal = {"originals_equal": not originals, "copies_equal": not copies}
    return findings, told | equal | {"seconds": round(time.time() - since, 1)}


def main() -> int:
    """Judge, print, and return the exit code."""
    since = float(os.environ.get("JUDGE_SINCE") or time.time())
    judged = case()
    settle(judged.edges)
    findings, numbers = verdict(judged, since)
    judged.edges.close()
    for finding in findings:
        print(finding)  # noqa: T201  this is what a judge is for
    print(json.dumps(numbers))  # noqa: T201  as above
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
