"""The catalogue and the queues: one row a thing, the right one presented, nothing stuck."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

import numpy as np

from tests.judging.dropped import Dropped, Kind
from tests.judging.edges import Edges
from tests.judging.originals import original_frames


def contents(edges: Edges, files: Iterable[Dropped]) -> Iterator[str]:
    """Find contents that are not filed, or filed with a standing that they should not have."""
    groups: dict[tuple[str, str], list[Dropped]] = defaultdict(list)
    for file in files:
        if file.kind is Kind.INSTANCE:
            groups[file.site, file.sop].append(file)
    rows = {
        (row["site"], row["sop_uid"], row["sha256"]): row["standing"]
        for row in edges.rows("SELECT site, sop_uid, sha256, standing FROM catalogue.content")
    }
    wanted = {
        (file.site, file.sop, file.sha256): standing
        for group in groups.values()
        for file, standing in zip(group, standings(group), strict=True)
    }
    for one in sorted(wanted.keys() | rows.keys()):
        if wanted.get(one) != rows.get(one):
            yield f"content: {one} is {rows.get(one)}, not {wanted.get(one)}"


def standings(group: list[Dropped]) -> list[str]:
    """Return the standing of each content under one SOP Instance UID, in the order of arrival.

    The same content twice is one row, so it is the same standing twice.
    """
    told = ["presented"]
    presented = 0
    for place, file in enumerate(group[1:], 1):
        first = group[0]
        again = [other.sha256 for other in group[:place]]
        if file.sha256 in again:
            told.append(told[again.index(file.sha256)])
        elif (file.study, file.patient) == (first.study, first.patient) and same(file, first):
            told[presented], presented = "superseded", place
            told.append("presented")
        else:
            told.append("conflicting")
    return told


def same(one: Dropped, other: Dropped) -> bool:
    """Say whether two files have the same picture."""
    return np.array_equal(original_frames(one.path), original_frames(other.path))


def studies(edges: Edges, files: Iterable[Dropped]) -> Iterator[str]:
    """Find studies that are missing, of another patient, not whole, or not released."""
    wanted: dict[tuple[str, str], set[str]] = defaultdict(set)
    patients: dict[tuple[str, str], tuple[str, str]] = {}
    for file in files:
        if file.kind is Kind.INSTANCE:
            wanted[file.site, file.study].add(file.sop)
            patients.setdefault((file.site, file.study), file.patient)
    query = """SELECT study.*, record.issuer, record.patient_id FROM catalogue.study
        LEFT JOIN catalogue.record USING (record)"""
    rows = {(row["site"], row["study_uid"]): row for row in edges.rows(query)}
    yield from (f"study: missing {one}" for one in sorted(wanted.keys() - rows.keys()))
    yield from (f"study: not dropped {one}" for one in sorted(rows.keys() - wanted.keys()))
    for one in sorted(wanted.keys() & rows.keys()):
        row, (issuer, patient_id) = rows[one], patients[one]
        if row["instance_count"] != len(wanted[one]):
            yield f"study: {one} has {row['instance_count']} instances, not {len(wanted[one])}"
        if (row["state"], row["completeness"]) != ("available", "complete"):
            yield f"study: {one} is {row['state']}, {row['completeness']}"
        if (row["patient_id"] or "", row["issuer"] or "") != (patient_id, issuer):
            yield f"study: {one} is another patient's"
        if (row["released_at"] is not None) != bool(patient_id):
            yield f"study: {one} released_at is {row['released_at']}"


def receipts(edges: Edges, files: Iterable[Dropped]) -> Iterator[str]:
    """Find files without a receipt, and receipts of what nobody dropped."""
    wanted = {(file.site, file.sha256) for file in files}
    rows = edges.rows("SELECT DISTINCT site, sha256 FROM ingest.receipt")
    there = {(row["site"], row["sha256"]) for row in rows}
    yield from (f"receipt: missing {one}" for one in sorted(wanted - there))
    yield from (f"receipt: not dropped {one}" for one in sorted(there - wanted))


def stuck(edges: Edges) -> Iterator[str]:
    """Find messages that lie in a queue, dead or alive, and events that were never told."""
    for queue, messages in sorted(edges.queues().items()):
        if queue == "journal":
            continue  # the stream keeps everything: that is its work
        if message := edges.first(queue):
            yield f"queue: in {queue} lies, and {max(0, messages - 1)} behind it: {message}"
        elif messages and not queue.endswith(".dead"):  # none is in hand there
            yield f"queue: {messages} messages in {queue}"
    for schema in ("catalogue", "notify", "access"):
        query = f"SELECT count(*) AS n FROM {schema}.outbox WHERE sent_at IS NULL"  # noqa: S608  three names
        (row,) = edges.rows(query)
        if row["n"]:
            yield f"outbox: {row['n']} events of {schema} were never told"
