"""portal.dicomweb.instances: who asks at the same time is decided and counted one by one."""

from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

from deploy.local.waiting import until
from tests.integration.portal.dicomweb.conftest import Stage
from tests.received.studies import Received

DEADLINE = 20.0  # seconds
READS = """
    SELECT coalesce(sum(reads), 0)::int AS reads, count(*) FILTER (WHERE action <> 'look') AS others
    FROM access.reading WHERE session = (SELECT session FROM access.viewing
        WHERE secret_hash = sha256(%s)) AND study_uid = %s AND series_uid = %s
"""


def test_frames_that_are_asked_for_at_once_are_each_counted(
    stage: Stage, received: Received
) -> None:
    """Every one that was given, and none of those that there are not."""
    series = f"{stage.slices}.1"
    given = [f"{series}.{number}" for number in range(1, 4)] * 10
    asked = [(uid, HTTPStatus.OK) for uid in given]
    asked += [(f"{series}.99", HTTPStatus.NOT_FOUND)] * 6
    asked = asked[::2] + asked[1::2]

    def status(sop: str) -> int:
        path = f"/studies/{stage.slices}/series/{series}/instances/{sop}/frames/1"
        return stage.get(path).status_code

    def reads() -> int:
        values = (stage.viewing.encode(), stage.slices, series)
        (row,) = received.rows(READS, *values)
        assert row["others"] == 0
        return int(row["reads"])

    before = reads()
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(status, [uid for uid, _ in asked]))
    assert found == [wanted for _, wanted in asked]
    until(lambda: reads() - before >= len(given), DEADLINE, "reads are not counted")
    assert reads() - before == len(given)
