"""ingest on the real servers: every byte is kept, and the drop is empty afterwards."""

import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import pytest

from deploy.local import Services
from services.ingest.sweeper import DOWNSTREAM
from shared.broker.publisher import Publisher
from shared.events import (
    Decision,
    InstanceStored,
    ObjectDecided,
    ObjectQuarantined,
    PatientRegistered,
)
from tests.integration.ingest.hospital import Ears, Hospital, ct_slice, new_uid, until

ODD = [
    "a b/c+d/100%.dcm",
    "Müller, Jürgen/Knie links.dcm",
    "日本/🦴.dcm",
    "%41%2F+%20.dcm",
    "x" * 200 + ".dcm",
    "no extension",
    "two//slashes.dcm",
]


@pytest.fixture(scope="module", autouse=True)
def ingest(start: Callable[..., Services]) -> Services:
    """Run ingest with short waits."""
    return start()


def roster(patients: int) -> bytes:
    one = {"resourceType": "Patient", "identifier": [{"value": "4711"}], "name": [{"text": "A B"}]}
    entries = [{"resource": one}] * patients
    return json.dumps({"resourceType": "Bundle", "entry": entries}).encode()


def test_a_study_is_archived_byte_for_byte(hospital: Hospital, ears: Ears) -> None:
    """Each file has its receipt, its event and its place; the drop is empty."""
    study = new_uid()
    dropped = {
        hospital.drop(f"{number}.dcm", ct_slice(study, number)): number for number in range(1, 21)
    }
    hospital.drained()

    assert hospital.archived() == set(dropped)
    events: list[InstanceStored] = ears.hear(hospital.site, InstanceStored, 20)
    assert {event.object.sha256 for event in events} == set(dropped)
    for event in events:
        number = dropped[event.object.sha256]
        place = f"{hospital.site}/{study}/{study}.1/{study}.1.{number}/{event.object.sha256}.dcm"
        assert (event.object.key, event.modality, event.door) == (place, "CT", "bucket")
    receipts = hospital.rows("receipt")
    assert {row["sha256"] for row in receipts} == set(dropped)
    assert {row["received_at"] for row in receipts} == {event.received_at for event in events}


def passed(hospital: Hospital) -> bool:
    received = hospital.rows("receipt")[0]["received_at"]
    return any(row["drained_at"] > received for row in hospital.rows("watermark"))


@pytest.mark.parametrize("name", ODD)
def test_an_odd_key_is_no_obstacle(hospital: Hospital, name: str) -> None:
    """Whatever a hospital calls its files."""
    digest = hospital.drop(name, ct_slice(new_uid(), 1))
    hospital.drained()
    assert hospital.archived() == {digest}


def test_the_marker_of_a_folder_is_no_obstacle(hospital: Hospital) -> None:
    """Some tools put an empty object for a folder: it stays, and nothing waits for it."""
    hospital.drop("folder/", b"")
    digest = hospital.drop("folder/1.dcm", ct_slice(new_uid(), 1))

    until(lambda: hospital.archived() == {digest}, "what lies in the folder does not arrive")
    until(lambda: passed(hospital), "the watermark waits for the folder")


def test_a_site_that_is_held_keeps_its_drops(hospital: Hospital) -> None:
    """Until it is let go: then all of it comes in, and nothing was lost."""
    say = "INSERT INTO sites.brake (brake, pulled, actor) VALUES (%s, %s, 'test')"
    hospital.site += "-held"
    add = "INSERT INTO sites.site (site, title, help_phone) VALUES (%s, 'Held', '1')"
    with hospital.database.transaction() as connection:
        connection.execute(say, (f"site/{hospital.site}", True))
        connection.execute(add, (hospital.site,))
    digest = hospital.drop("held.dcm", ct_slice(new_uid(), 1))
    until(lambda: waiting(hospital) == 1, "what is held is not counted")
    assert hospital.archived() == set()

    with hospital.database.transaction() as connection:
        connection.execute(say, (f"site/{hospital.site}", False))
    hospital.drained()
    assert hospital.archived() == {digest}


def waiting(hospital: Hospital) -> int:
    """Return how much of the site the last listing of the drop found."""
    query = "SELECT pending FROM ingest.watermark WHERE site = %s"
    with hospital.database.transaction() as connection:
        row = connection.execute(query, (hospital.site,)).fetchone()
    return row["pending"] if row else -1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"just text", "not-dicom"),
        (b"{not json", "roster-malformed"),
        (ct_slice("1.2.3", 1)[:-1], "truncated"),
        (b"MZ".ljust(128, b"\0") + ct_slice("1.2.3", 1)[128:], "executable-preamble"),
        (ct_slice("1.2.3", 1).replace(b"1.2.3", b"1.2.x"), "uid-malformed"),
    ],
    ids=["empty", "text", "roster", "cut", "program", "uid"],
)
def test_garbage_is_quarantined_with_its_reason(
    hospital: Hospital, ears: Ears, content: bytes, reason: str
) -> None:
    """The bytes are kept, the reason lies beside them, and the drop goes on."""
    digest = hospital.drop("odd.bin", content)
    hospital.drained()

    (event,) = ears.hear(hospital.site, ObjectQuarantined, 1)
    assert (event.reason, event.object.sha256) == (reason, digest)
    assert hospital.bytes_of("quarantine", event.object.key) == content
    beside = json.loads(
        hospital.bytes_of("quarantine", event.object.key.removesuffix(".bin") + ".json")
    )
    assert (beside["reason"], beside["drop_key"]) == (reason, f"{hospital.site}/odd.bin")
    (row,) = hospital.rows("quarantine")
    assert (row["reason"], row["key"]) == (reason, event.object.key)
    assert hospital.archived() == set()


def test_the_same_content_twice_is_one_object_with_two_receipts(hospital: Hospital) -> None:
    """Two drops of one file are one file, dropped twice."""
    content = ct_slice(new_uid(), 1)
    digest = hospital.drop("one.dcm", content)
    hospital.drop("two.dcm", content)
    hospital.drained()

    assert hospital.archived() == {digest}
    assert len(hospital.keys("archive")) == 1
    assert [row["sha256"] for row in hospital.rows("receipt")] == [digest, digest]


def test_a_roster_is_archived_and_told(hospital: Hospital, ears: Ears) -> None:
    """Names stay in the object; the event says how many there are."""
    digest = hospital.drop("patients.json", roster(3))
    hospital.drained()

    (event,) = ears.hear(hospital.site, PatientRegistered, 1)
    assert (event.patients, event.object.sha256) == (3, digest)
    assert event.object.key == f"{hospital.site}/rosters/{digest}"
    assert hospital.bytes_of("archive", event.object.key) == roster(3)


def test_a_site_that_is_not_known_waits_in_the_drop(hospital: Hospital) -> None:
    """Nothing of it is lost or moved; `?` counts it, and it is swept once the site is added."""
    site = f"{hospital.site}-new"
    hospital.s3.put_object(Bucket="drop", Key=f"{site}/1.dcm", Body=ct_slice(new_uid(), 1))
    mark = "SELECT pending FROM ingest.watermark WHERE site = '?'"

    def counted() -> bool:
        with hospital.database.transaction() as connection:
            return any(row["pending"] >= 1 for row in connection.execute(mark).fetchall())

    until(counted, "unknown sites are not counted")
    assert hospital.s3.list_object_versions(Bucket="drop", Prefix=f"{site}/")["Versions"]
    with hospital.database.transaction() as connection:
        connection.execute(
            "INSERT INTO sites.site (site, title, help_phone) VALUES (%s, 'New', '1')", (site,)
        )
    hospital.site = site
    hospital.drained()
    assert len(hospital.archived()) == 1


def test_a_site_is_drained_up_to_the_last_listing(hospital: Hospital) -> None:
    """The watermark passes what was dropped once it has its receipt."""
    hospital.drop("1.dcm", ct_slice(new_uid(), 1))
    hospital.drained()

    until(lambda: passed(hospital), "the watermark stands still")
    assert hospital.rows("watermark")[0]["pending"] == 0


def test_backfill_goes_its_own_lane(hospital: Hospital, ears: Ears) -> None:
    """And arrives all the same, once what follows is short (nobody works on it here)."""
    for queue in DOWNSTREAM:
        ears.channel.queue_purge(queue)
    digest = hospital.drop("backfill/2012/1.dcm", ct_slice(new_uid(), 1))
    hospital.drained()
    (event,) = ears.hear(hospital.site, InstanceStored, 1)
    assert (event.lane, event.object.sha256) == ("backfill", digest)


@pytest.fixture
def desk(environment: Callable[[str], dict[str, str]]) -> Iterator[Publisher]:
    one = Publisher(environment("ops")["SCANPASS_AMQP_URL"], "test desk")
    yield one
    one.close()


def decide(hospital: Hospital, desk: Publisher, decision: Decision) -> dict[str, Any]:
    """Decide about the one quarantined object, twice, and return its row once it is settled."""
    (row,) = hospital.rows("quarantine")
    event = ObjectDecided(
        site=hospital.site,
        sha256=row["sha256"],
        drop_digest=row["drop_digest"],
        decision=decision,
        actor="desk",
    )
    for _ in range(2):
        desk.publish(event)
    settled: dict[str, Any] = until(
        lambda: next((row for row in hospital.rows("quarantine") if row["outcome"]), None),
        "nothing is decided",
    )
    return settled


def test_a_truncated_instance_can_be_released(
    hospital: Hospital, ears: Ears, desk: Publisher
) -> None:
    """A person lets it in as it is: archived byte for byte, told with a warning, twice the same."""
    content = ct_slice(new_uid(), 1)[:-1]
    digest = hospital.drop("cut.dcm", content)
    hospital.drained()

    row = decide(hospital, desk, Decision.RELEASE)

    first, second = ears.hear(hospital.site, InstanceStored, 2)
    assert first == second
    assert "released-by-desk" in first.warnings
    assert (row["outcome"], row["actor"]) == ("released", "desk")
    assert hospital.archived() == {digest}
    assert sorted(each["kind"] for each in hospital.rows("receipt")) == ["instance", "quarantined"]


@pytest.mark.parametrize(
    ("content", "decision", "outcome"),
    [
        (ct_slice("1.2.3", 1)[:-1], Decision.REJECT, "rejected"),
        (b"no dicom", Decision.RELEASE, "not-releasable"),
    ],
)
def test_what_stays_out_is_recorded(
    hospital: Hospital, desk: Publisher, content: bytes, decision: Decision, outcome: str
) -> None:
    """Rejected, or not fit to be released: the bytes stay in quarantine."""
    hospital.drop("odd", content)
    hospital.drained()

    assert decide(hospital, desk, decision)["outcome"] == outcome
    assert hospital.archived() == set()
    assert len(hospital.keys("quarantine")) == 2


def test_a_crash_loses_nothing(hospital: Hospital, ingest: Services, ears: Ears) -> None:
    """Killed at odd moments while it works, ingest finishes what it had begun."""
    study = new_uid()
    digests = set()
    for number in range(300):
        digests.add(hospital.drop(f"{number}.dcm", ct_slice(study, number)))
        if number % 100 == 60:
            ingest.kill("ingest")
    hospital.drained(120)

    assert hospital.archived() == digests
    assert {row["sha256"] for row in hospital.rows("receipt")} == digests
    assert len(hospital.rows("receipt")) == 300
    events = ears.hear(hospital.site, InstanceStored, 300)
    assert {event.object.sha256 for event in events} == digests


def test_no_key_is_in_the_log(hospital: Hospital, ingest: Services) -> None:
    """Hospitals put names into keys."""
    name = f"Zwiebelfisch-{new_uid()}"
    hospital.drop(f"{name}.dcm", ct_slice(new_uid(), 1))
    hospital.drop(f"{name}.txt", b"garbage")
    hospital.drained()

    digest = sha256(b"garbage").hexdigest()
    # The drop lets go first, and then it is said.
    until(lambda: digest in ingest.log("ingest").read_text(), "the quarantine is not logged")
    log = ingest.log("ingest").read_text()
    assert "object_quarantined" in log
    assert name not in log
    assert quote(name) not in log
