"""tests.judge: for each fault that is planted after a good run it goes red, and green again."""

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from io import BytesIO
from typing import TypeAlias

import imagecodecs
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.encaps import encapsulate_extended

from tests.judge import Case, verdict
from tests.judging import rows
from tests.judging.doors import CODE
from tests.judging.dropped import Kind
from tests.judging.letters import Message
from tests.judging.pixels import codestreams

Plant: TypeAlias = Callable[[Case], AbstractContextManager[Case]]


def findings(case: Case) -> list[str]:
    found, _ = verdict(case, 0)
    return found


def looked(case: Case, finding: str) -> list[str]:
    """Return what the check that is meant to see a fault finds; the others take time."""
    match finding.split(":", maxsplit=1)[0]:
        case "archive":
            return case.originals()
        case "copy":
            return case.copies()
        case "queue" | "outbox":
            return list(rows.stuck(case.edges))
    return list(case.others())


@contextmanager
def stored(case: Case, bucket: str, key: str, body: bytes | None) -> Iterator[Case]:
    """Put other bytes under a key (None: nothing), and what was there before at the end."""
    before = case.edges.get(bucket, key) if key in case.edges.keys(bucket) else None
    put(case, bucket, key, body)
    try:
        yield case
    finally:
        put(case, bucket, key, before)


def put(case: Case, bucket: str, key: str, body: bytes | None) -> None:
    if body is not None:
        case.edges.s3.put_object(Bucket=bucket, Key=key, Body=body)
    elif bucket != "drop":
        case.edges.s3.delete_object(Bucket=bucket, Key=key)
    else:  # by version, or else a delete marker stays
        for found, version in list(case.edges.versions(bucket)):
            if found == key:
                case.edges.s3.delete_object(Bucket=bucket, Key=key, VersionId=version)


def one(case: Case, bucket: str, ending: str) -> str:
    """Return the first key with this ending."""
    return next(key for key in sorted(case.edges.keys(bucket)) if key.endswith(ending))


def flipped(case: Case) -> AbstractContextManager[Case]:
    key = one(case, "archive", ".dcm")
    body = bytearray(case.edges.get("archive", key))
    body[len(body) // 2] ^= 1
    return stored(case, "archive", key, bytes(body))


def lost_original(case: Case) -> AbstractContextManager[Case]:
    return stored(case, "archive", one(case, "archive", ".dcm"), None)


def stranger(case: Case) -> AbstractContextManager[Case]:
    return stored(case, "archive", "north/1.2/3.4/5.6/" + 64 * "0" + ".dcm", b"DICM")


def left_over(case: Case) -> AbstractContextManager[Case]:
    return stored(case, "drop", "north/left over.dcm", b"DICM")


def lost_copy(case: Case) -> AbstractContextManager[Case]:
    return stored(case, "derived", one(case, "derived", ".dcm"), None)


def other_pixels(case: Case) -> AbstractContextManager[Case]:
    """Make a copy that is sound in every way but one value of one pixel."""
    key = one(case, "derived", ".dcm")
    ds = dcmread(BytesIO(case.edges.get("derived", key)))
    frames = [imagecodecs.jpeg2k_decode(stream) for stream in codestreams_of(case, key)]
    frames[-1] = np.where(np.arange(frames[-1].size).reshape(frames[-1].shape), frames[-1], 1)
    streams = [bytes(imagecodecs.htj2k_encode(frame, reversible=True)) for frame in frames]
    ds.PixelData, ds.ExtendedOffsetTable, ds.ExtendedOffsetTableLengths = encapsulate_extended(
        streams
    )
    out = BytesIO()
    ds.save_as(out, enforce_file_format=True)
    return stored(case, "derived", key, out.getvalue())


def codestreams_of(case: Case, key: str) -> list[bytes]:
    return codestreams(case.edges.get("derived", key))


def swapped_copy(case: Case) -> AbstractContextManager[Case]:
    first, second, *_ = sorted(key for key in case.edges.keys("derived") if key.endswith(".dcm"))
    return stored(case, "derived", first, case.edges.get("derived", second))


def shorter_series(case: Case) -> AbstractContextManager[Case]:
    key = one(case, "derived", "metadata.json.gz")
    told = json.loads(gzip.decompress(case.edges.get("derived", key)))
    return stored(case, "derived", key, gzip.compress(json.dumps(told[1:]).encode()))


def lost_quarantine(case: Case) -> AbstractContextManager[Case]:
    return stored(case, "quarantine", one(case, "quarantine", ".bin"), None)


def reasonless(case: Case) -> AbstractContextManager[Case]:
    return stored(case, "quarantine", one(case, "quarantine", ".json"), b"{}")


def sql(*statements: str) -> Plant:
    """Change rows in a transaction that is never committed."""

    @contextmanager
    def plant(case: Case) -> Iterator[Case]:
        with case.edges.database.transaction(force_rollback=True):
            for statement in statements:
                assert case.edges.database.execute(statement.encode()).rowcount > 0
            yield case

    return plant


def post(change: Callable[[list[Message]], list[Message]]) -> Plant:
    """Change what came out at the far end."""

    @contextmanager
    def plant(case: Case) -> Iterator[Case]:
        yield replace(case, messages=change(list(case.messages)))

    return plant


def letter(case_messages: list[Message]) -> Message:
    return next(message for message in case_messages if message.is_letter)


def said(words: str) -> Callable[[list[Message]], list[Message]]:
    def change(messages: list[Message]) -> list[Message]:
        first = letter(messages)
        others = [message for message in messages if message is not first]
        return [replace(first, text=first.text + words), *others]

    return change


def elsewhere(messages: list[Message]) -> list[Message]:
    first = letter(messages)
    return [
        replace(first, to="somebody@example.org"),
        *(message for message in messages if message is not first),
    ]


def other_code(code: str) -> Callable[[list[Message]], list[Message]]:
    """Show `code` in the first letter instead of its own."""

    def change(messages: list[Message]) -> list[Message]:
        first = letter(messages)
        others = [message for message in messages if message is not first]
        return [replace(first, text=CODE.sub(code, first.text)), *others]

    return change


def without_code(messages: list[Message]) -> list[Message]:
    return other_code("")(messages)


def swapped_codes(messages: list[Message]) -> list[Message]:
    """Show in the first letter a code that works for whoever the last one is for."""
    found = CODE.search(next(one for one in reversed(messages) if CODE.search(one.text)).text)
    assert found
    return other_code(found.group())(messages)


def lying_in(queue: str) -> Plant:
    """Leave a message in a queue."""

    @contextmanager
    def plant(case: Case) -> Iterator[Case]:
        message = {
            "properties": {},
            "routing_key": queue,
            "payload": "{}",
            "payload_encoding": "string",
        }
        told = case.edges.asked("/api/exchanges/%2f/amq.default/publish", message)
        assert told == {"routed": True}
        try:
            yield case
        finally:
            take = {"count": 10, "ackmode": "ack_requeue_false", "encoding": "auto"}
            case.edges.asked(f"/api/queues/%2f/{queue}/get", take)

    return plant


UPDATE_ONE = "UPDATE {0} SET {1} WHERE ctid = (SELECT ctid FROM {0} WHERE {2} LIMIT 1)"
PLANTS: dict[str, tuple[Plant, str]] = {
    "a flipped byte": (flipped, "archive: other bytes"),
    "a lost original": (lost_original, "archive: missing"),
    "an original that nobody dropped": (stranger, "archive: nobody dropped"),
    "an object that stays in the drop": (left_over, "drop:"),
    "a lost copy": (lost_copy, "copy: missing"),
    "one other pixel": (other_pixels, "copy: other pixels"),
    "another instance's copy": (swapped_copy, "copy: another SOP Instance UID"),
    "a copy that was not made": (
        sql(UPDATE_ONE.format("catalogue.settlement", "outcome = 'kept'", "outcome='transcoded'")),
        "copy: ",
    ),
    "an instance missing from its series": (shorter_series, "series: other instances"),
    "lost bytes in quarantine": (lost_quarantine, "quarantine: "),
    "a quarantine without a reason": (reasonless, "quarantine: "),
    "another reason": (sql("UPDATE ingest.quarantine SET reason = 'unknown'"), "quarantine: "),
    "a quarantined file that is forgotten": (sql("DELETE FROM ingest.quarantine"), "quarantine: "),
    "a lost receipt": (
        sql("DELETE FROM ingest.receipt WHERE kind = 'instance' AND sop_uid LIKE '2.25.%'"),
        "receipt: missing",
    ),
    "a deleted row": (
        sql("DELETE FROM catalogue.content WHERE standing = 'presented' AND modality = 'NM'"),
        "content: ",
    ),
    "the second content presented": (
        sql(
            "UPDATE catalogue.content SET standing = 'superseded' WHERE (site, sop_uid) IN"
            " (SELECT site, sop_uid FROM catalogue.content WHERE standing = 'conflicting')"
            " AND standing = 'presented'",
            "UPDATE catalogue.content SET standing = 'presented' WHERE standing = 'conflicting'",
        ),
        "content: ",
    ),
    "a study of another patient": (
        sql(
            "UPDATE catalogue.study SET record = (SELECT max(record::text)::uuid FROM"
            " catalogue.record WHERE record <> study.record) WHERE record IS NOT NULL"
        ),
        "study: ",
    ),
    "a study that never was available": (
        sql(UPDATE_ONE.format("catalogue.study", "state = 'arriving'", "true")),
        "study: ",
    ),
    "an unassigned study that was released": (
        sql("UPDATE catalogue.study SET released_at = now() WHERE record IS NULL"),
        "study: ",
    ),
    "a wrong count": (
        sql("UPDATE catalogue.study SET instance_count = instance_count + 1"),
        "study: ",
    ),
    "a delivery that is forgotten": (
        sql("DELETE FROM notify.delivery WHERE state = 'owed'"),
        "letter: ",
    ),
    "an event that was never told": (
        sql("UPDATE catalogue.outbox SET sent_at = NULL"),
        "outbox: ",
    ),
    "a dead letter": (lying_in("index.instances.dead"), "queue: in index.instances.dead"),
    "a message that nobody took": (lying_in("index.documents"), "queue: in index.documents"),
    "a letter that did not come": (
        post(lambda messages: [one for one in messages if one is not letter(messages)]),
        "letter: ",
    ),
    "the same letter twice": (post(lambda messages: [*messages, letter(messages)]), "letter: "),
    "a text message twice": (
        post(lambda messages: [*messages, *(one for one in messages if not one.is_letter)]),
        "letter: ",
    ),
    "a letter to somebody else": (post(elsewhere), "letter: "),
    "a letter in two languages": (post(said(" images imágenes")), "letter: "),
    "a letter that names the modality": (post(said(" Your MR is here.")), "letter: "),
    "a letter that says what was examined": (post(said(" shoulder")), "letter: "),
    "a letter without its code": (post(without_code), "letter: "),
    "a letter with a code that nobody made": (post(other_code("0000-0000-0")), "letter: "),
    "a letter with another patient's code": (post(swapped_codes), "letter: "),
    "a code that is not kept": (sql("DELETE FROM access.invitation"), "letter: "),
    "a code for somebody else": (
        sql("UPDATE access.invitation SET record = gen_random_uuid()"),
        "letter: ",
    ),
    "no letters at all": (post(lambda _messages: []), "mailbox: empty"),
}


def test_nothing_is_found_where_nothing_is_wrong(judged: Case) -> None:
    """Without a fault the judge is content: what it finds below is what was planted."""
    assert findings(judged) == []


@pytest.mark.parametrize("fault", PLANTS)
def test_a_planted_fault_is_found(judged: Case, fault: str) -> None:
    """Each turns the judge red, by what it was meant to find."""
    plant, finding = PLANTS[fault]
    with plant(judged) as case:
        found = looked(case, finding)
    assert any(one.startswith(finding) for one in found), found


def test_a_file_that_never_arrived_is_found(judged: Case) -> None:
    """What was dropped is the measure, not what the catalogue knows."""
    other = next(file for file in judged.files if file.kind is Kind.INSTANCE)
    more = replace(other, sha256=64 * "0", sop="1.2.3")
    assert findings(replace(judged, files=[*judged.files, more]))


def test_a_good_run_is_green_again(judged: Case) -> None:
    """The faults were taken back, so the last word is as the first."""
    assert findings(judged) == []
