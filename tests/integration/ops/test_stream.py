"""ops.stream on the real broker: the journal is read, told again to one queue, and kept."""

import gzip
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pika
import pytest

from services.ops import stream
from services.ops.ends import Misused
from shared.broker.publisher import Publisher
from shared.events import PatientRegistered, StoredObject
from shared.storage.s3 import S3

QUEUE = "index.documents"


@pytest.fixture
def ops(
    environment: Callable[[str], dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """Be the operator."""
    told = environment("ops")
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    return told


@pytest.fixture
def event(ops: dict[str, str]) -> PatientRegistered:
    """Tell of one roster of a site that nobody else uses."""
    site = f"j{uuid4().hex[:12]}"
    stored = StoredObject(bucket="archive", key=f"{site}/rosters/a", size=1, sha256="a" * 64)
    made = PatientRegistered(site=site, object=stored, patients=1)
    publisher = Publisher(ops["SCANPASS_AMQP_URL"], "test")
    publisher.publish(made)
    publisher.close()
    return made


def ids(site: str, of_type: str | None = None) -> list[str]:
    return [one.id for one in stream.events("1h", of_type, site)]


def test_what_was_told_is_read(event: PatientRegistered) -> None:
    """By site and by the beginning of its type; reading takes nothing away."""
    assert ids(event.site) == ids(event.site, "patient.") == [str(event.id)]
    assert ids(event.site, "study.") == []


@pytest.fixture
def taken(ops: dict[str, str]) -> Iterator[Callable[[], list[tuple[str, bytes]]]]:
    """Take what is in the queue: routing key and body."""

    def take() -> list[tuple[str, bytes]]:
        found: list[tuple[str, bytes]] = []
        with pika.BlockingConnection(pika.URLParameters(ops["SCANPASS_AMQP_URL"])) as connection:
            channel = connection.channel()
            while True:
                method, properties, body = channel.basic_get(QUEUE, auto_ack=True)
                if method is None:
                    return found
                found.append((str((properties.headers or {}).get("ce-id")), body))

    take()
    yield take
    take()


def test_what_was_told_is_told_again_to_one_queue(
    event: PatientRegistered, taken: Callable[[], list[tuple[str, bytes]]]
) -> None:
    """With the same id and body, and to nobody else: the journal has it once."""
    taken()  # what the event itself has brought there
    stream.replay(QUEUE, since="1h", site=event.site, yes=True, as_json=True)
    ((told, body),) = taken()
    assert told == str(event.id)
    assert PatientRegistered.model_validate_json(body) == event
    assert ids(event.site) == [str(event.id)]


def test_only_a_work_queue_can_be_told_again(event: PatientRegistered) -> None:
    """A dead letter is no place to tell events to."""
    with pytest.raises(Misused):
        stream.replay(f"{QUEUE}.dead", site=event.site, yes=True)


def test_a_day_is_kept_in_the_ledger(event: PatientRegistered, ops: dict[str, str]) -> None:
    """As lines of JSON; kept again it is the same bytes."""
    day = datetime.now(UTC).strftime("%Y-%m-%d")
    names = ("ENDPOINT", "ACCESS_KEY", "SECRET_KEY", "REGION")
    endpoint, access, secret, region = (ops[f"SCANPASS_S3_{name}"] for name in names)
    storage = S3(endpoint, access, secret, region)

    def kept() -> bytes:
        stream.keep(day, as_json=True)
        with storage.open("ledger", f"journal/{day}/patient.jsonl.gz") as file:
            return file.read()

    first = kept()
    lines = map(json.loads, gzip.decompress(first).decode().splitlines())
    (mine,) = [line for line in lines if line["site"] == event.site]
    assert (mine["id"], mine["data"]["patients"]) == (str(event.id), 1)
    assert kept() == first


@pytest.mark.parametrize("said", ["yesterday", "5y", "2026-13-01"])
def test_what_is_no_time_is_refused(said: str) -> None:
    """Instead of reading everything."""
    with pytest.raises(Misused):
        stream.moment(said)


def test_times_are_understood() -> None:
    """An age, a time in ISO 8601, or the beginning."""
    before = datetime.now(UTC)
    found = stream.moment("2h")
    assert found is not None
    assert before <= found + timedelta(hours=2) <= datetime.now(UTC)
    assert stream.moment("2026-11-24T08:00") == datetime(2026, 11, 24, 8, tzinfo=UTC)
    assert stream.moment(None) is None
