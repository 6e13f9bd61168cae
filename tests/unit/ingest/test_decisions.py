"""ingest.decided, with a table in memory: the first decision stands, and twice is once."""

from dataclasses import dataclass, field
from hashlib import sha256

import pytest

from services.ingest.decisions import decided
from services.ingest.receipts import Receipt
from shared.db import Row
from shared.events import Decision, Event, InstanceStored, ObjectDecided
from tests.fakes.storage import MemoryStorage
from tests.unit.ingest.conftest import NOW
from tests.unit.shared.dicom.files import ct_slice

DROP_DIGEST = "ab" * 32


@dataclass
class Desk:
    """One row."""

    row: Row | None
    outcomes: list[str] = field(default_factory=list)

    def find(self, _event: ObjectDecided) -> Row | None:
        """Return it."""
        return self.row

    def settle(self, event: ObjectDecided, outcome: str, receipt: Receipt | None) -> Event | None:
        """Remember the outcome."""
        assert self.row is not None
        self.row["decision"] = event.decision
        self.outcomes.append(outcome)
        return receipt.event(NOW) if receipt else None


def quarantined(storage: MemoryStorage, content: bytes, reason: str) -> tuple[Desk, str]:
    digest = sha256(content).hexdigest()
    key = f"north/{digest}/{DROP_DIGEST}.bin"
    storage.put("quarantine", key, content)
    row = {"key": key, "reason": reason, "decision": None, "quarantined_at": NOW}
    return Desk(row), digest


def decision(digest: str, what: Decision) -> ObjectDecided:
    return ObjectDecided(
        site="north", sha256=digest, drop_digest=DROP_DIGEST, decision=what, actor="desk"
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (ct_slice()[:-1], "truncated"),
        (b"MZ".ljust(128, b"\0") + ct_slice()[128:], "executable-preamble"),
    ],
)
def test_a_release_archives_and_tells(storage: MemoryStorage, content: bytes, reason: str) -> None:
    """Byte for byte, with a warning; told again it is the same event."""
    desk, digest = quarantined(storage, content, reason)
    event = decision(digest, Decision.RELEASE)

    told = [*decided(event, storage, desk), *decided(event, storage, desk)]

    assert told[0] == told[1]
    assert isinstance(told[0], InstanceStored)
    assert told[0].warnings[-1] == "released-by-desk"
    assert storage.read("archive", told[0].object.key, 0, 1 << 20) == content
    assert desk.outcomes == ["released", "released"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"no dicom", "not-dicom"),
        (ct_slice()[:200], "truncated"),  # cut before its UIDs
    ],
)
def test_what_cannot_be_let_in_stays_out(
    storage: MemoryStorage, content: bytes, reason: str
) -> None:
    """It is recorded, nothing is told."""
    desk, digest = quarantined(storage, content, reason)

    assert list(decided(decision(digest, Decision.RELEASE), storage, desk)) == []
    assert (desk.outcomes, list(storage.list("archive"))) == (["not-releasable"], [])


def test_other_bytes_than_decided_about_are_not_let_in(storage: MemoryStorage) -> None:
    """The decision names a digest."""
    desk, _ = quarantined(storage, ct_slice()[:-1], "truncated")
    assert list(decided(decision("0" * 64, Decision.RELEASE), storage, desk)) == []
    assert desk.outcomes == ["not-releasable"]


def test_a_rejection_is_recorded_and_stands(storage: MemoryStorage) -> None:
    """A later release of the same object changes nothing."""
    desk, digest = quarantined(storage, ct_slice()[:-1], "truncated")

    assert list(decided(decision(digest, Decision.REJECT), storage, desk)) == []
    assert list(decided(decision(digest, Decision.RELEASE), storage, desk)) == []
    assert desk.outcomes == ["rejected"]


def test_a_decision_about_nothing_is_done(storage: MemoryStorage) -> None:
    """It is logged, and the message is not kept for ever."""
    assert list(decided(decision("0" * 64, Decision.RELEASE), storage, Desk(None))) == []
