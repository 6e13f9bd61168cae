"""What hospitals really drop: it is archived or quarantined for a reason, and blocks nobody."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any

import pytest

from deploy.local import Servers
from deploy.local.demo.stage import Stage, stage
from shared.storage.s3 import S3
from tests.e2e.odd import ODD, ct

LONGEST = 90.0  # seconds
TIMES = 1000  # one key, as many contents


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    root = tmp_path_factory.mktemp("odd") / "local"
    try:
        with stage(root) as standing:
            yield standing
    finally:
        Servers(root).remove()


@pytest.fixture(scope="module")
def hospital(running: Stage) -> S3:
    return store(running, "hospital")


def store(running: Stage, role: str) -> S3:
    told = running.servers.environment(role)
    names = ("ENDPOINT", "ACCESS_KEY", "SECRET_KEY", "REGION")
    endpoint, access, secret, region = (told[f"SCANPASS_S3_{name}"] for name in names)
    return S3(endpoint, access, secret, region)


def arrived(running: Stage) -> None:
    """Wait until nothing is on its way."""
    deadline = time.monotonic() + LONGEST
    while not (counts := running.look()).done():
        assert time.monotonic() < deadline, counts
        time.sleep(0.2)


def rows(running: Stage, query: str) -> list[dict[str, Any]]:
    with running.database.transaction() as connection:
        return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def outcomes(running: Stage, hospital: S3) -> dict[str, str]:
    """Return what became of each odd file, by its name."""
    for name, (content, _) in ODD.items():
        hospital.put("drop", f"north/{name}", content)
        if name == "first patient.dcm":
            arrived(running)  # who comes first is known
    arrived(running)
    query = """SELECT receipt.drop_digest, coalesce(reason, kind) AS outcome FROM ingest.receipt
        LEFT JOIN ingest.quarantine USING (site, sha256, drop_digest)"""
    names = {sha256(f"north/{name}".encode()).hexdigest(): name for name in ODD}
    return {names[row["drop_digest"]]: row["outcome"] for row in rows(running, query)}


@pytest.mark.parametrize("name", ODD)
def test_each_is_archived_or_quarantined_for_a_reason(outcomes: dict[str, str], name: str) -> None:
    """Nothing stays in the drop, and the reason says what is wrong with the file."""
    assert outcomes.get(name) == ODD[name][1]


def test_an_archived_original_is_as_it_was_dropped(
    running: Stage, outcomes: dict[str, str]
) -> None:
    """Whatever its key was, the bytes are the same."""
    digests = {row["sha256"] for row in rows(running, "SELECT sha256 FROM catalogue.content")}
    for name, outcome in outcomes.items():
        if outcome == "instance":
            assert sha256(ODD[name][0]).hexdigest() in digests


def test_two_patients_in_one_study_are_kept_apart(running: Stage, outcomes: dict[str, str]) -> None:
    """The first keeps the study; the other's picture waits for a human and is never shown."""
    assert outcomes
    query = """SELECT content.standing, content.conflict, record.patient_id
        FROM catalogue.content JOIN catalogue.record USING (record)
        WHERE study_uid = '1.2.13' ORDER BY patient_id"""
    assert [tuple(row.values()) for row in rows(running, query)] == [
        ("presented", None, "A"),
        ("conflicting", "other-patient", "B"),
    ]


def test_status_shows_it(running: Stage, outcomes: dict[str, str]) -> None:
    """Quarantine, conflicts, whom nobody knows, and that nothing waits in the drop."""
    status = running.scanpass.asked("status")
    reasons = [reason for reason in outcomes.values() if reason != "instance"]
    assert status["quarantine_undecided"] == len(reasons)
    assert status["conflicts"] == 1
    assert status["studies_unassigned"] == 1
    assert status["dead_letters"] == {}
    assert {each["site"]: each["pending"] for each in status["drop"]}["north"] == 0
    listed = running.scanpass.asked("quarantine", "list")["quarantine"]
    assert sorted(each["reason"] for each in listed) == sorted(reasons)


def test_an_unknown_site_waits_and_is_shown(running: Stage, hospital: S3) -> None:
    """What lies under no site of ours is not lost: it is taken in once the site is known."""
    hospital.put("drop", "nobody/a.dcm", ct(30_000, study="1.2.30"))
    deadline = time.monotonic() + LONGEST
    while not any(not each["known"] and each["pending"] for each in waiting(running)):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    running.scanpass("site", "add", "nobody", "--title=N", "--help-phone=1", "--quiet=1")
    while not rows(running, "SELECT 1 FROM catalogue.content WHERE site = 'nobody'"):
        assert time.monotonic() < deadline
        time.sleep(0.2)


def waiting(running: Stage) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = running.scanpass.asked("status")["drop"]
    return found


def test_one_key_a_thousand_times(running: Stage, hospital: S3) -> None:
    """A name that is used again while ingest runs loses nothing: all contents are archived."""
    contents = [ct(40_000 + number, study="1.2.40") for number in range(TIMES)]
    with ThreadPoolExecutor(4) as senders:
        list(senders.map(lambda content: hospital.put("drop", "north/same.dcm", content), contents))
    arrived(running)
    found = rows(running, "SELECT sha256 FROM catalogue.content WHERE study_uid = '1.2.40'")
    assert {row["sha256"] for row in found} == {sha256(each).hexdigest() for each in contents}
    kept = rows(running, "SELECT key FROM ingest.receipt WHERE study_uid = '1.2.40'")
    assert len(kept) == TIMES
    archived = {each.key for each in store(running, "owner").list("archive")}
    assert {row["key"] for row in kept} <= archived
