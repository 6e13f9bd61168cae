"""ingest.dropped, with buckets in memory: kept, receipted, told, and only then let go."""

import json
from collections.abc import Callable, Iterator
from hashlib import sha256

import pytest

from services.ingest import handler
from services.ingest.arrivals import Dropped, digest
from services.ingest.handler import dropped
from services.ingest.unpack import Unpacking
from shared.errors import EdgeDown
from shared.events import (
    Event,
    InstanceStored,
    Lane,
    ObjectQuarantined,
    PatientRegistered,
    StudyDeclared,
)
from shared.storage import Changed
from tests.fakes.storage import MemoryStorage
from tests.unit.ingest.conftest import NOW, Receipts
from tests.unit.shared.dicom.files import ct_slice

Put = Callable[..., Dropped]


def handled(hint: Dropped, storage: MemoryStorage, receipts: Receipts) -> Iterator[Event]:
    return dropped(
        hint,
        storage=storage,
        ledger=receipts,
        open_for=lambda site: site == "north",
        unpacking=Unpacking(storage, receipts.received, lambda _key, _version: None),
    )


def keys(storage: MemoryStorage, bucket: str) -> list[str]:
    return [found.key for found in storage.list(bucket)]


def test_an_instance_is_kept_receipted_told_and_let_go(
    storage: MemoryStorage, receipts: Receipts, drop: Put
) -> None:
    """The event says where it is, and the drop is empty."""
    content = ct_slice()

    (event,) = handled(drop(content), storage, receipts)

    assert isinstance(event, InstanceStored)
    assert event.object.key == f"north/1.2/1.2.3/1.2.3.4/{event.object.sha256}.dcm"
    assert storage.read("archive", event.object.key, 0, 1 << 20) == content
    assert list(receipts.written.values()) == [event]
    assert (event.lane, event.received_at, event.warnings) == (Lane.LIVE, NOW, ())
    assert keys(storage, "drop") == []


def test_the_surplus_of_a_crowd_is_no_old_archive(
    storage: MemoryStorage, receipts: Receipts, drop: Put
) -> None:
    """It waits in the lane of what may wait; what the hospital called it is told and kept."""
    crowded = drop(ct_slice()).model_copy(update={"lane": Lane.BACKFILL})
    archived = drop(ct_slice(SOPInstanceUID="1.2.3.5"), "north/backfill/1.dcm")

    told = [*handled(crowded, storage, receipts), *handled(archived, storage, receipts)]

    lanes = [event.lane for event in told if isinstance(event, InstanceStored)]
    assert lanes == [Lane.LIVE, Lane.BACKFILL]


def test_the_drop_is_let_go_only_after_the_confirm(
    storage: MemoryStorage, receipts: Receipts, drop: Put
) -> None:
    """Not resumed, it has removed nothing; the receipt is written before it tells."""
    telling = handled(drop(ct_slice()), storage, receipts)

    assert next(telling) in receipts.written.values()
    assert len(keys(storage, "drop")) == 1
    assert list(telling) == []
    assert keys(storage, "drop") == []


def test_without_a_receipt_nothing_is_told(
    storage: MemoryStorage, receipts: Receipts, drop: Put
) -> None:
    """The database is down: the object stays in the drop."""
    receipts.down = True
    with pytest.raises(EdgeDown):
        list(handled(drop(ct_slice()), storage, receipts))
    assert len(keys(storage, "drop")) == 1


def test_a_redelivery_tells_the_first_receipts_event(
    storage: MemoryStorage, receipts: Receipts, drop: Put
) -> None:
    """Killed between the event and the removal, it does the same again."""
    hint = drop(ct_slice())
    first = next(handled(hint, storage, receipts))

    assert list(handled(hint, storage, receipts)) == [first]
    assert list(handled(hint, storage, receipts)) == []  # done: the version is gone
    assert len(receipts.written) == 1


def test_only_the_version_that_was_read_is_let_go(
    storage: MemoryStorage, receipts: Receipts, drop: Put
) -> None:
    """A hospital uses the name again while we work: the newer bytes stay."""
    hint = drop(ct_slice())
    newer = drop(ct_slice(SOPInstanceUID="1.2.3.5"))

    list(handled(hint, storage, receipts))

    assert [found.version for found in storage.list("drop")] == [newer.version]


def test_an_unknown_site_stays_in_the_drop(
    storage: MemoryStorage, receipts: Receipts, drop: Put
) -> None:
    """Until somebody adds it."""
    assert list(handled(drop(ct_slice(), "south/1.dcm"), storage, receipts)) == []
    assert (len(keys(storage, "drop")), receipts.written) == (1, {})


def test_garbage_is_kept_with_its_reason(
    storage: MemoryStorage, receipts: Receipts, drop: Put
) -> None:
    """The key's digest stands for the key in the event; the desk may read the key."""
    hint = drop(b"no dicom", "north/Doe, Jane.txt")

    (event,) = handled(hint, storage, receipts)

    assert isinstance(event, ObjectQuarantined)
    assert event.reason == "not-dicom"
    assert event.object.key == f"north/{event.object.sha256}/{digest(hint.key)}.bin"
    assert "Doe" not in event.model_dump_json()
    assert storage.read("quarantine", event.object.key, 0, 99) == b"no dicom"
    beside = event.object.key.removesuffix("bin") + "json"
    reason = json.loads(storage.read("quarantine", beside, 0, 9999))
    assert (reason["reason"], reason["drop_key"]) == ("not-dicom", hint.key)
    assert reason["releasable"] is False
    assert keys(storage, "drop") == []


def test_a_roster_is_kept_and_counted(
    storage: MemoryStorage, receipts: Receipts, drop: Put
) -> None:
    """Its names stay where they are."""
    patient = {"resourceType": "Patient", "name": [{"text": "Jane Doe"}]}
    bundle = {"resourceType": "Bundle", "entry": [{"resource": patient}]}

    (event,) = handled(drop(json.dumps(bundle).encode()), storage, receipts)

    assert isinstance(event, PatientRegistered)
    assert (event.patients, event.object.bucket) == (1, "archive")
    assert event.object.key == f"north/rosters/{event.object.sha256}"


def test_a_wrong_etag_costs_a_second_look_and_no_bytes(
    storage: MemoryStorage, receipts: Receipts, drop: Put
) -> None:
    """The store refuses the copy, so what was read is put."""
    hint = drop(ct_slice()).model_copy(update={"etag": "another"})

    (event,) = handled(hint, storage, receipts)

    assert isinstance(event, InstanceStored)
    assert storage.read("archive", event.object.key, 0, 1 << 20) == ct_slice()


def test_a_version_whose_bytes_change_is_not_taken(
    storage: MemoryStorage, receipts: Receipts, drop: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was inspected is what is kept, or nothing is."""
    hint = drop(ct_slice()).model_copy(update={"etag": "another"})
    seen = iter([ct_slice(), ct_slice(SOPInstanceUID="1.2.3.5")])
    monkeypatch.setattr(storage, "open", lambda *_: _opened(next(seen)))

    with pytest.raises(Changed):
        list(handled(hint, storage, receipts))
    assert (keys(storage, "archive"), receipts.written) == ([], {})


def _opened(content: bytes) -> object:
    elsewhere = MemoryStorage()
    elsewhere.put("drop", "x", content)
    return elsewhere.open("drop", "x")


def test_a_fault_of_ours_does_not_stop_the_drop(
    storage: MemoryStorage, receipts: Receipts, drop: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bytes are kept, the log says where it broke, and not with what."""

    def broken(_file: object) -> None:
        msg = "Doe^Jane"
        raise ZeroDivisionError(msg)

    monkeypatch.setattr(handler, "inspect", broken)
    (event,) = handled(drop(ct_slice()), storage, receipts)
    assert isinstance(event, ObjectQuarantined)
    assert event.reason == "inspection-failed"


def test_a_manifest_is_kept_receipted_and_told_study_by_study(
    storage: MemoryStorage, receipts: Receipts, drop: Put
) -> None:
    """One receipt and event each; nothing is let go before the last is confirmed."""
    studies = [{"study_uid": f"1.{n}", "instances": n} for n in (1, 2)]
    content = json.dumps({"version": 1, "studies": studies}).encode()
    hint = drop(content, "north/Doe, Jane_COMPLETE.json")
    telling = handled(hint, storage, receipts)

    first = next(telling)
    assert len(keys(storage, "drop")) == 1
    events = [first, *telling]

    assert [event.subject for event in events] == ["north/1.1", "north/1.2"]
    for number, event in enumerate(events, 1):
        assert isinstance(event, StudyDeclared)
        assert (event.instances, event.origin) == (number, "manifest")
        assert event.declared_at == hint.modified_at
        assert event.object.key == f"north/declarations/{event.object.sha256}"
        assert "Doe" not in event.model_dump_json()
    assert list(receipts.written.values()) == events
    assert storage.read("archive", f"north/declarations/{sha256(content).hexdigest()}", 0, 999) == (
        content
    )
    assert keys(storage, "drop") == []


def test_a_declaration_that_was_half_told_is_told_from_its_beginning(
    storage: MemoryStorage, receipts: Receipts, drop: Put
) -> None:
    """With the same events, and no receipt twice."""
    studies = [{"study_uid": f"1.{n}", "instances": n} for n in (1, 2)]
    hint = drop(json.dumps({"version": 1, "studies": studies}).encode(), "north/_COMPLETE.json")
    first = next(handled(hint, storage, receipts))

    again = list(handled(hint, storage, receipts))

    assert again[0] == first
    assert (len(again), len(receipts.written)) == (2, 2)
