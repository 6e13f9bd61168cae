"""ingest.reconcile: what can be told again is told, whatever lies beside it."""

from services.ingest.reconcile import readable
from shared.events import PatientRegistered, StoredObject

TOLD = PatientRegistered(
    site="north",
    object=StoredObject(bucket="archive", key="north/rosters/a", size=1, sha256="a" * 64),
    patients=1,
)


def test_one_unreadable_receipt_keeps_no_other_from_being_told() -> None:
    """Rows of an unknown type, or of another shape, are passed over."""
    rows = [
        {"event_type": "never.heard.v1", "event": {}},
        {"event_type": TOLD.routing_key, "event": {"site": "north"}},
        {"event_type": TOLD.routing_key, "event": TOLD.model_dump(mode="json")},
    ]
    assert list(readable(rows)) == [TOLD]
