"""`python -m services.index` on the real broker, with its own identities."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.local import Servers
from shared.broker.publisher import Publisher
from shared.events import StudyReleased
from tests.integration.index.conftest import Hospital, new_uid

ROOT = Path(__file__).parents[3]


@pytest.fixture
def service(environment: Callable[[str], dict[str, str]]) -> Iterator[subprocess.Popen[bytes]]:
    """Run index as an operator does."""
    told = {"PATH": os.environ["PATH"], **environment("index"), "SCANPASS_DUE_SECONDS": "0.1"}
    with subprocess.Popen([sys.executable, "-m", "services.index"], env=told, cwd=ROOT) as running:
        yield running
        running.send_signal(signal.SIGKILL)


def until(true: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "too late"
        time.sleep(0.05)


@pytest.mark.timeout(180)
def test_what_is_stored_and_settled_is_told(
    hospital: Hospital,
    servers: Servers,
    environment: Callable[[str], dict[str, str]],
    service: subprocess.Popen[bytes],
) -> None:
    """From the broker's queue to the broker's exchange; SIGTERM ends it with 0."""
    del servers
    study = new_uid()
    hospital.drain()
    publisher = Publisher(environment("ingest")["SCANPASS_AMQP_URL"], "test")
    stored = [hospital.stored(study, number) for number in range(1, 21)]
    publisher.publish_many(stored)
    publisher.close()
    publisher = Publisher(environment("transcode")["SCANPASS_AMQP_URL"], "test")
    publisher.publish_many([hospital.transcoded(event, str(event.sop_uid)) for event in stored])
    publisher.close()

    until(lambda: hospital.told("study.released"))

    released = StudyReleased.model_validate(hospital.told("study.released")[0])
    assert (released.study_uid, hospital.study(study)["instance_count"]) == (study, 20)
    until(lambda: not unsent(hospital))
    service.send_signal(signal.SIGTERM)
    assert service.wait(60) == 0


def unsent(hospital: Hospital) -> int:
    with hospital.owner.transaction() as connection:
        (row,) = connection.execute(
            "SELECT count(*) AS n FROM catalogue.outbox WHERE sent_at IS NULL"
            " AND body->>'site' = %s",
            (hospital.site,),
        ).fetchall()
    return int(row["n"])
