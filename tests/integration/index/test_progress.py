"""index.progress: what operators see of a hospital's studies is what the tables hold."""

from prometheus_client import REGISTRY

from services.index import progress
from tests.integration.index.conftest import Hospital, new_uid


def seen(name: str, hospital: Hospital) -> float | None:
    """Return a metric of the hospital."""
    return REGISTRY.get_sample_value(name, {"site": hospital.site})


def held(because: str) -> float:
    """Return how many studies are held for this reason."""
    return REGISTRY.get_sample_value("scanpass_studies_held", {"because": because}) or 0.0


def test_a_study_counts_until_it_is_through(hospital: Hospital) -> None:
    """One that arrives counts, and its wait; through, it counts no more."""
    study = new_uid()
    event = hospital.stored(study, 1)
    hospital.take([event])
    progress.measure(hospital.index)
    assert seen("scanpass_studies_arriving", hospital) == 1
    assert (seen("scanpass_study_oldest_seconds", hospital) or 0) > 0
    hospital.take([hospital.transcoded(event)])
    hospital.drain()
    hospital.scan()
    progress.measure(hospital.index)
    assert seen("scanpass_studies_arriving", hospital) == 0
    assert seen("scanpass_study_oldest_seconds", hospital) == 0


def test_a_study_that_is_held_counts_by_why(hospital: Hospital) -> None:
    """Available and not shown yet: one more for its reason."""
    with hospital.owner.transaction() as connection:
        rule = "UPDATE sites.site SET release_rule = 'after-term', release_days = 9 WHERE site = %s"
        connection.execute(rule, (hospital.site,))
    progress.measure(hospital.index)
    before = held("site-term")
    event = hospital.stored(new_uid(), 1)
    hospital.take([event, hospital.transcoded(event)])
    hospital.drain()
    hospital.scan()
    progress.measure(hospital.index)
    assert held("site-term") == before + 1
