"""ingest.reconcile: what can be told again is told, whatever lies beside it."""

from collections.abc import Iterable

import pytest

from services.ingest.reconcile import SHORT, readable, while_short
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


@pytest.mark.parametrize(
    ("waiting", "told"), [(0, True), (SHORT - 1, True), (SHORT, False), (9999, False)]
)
def test_nothing_is_told_again_behind_much_that_waits(waiting: int, told: bool) -> None:  # noqa: FBT001  a parameter of the test
    """It may be among what waits; more of the same would only make that longer."""
    ran: list[bool] = []

    def task() -> bool:
        ran.append(True)
        return True

    def depths(queues: Iterable[str]) -> dict[str, int]:
        return {queue: waiting if queue == "index.instances" else 0 for queue in queues}

    assert while_short(depths, task) is told
    assert bool(ran) is told
