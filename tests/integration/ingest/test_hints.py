"""Hints and repairs of ingest, each with the other ways shut."""

from collections.abc import Callable

from deploy.local import Services
from shared.events import InstanceStored
from tests.integration.ingest.hospital import Ears, Hospital, ct_slice, new_uid, until


def test_the_webhook_alone_brings_an_object_in(
    start: Callable[..., Services], hospital: Hospital
) -> None:
    """The sweep is a day away; SeaweedFS tells, and the object is archived."""
    start(SWEEP_SECONDS="86400")
    until(lambda: hospital.rows("watermark"), "the first sweep is not over")

    digest = hospital.drop("Müller +100%/a b.dcm", ct_slice(new_uid(), 1))

    hospital.drained()
    assert hospital.archived() == {digest}


def test_a_lost_event_is_told_again(
    start: Callable[..., Services], hospital: Hospital, ears: Ears
) -> None:
    """Nobody files the receipt here, so its event comes again, with the same id."""
    start(RECONCILE_SECONDS="0.2", RECONCILE_AFTER_SECONDS="1")
    hospital.drop("1.dcm", ct_slice(new_uid(), 1))

    events = ears.hear(hospital.site, InstanceStored, 2)

    assert len({event.id for event in events}) == 1
    assert events[0] == events[1]
    assert until(lambda: hospital.rows("receipt")[0]["told_again"], "not counted") >= 1
