"""services.index.due on the real servers: when a study is told, and what is written before."""

import gzip
import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest

from services.index import due
from shared.errors import EdgeDown
from shared.events import InstanceStored, StudyAvailable
from shared.storage import Storage
from tests.integration.index.conftest import Hospital, new_uid


def arrived(hospital: Hospital, study: str, numbers: Iterable[int]) -> list[InstanceStored]:
    stored = [hospital.stored(study, number) for number in numbers]
    settled = [hospital.transcoded(event, str(number)) for number, event in enumerate(stored)]
    hospital.take([*stored, *settled])
    return stored


def receipt(
    hospital: Hospital, study: str, sop_uid: str, lane: str = "live", digest: str = "0" * 64
) -> None:
    hospital.run(
        """INSERT INTO ingest.receipt (site, drop_digest, drop_version, kind, sha256, crc32, size,
            bucket, key, study_uid, sop_uid, door, lane, dropped_at, event_type, event, reference)
        VALUES (%s, encode(sha256(%s), 'hex'), %s, 'instance', %s, 0, 0, 'archive', 'k', %s,
            %s, 'bucket', %s, now(), 'instance.stored.v1', '{}', '000-000')""",
        hospital.site,
        sop_uid.encode(),
        lane,
        digest,
        study,
        sop_uid,
        lane,
    )


def ask_now(hospital: Hospital) -> None:
    hospital.run(
        "UPDATE catalogue.study SET due_at = clock_timestamp()"
        " WHERE site = %s AND due_at IS NOT NULL",
        hospital.site,
    )
    hospital.scan()


def test_a_quiet_study_is_available_and_released_once(hospital: Hospital) -> None:
    """One event each, with the counts of the row."""
    study = new_uid()
    arrived(hospital, study, range(1, 4))
    hospital.drain()

    hospital.scan()
    hospital.scan()

    (available,) = hospital.told("study.available")
    event = StudyAvailable.model_validate(available)
    row = hospital.study(study)
    assert (event.revision, event.series, event.instances, event.failed) == (1, 1, 3, 0)
    assert (event.because, event.completeness) == ("quiet", "complete")
    (released,) = hospital.told("study.released")
    assert released["record"] == str(row["record"])
    assert (row["state"], row["due_at"]) == ("available", None)
    (record,) = hospital.rows("record")
    assert (record["name"], record["display_name"]) == ("Müller^Zoë", "Zoë Müller")


def test_the_metadata_object_holds_the_presented_headers(hospital: Hospital) -> None:
    """In the order of the instance numbers, equal to what the rows hold, the same each time."""
    study = new_uid()
    arrived(hospital, study, (3, 1, 2))
    hospital.drain()
    hospital.scan()

    (series,) = hospital.rows("series")
    body = hospital.storage.read("derived", series["metadata_key"], 0, 1 << 20)
    told = json.loads(gzip.decompress(body))
    assert [instance["00200013"]["Value"] for instance in told] == [[1], [2], [3]]
    assert told[0]["00100010"]["Value"] == [{"Alphabetic": "Müller^Zoë"}]
    assert "7FE00010" not in told[0]


@pytest.mark.parametrize(
    ("lanes", "told"),
    [
        (("backfill", "backfill"), "backfill"),
        (("backfill", "live"), "live"),
        (("live", "live"), "live"),
    ],
)
def test_a_study_is_backfill_where_all_of_it_is(
    hospital: Hospital, lanes: tuple[str, str], told: str
) -> None:
    """Two instances, each dropped in a lane of its own."""
    study = new_uid()
    for event, lane in zip(arrived(hospital, study, (1, 2)), lanes, strict=True):
        receipt(hospital, study, event.sop_uid, lane, event.object.sha256)
    hospital.drain()
    hospital.scan()
    assert [each["lane"] for each in hospital.told("study.released")] == [told]


def test_sites_take_turns(hospital: Hospital) -> None:
    """A study is not asked behind all that another site has due."""
    other = replace(hospital, site=f"{hospital.site}x")
    hospital.run(
        "INSERT INTO sites.site (site, title, help_phone, quiet_seconds)"
        " VALUES (%s, 'Test', '+15550100', 0)",
        other.site,
    )
    many = [new_uid() for _ in range(5)]
    for study in many:
        arrived(hospital, study, (1,))
    last = new_uid()
    arrived(other, last, (1,))
    for one in (hospital, other):
        one.drain()

    mine = []
    while not other.told("study.available"):
        assert due.scan(hospital.index, hospital.storage)
        mine = hospital.told("study.available")
    assert len(mine) <= 1


def test_the_same_bytes_dropped_live_make_a_study_live(hospital: Hospital) -> None:
    """An old archive may hold what is of today; whoever waits for it is told at once."""
    study = new_uid()
    (event,) = arrived(hospital, study, (1,))
    for lane in ("backfill", "live"):
        receipt(hospital, study, event.sop_uid, lane, event.object.sha256)
    hospital.drain()
    hospital.scan()
    assert [each["lane"] for each in hospital.told("study.released")] == ["live"]


def test_a_late_arrival_raises_the_revision(hospital: Hospital) -> None:
    """It is told as an update, and nobody is written to again."""
    study = new_uid()
    hospital.drain()
    arrived(hospital, study, (1,))
    hospital.scan()
    arrived(hospital, study, (2,))
    hospital.scan()

    (updated,) = hospital.told("study.updated")
    assert (updated["revision"], updated["instances"]) == (2, 2)
    assert len(hospital.told("study.available")) == len(hospital.told("study.released")) == 1


def test_a_redelivery_is_no_late_arrival(hospital: Hospital) -> None:
    """What was there already makes nothing due."""
    study = new_uid()
    hospital.drain()
    hospital.take(arrived(hospital, study, (1,)))
    hospital.scan()
    hospital.take([hospital.stored(study, 1)])

    assert hospital.study(study)["due_at"] is None
    assert hospital.told("study.updated") == []


def test_nothing_is_complete_while_a_receipt_is_not_filed(hospital: Hospital) -> None:
    """What is on its way is waited for, and asked about again."""
    study = new_uid()
    receipt(hospital, study, f"{study}.1.2")
    arrived(hospital, study, (1,))
    hospital.drain()

    hospital.scan()

    row = hospital.study(study)
    assert row["state"] == "arriving"
    assert row["due_at"] is not None
    assert hospital.told("study.available") == []


def test_nothing_is_complete_while_one_is_not_settled(hospital: Hospital) -> None:
    """A copy in the making is waited for."""
    study = new_uid()
    stored = hospital.stored(study, 1)
    hospital.take([stored])
    hospital.drain()
    hospital.scan()
    before = hospital.study(study)["state"]

    hospital.take([hospital.transcoded(stored)])
    hospital.scan()

    assert (before, hospital.study(study)["state"]) == ("arriving", "available")


def test_nothing_is_complete_before_the_drop_was_looked_through(hospital: Hospital) -> None:
    """An object may lie there that nobody has told of."""
    study = new_uid()
    arrived(hospital, study, (1,))
    hospital.drain(timedelta(hours=-1))
    hospital.scan()
    before = hospital.study(study)["state"]

    hospital.drain()
    ask_now(hospital)

    assert (before, hospital.study(study)["state"]) == ("arriving", "available")


def test_at_the_limit_a_study_is_partial(hospital: Hospital) -> None:
    """What is still missing is said, not waited for without end."""
    study = new_uid()
    arrived(hospital, study, (1,))
    hospital.run("UPDATE sites.site SET limit_seconds = 0 WHERE site = %s", hospital.site)

    hospital.scan()

    (available,) = hospital.told("study.available")
    assert (available["because"], available["completeness"]) == ("limit", "partial")


def test_an_unassigned_study_is_available_and_not_released(hospital: Hospital) -> None:
    """There is nobody to release it to."""
    study = new_uid()
    stored = hospital.stored(study, 1, patient_id=None)
    hospital.take([stored, hospital.transcoded(stored)])
    hospital.drain()

    hospital.scan()

    (available,) = hospital.told("study.available")
    assert available["record"] is None
    assert hospital.told("study.released") == []


def test_a_study_with_nothing_to_show_is_not_told(hospital: Hospital) -> None:
    """All of it is another study's."""
    study, other = new_uid(), new_uid()
    hospital.drain()
    arrived(hospital, study, (1,))
    twin = hospital.stored(other, 5, second=9, SOPInstanceUID=f"{study}.1.1")
    hospital.take([twin, hospital.transcoded(twin)])

    hospital.scan()

    assert [event["study_uid"] for event in hospital.told("study.available")] == [study]
    assert hospital.study(other)["due_at"] is None


def scan_all(hospital: Hospital, store: "Interrupted | Down") -> None:
    while due.scan(hospital.index, store):  # type: ignore[arg-type]  # only `put` is used
        pass


class Interrupted:
    """A store that lets something happen while the metadata is written."""

    def __init__(self, storage: Storage, hospital: Hospital, study: str) -> None:
        """Let one more instance of `study` arrive at the first write."""
        self.storage, self.hospital, self.study = storage, hospital, study
        self.arrived = False

    def put(self, bucket: str, key: str, body: bytes | BytesIO, content_type: str) -> object:
        """Write, while another arrives."""
        if not self.arrived:
            self.arrived = True
            arrived(self.hospital, self.study, (2,))
        return self.storage.put(bucket, key, body, content_type)


def test_what_comes_while_the_metadata_is_written_is_not_overlooked(hospital: Hospital) -> None:
    """The study is told only with everything in it, and its metadata holds all of it."""
    study = new_uid()
    hospital.drain()
    arrived(hospital, study, (1,))
    store = Interrupted(hospital.storage, hospital, study)

    scan_all(hospital, store)

    (available,) = hospital.told("study.available")
    assert (available["revision"], available["instances"]) == (1, 2)
    (series,) = hospital.rows("series")
    body = gzip.decompress(hospital.storage.read("derived", series["metadata_key"], 0, 1 << 20))
    assert len(json.loads(body)) == 2


def test_many_scans_at_once_tell_once(hospital: Hospital) -> None:
    """Replicas need no leader."""
    hospital.drain()
    studies = [new_uid() for _ in range(6)]
    for study in studies:
        arrived(hospital, study, (1, 2))

    with ThreadPoolExecutor(4) as replicas:
        list(replicas.map(lambda _: hospital.scan(), range(4)))
    hospital.scan()

    told = [event["study_uid"] for event in hospital.told("study.available")]
    assert sorted(told) == sorted(studies)


class Down:
    """A store that does not answer."""

    def put(self, *_: object, **__: object) -> None:
        """Do not answer."""
        edge = "s3"
        raise EdgeDown(edge)


def test_a_store_that_is_down_leaves_the_study_due(hospital: Hospital) -> None:
    """Nothing is told that cannot be read."""
    study = new_uid()
    hospital.drain()
    arrived(hospital, study, (1,))
    with pytest.raises(EdgeDown):
        scan_all(hospital, Down())

    assert hospital.study(study)["due_at"] is not None
    assert hospital.told("study.available") == []


def test_one_bad_study_does_not_hold_up_the_others(hospital: Hospital) -> None:
    """What nobody understands is asked again later, and the next one is told."""
    bad, good = new_uid(), new_uid()
    hospital.drain()
    arrived(hospital, bad, (1,))
    hospital.run("UPDATE catalogue.content SET header = 'x' WHERE site = %s", hospital.site)
    arrived(hospital, good, (1,))

    hospital.scan()

    assert [event["study_uid"] for event in hospital.told("study.available")] == [good]
    assert hospital.study(bad)["due_at"] is not None


def test_a_stranger_s_twin_is_no_news_of_the_study_it_is_like(hospital: Hospital) -> None:
    """A content that is kept aside in another study changes nothing in this one."""
    study, other = new_uid(), new_uid()
    hospital.drain()
    arrived(hospital, study, (1,))
    hospital.scan()
    hospital.take([hospital.stored(other, 5, second=9, SOPInstanceUID=f"{study}.1.1")])

    assert hospital.study(study)["due_at"] is None
    assert hospital.study(other)["conflict_count"] == 1
