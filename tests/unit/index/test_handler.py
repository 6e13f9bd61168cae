"""services.index.handler: what is had before the transaction."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.index import handler, header
from services.index.catalogue import PatientKey
from services.index.header import Header
from shared.children import ChildDied
from shared.events import InstanceStored, Lane, StoredObject

STORED = InstanceStored(
    site="north",
    study_uid="1.2",
    series_uid="1.2.3",
    sop_uid="1.2.3.4",
    sop_class_uid="1.2",
    modality="CT",
    transfer_syntax_uid="1.2.840.10008.1.2.1",
    object=StoredObject(bucket="archive", key="k", size=1, sha256="0" * 64),
    door="bucket",
    received_at=datetime(2026, 3, 1, tzinfo=UTC),
    lane=Lane.LIVE,
)


def nobody(site: str, patient: PatientKey) -> UUID:
    raise AssertionError(site, patient)


class Deadly:
    """A header that kills its child the first times it is read."""

    def __init__(self, deaths: int) -> None:
        """Kill `deaths` children."""
        self.deaths = deaths

    def __call__(self, *_: Any, **__: Any) -> Header:  # noqa: ANN401  as many as `Reads` has
        """Kill, or read."""
        if self.deaths:
            self.deaths -= 1
            raise ChildDied("child-killed")  # noqa: EM101  a code
        return Header(b"read", header.UNREADABLE.values)


def test_a_child_s_death_is_survived() -> None:
    """It may have been the machine's fault, so the header is read again."""
    prepared = handler.prepare(STORED, Deadly(1), nobody)
    assert prepared is not None
    assert prepared.header.packed == b"read"


def test_a_header_that_kills_each_child_is_filed_without_its_words() -> None:
    """The instance is in the catalogue, unassigned, so that its study can complete."""
    prepared = handler.prepare(STORED, Deadly(9), nobody)
    assert prepared is not None
    assert prepared.record is None
    assert prepared.header.values.marks == ("no-patient-id", "unreadable-header")
