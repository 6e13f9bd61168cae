"""transcode as a process, on a real broker and a real object store."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import imagecodecs
import numpy as np
import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import generate_frames
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from deploy.local import Servers, Services
from services.transcode.handler import handle
from services.transcode.settings import Proof
from services.transcode.work import CorruptOriginal, Task, set_up, work
from shared.broker.publisher import Publisher
from shared.children import Children
from shared.errors import EdgeDown
from shared.events import InstanceStored, InstanceTranscoded, Lane, Outcome, StoredObject
from shared.storage.s3 import S3

Environment = Callable[[str], dict[str, str]]
DEADLINE = 30.0  # seconds
PICTURE = np.random.default_rng(7).integers(0, 4096, (64, 64), np.uint16)


@pytest.fixture(scope="module")
def service(servers: Servers) -> Iterator[Services]:
    """Run transcode, and nothing else."""
    with Services(servers, names=("transcode",)) as services:
        yield services


@pytest.fixture(scope="module")
def archive(environment: Environment) -> S3:
    """Return the object store as ingest may use it."""
    return store(environment("ingest"))


@pytest.fixture(scope="module")
def derived(environment: Environment) -> S3:
    """Return the object store as index may use it."""
    return store(environment("index"))


def store(variables: dict[str, str]) -> S3:
    return S3(*place(variables))


def place(variables: dict[str, str]) -> tuple[str, str, str, str]:
    endpoint, access, secret, region = (
        variables[f"SCANPASS_S3_{name}"]
        for name in ("ENDPOINT", "ACCESS_KEY", "SECRET_KEY", "REGION")
    )
    return endpoint, access, secret, region


@pytest.fixture
def publisher(environment: Environment) -> Iterator[Publisher]:
    """Return a publisher with ingest's rights."""
    made = Publisher(environment("ingest")["SCANPASS_AMQP_URL"], "test")
    yield made
    made.close()


@pytest.fixture
def heard(environment: Environment) -> Iterator[BlockingChannel]:
    """Return a channel with the queue `heard`: what transcode says from now on."""
    url = environment("ops")["SCANPASS_AMQP_URL"]
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        channel = connection.channel()
        channel.queue_declare("heard", exclusive=True)
        channel.queue_bind("heard", "scanpass.events", "instance.transcoded.*")
        yield channel


def said(heard: BlockingChannel, event: InstanceStored) -> InstanceTranscoded:
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        _, _, body = heard.basic_get("heard", auto_ack=True)
        if body is None:
            heard.connection.process_data_events(0.05)
            continue
        told = InstanceTranscoded.model_validate_json(body)
        if told.sop_uid == event.sop_uid:
            return told
    pytest.fail("transcode says nothing")


def archived(archive: S3, content: bytes | None = None) -> InstanceStored:
    uid = f"2.25.{uuid4().int}"
    return told_of(uid, archive.put("archive", f"north/{uid}.dcm", content or ct_slice(uid)))


def told_of(uid: str, original: StoredObject) -> InstanceStored:
    return InstanceStored(
        site="north",
        study_uid="1.2",
        series_uid=uid,
        sop_uid=uid,
        sop_class_uid=CTImageStorage,
        modality="CT",
        transfer_syntax_uid=ExplicitVRLittleEndian,
        object=original,
        door="bucket",
        received_at=datetime(2026, 1, 1, tzinfo=UTC),
        lane=Lane.LIVE,
    )


def ct_slice(uid: str) -> bytes:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID, dataset.SOPInstanceUID = CTImageStorage, uid
    dataset.Rows, dataset.Columns = PICTURE.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.PixelRepresentation = 0
    dataset.PixelData = PICTURE.tobytes()
    out = BytesIO()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()


@pytest.mark.usefixtures("service")
def test_an_event_makes_a_copy_and_a_picture(
    archive: S3, derived: S3, publisher: Publisher, heard: BlockingChannel
) -> None:
    """What is told can be fetched, has the promised digest, and shows the same pixels."""
    event = archived(archive)
    publisher.publish(event)
    told = said(heard, event)

    with derived.open(told.object.bucket, told.object.key) as copy:
        content = copy.read()
    (frame,) = generate_frames(dcmread(BytesIO(content)).PixelData, number_of_frames=1)
    with derived.open("derived", f"v1/north/1.2/{event.series_uid}/thumbnail.jpg") as picture:
        thumbnail = imagecodecs.jpeg8_decode(picture.read())
    assert told.outcome is Outcome.TRANSCODED
    assert sha256(content).hexdigest() == told.object.sha256
    assert np.array_equal(imagecodecs.jpeg2k_decode(frame), PICTURE)
    assert thumbnail.shape == PICTURE.shape


def test_children_that_are_killed_cost_nothing(
    service: Services, archive: S3, publisher: Publisher, heard: BlockingChannel
) -> None:
    """The instance in hand goes to a new child; the service stays, and says all of it."""
    pid = service.pid("transcode")
    killed: list[int] = []
    events = [archived(archive) for _ in range(20)]
    for number, event in enumerate(events):
        publisher.publish(event)
        if number == 10:
            killed = children_of(pid)
            for child in killed:
                os.kill(child, signal.SIGKILL)

    outcomes = {said_of.sop_uid: said_of.outcome for said_of in all_said(heard, events)}
    assert outcomes == {event.sop_uid: Outcome.TRANSCODED for event in events}
    assert killed
    assert service.pid("transcode") == pid


def all_said(heard: BlockingChannel, events: list[InstanceStored]) -> list[InstanceTranscoded]:
    deadline = time.monotonic() + DEADLINE
    waiting, found = {event.sop_uid for event in events}, []
    while waiting and time.monotonic() < deadline:
        _, _, body = heard.basic_get("heard", auto_ack=True)
        if body is None:
            heard.connection.process_data_events(0.05)
            continue
        found.append(InstanceTranscoded.model_validate_json(body))
        waiting.discard(found[-1].sop_uid)
    return found


def children_of(pid: int) -> list[int]:
    """Return the children that work: those of the process they are forked from, not itself."""
    above = {
        int(each.name): parent(each) for each in Path("/proc").iterdir() if each.name.isdigit()
    }
    return [child for child, over in above.items() if above.get(over) == pid]


def parent(process: Path) -> int:
    try:
        return int(process.joinpath("stat").read_text().rpartition(") ")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0


@pytest.mark.usefixtures("service")
def test_a_corrupt_original_is_never_served(
    archive: S3, derived: S3, publisher: Publisher, heard: BlockingChannel
) -> None:
    """Bytes that are not the promised ones make no copy and no event; the message waits."""
    honest = archived(archive)
    lie = honest.object.model_copy(update={"sha256": "0" * 64})
    event = honest.model_copy(update={"object": lie})
    publisher.publish(event)

    deadline = time.monotonic() + DEADLINE
    while waiting(heard) == 0 and time.monotonic() < deadline:
        heard.connection.process_data_events(0.05)
    assert waiting(heard) > 0
    assert (
        derived.look("derived", f"v1/north/1.2/{event.sop_uid}/{event.sop_uid}/{'0' * 64}.dcm")
        is None
    )
    _, _, body = heard.basic_get("heard", auto_ack=True)
    assert body is None


def waiting(channel: BlockingChannel) -> int:
    return int(channel.queue_declare("wait.10s", passive=True).method.message_count)


@pytest.fixture
def children(environment: Environment) -> Iterator[Children]:
    """Return one real child with transcode's own identity."""
    made = Children(
        1, service="transcode", initializer=set_up, initargs=place(environment("transcode"))
    )
    yield made
    made.close()


def task_of(event: InstanceStored) -> Task:
    return Task(event.object, "v1/test/copy.dcm", "v1/test/thumbnail.jpg", second_judge=True)


@pytest.mark.parametrize(
    ("code", "deadly"),
    [
        ("child-killed", lambda children, _: children.run(os._exit, 9)),
        ("child-out-of-memory", lambda children, _: children.run(bytes, 1 << 40)),
        ("child-timeout", lambda children, _: children.run(time.sleep, 60, timeout=0.5)),
    ],
)
def test_an_instance_that_kills_its_child_has_failed(
    children: Children, archive: S3, code: str, deadly: Callable[[Children, Task], None]
) -> None:
    """Its death is a reason code, and the next instance finds a child again."""
    event = archived(archive)
    (failed,) = handle(event, lambda task: deadly(children, task), Proof.ALL)  # type: ignore[arg-type, return-value]  # it never returns
    (made,) = handle(event, lambda task: children.run(work, task), Proof.ALL)

    assert isinstance(failed, InstanceTranscoded)
    assert isinstance(made, InstanceTranscoded)
    assert (failed.outcome, failed.reason) == (Outcome.FAILED, code)
    assert made.outcome is Outcome.TRANSCODED


def test_what_a_child_raises_comes_through_by_type(children: Children, archive: S3) -> None:
    """The consumer tells a corrupt archive from a missing object."""
    event = archived(archive)
    corrupt = task_of(
        event.model_copy(update={"object": event.object.model_copy(update={"sha256": "0" * 64})})
    )
    missing = task_of(
        event.model_copy(
            update={"object": event.object.model_copy(update={"key": "north/nowhere"})}
        )
    )

    with pytest.raises(CorruptOriginal):
        children.run(work, corrupt)
    with pytest.raises(FileNotFoundError):
        children.run(work, missing)


def test_a_store_that_does_not_answer_is_an_edge_that_is_down(archive: S3) -> None:
    """It comes through from the child as what it is, so that the consumer pauses."""
    nobody = ("http://127.0.0.1:9", "key", "secret", "us-east-1")
    children = Children(1, service="transcode", initializer=set_up, initargs=nobody)
    try:
        with pytest.raises(EdgeDown):
            children.run(work, task_of(archived(archive)))
    finally:
        children.close()
