"""scanpass rebuild catalogue: with all services running, the same rows and no letter again."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.filebase import DicomBytesIO

from deploy.local import Services
from services.ops.comparing import TABLES
from shared.db import Database, Row
from tests.integration.ingest.hospital import Hospital, ct_slice, new_uid, until
from tests.integration.ops.conftest import Done, Scanpass

SECONDS = 60.0


@pytest.fixture
def hospital(
    site: str, environment: Callable[[str], dict[str, str]], database: Database
) -> Hospital:
    return Hospital(site, environment("owner"), database)


@pytest.fixture
def rebuild(
    scanpass: Scanpass, site: str, environment: Callable[[str], dict[str, str]]
) -> Callable[..., Done]:
    """Run `scanpass rebuild catalogue` for one site, as the owner."""
    owner = {"SCANPASS_DATABASE_URL": environment("owner")["SCANPASS_DATABASE_URL"]}
    words = ("rebuild", "catalogue", "--site", site, "--json")
    return lambda *more, variables=owner: scanpass(*words, *more, variables=variables)


def changed(content: bytes, **values: str | None) -> bytes:
    """Return a file with other values; None takes an attribute away."""
    dataset = dcmread(DicomBytesIO(content))
    for keyword, value in values.items():
        if value is None:
            delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, value)
    out = DicomBytesIO()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()


def roster(patient_id: str) -> bytes:
    patient = {
        "resourceType": "Patient",
        "identifier": [{"value": patient_id}],
        "name": [{"text": "Synthetic Case"}],
        "telecom": [{"system": "email", "value": "case@example.org"}],
    }
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": patient}]}
    return json.dumps(bundle).encode()


def rows(hospital: Hospital, query: str) -> list[Row]:
    with hospital.database.transaction() as connection:
        return connection.execute(query.encode(), {"site": hospital.site}).fetchall()


def studies(hospital: Hospital) -> list[Row]:
    """Return what people were given: references, revisions, times."""
    return rows(
        hospital,
        "SELECT study_uid, reference, record, revision, released_at, available_at, state"
        " FROM catalogue.study WHERE site = %(site)s ORDER BY study_uid",
    )


def letters(hospital: Hospital) -> list[Row]:
    """Return the letters; of one that is on its way the time moves with each try."""
    return rows(
        hospital,
        "SELECT delivery, record, event_id, created_at, digested,"
        " CASE WHEN digested <> '{}' THEN due_at END AS due_at"
        " FROM notify.delivery, LATERAL (SELECT ARRAY(SELECT study_uid FROM notify.digested AS d"
        " WHERE d.delivery = delivery.delivery) AS digested) AS of_old"
        " WHERE site = %(site)s ORDER BY delivery",
    )


def told(hospital: Hospital) -> int:
    (row,) = rows(
        hospital,
        "SELECT count(*) AS told FROM catalogue.outbox"
        " WHERE body->>'site' = %(site)s AND type LIKE 'study.%%'",
    )
    return int(row["told"])


def wait_for(hospital: Hospital, revisions: dict[str, int]) -> None:
    """Wait until each study was told in its revision, with its letter where it has a patient."""

    def there() -> bool:
        found = {row["study_uid"]: row for row in studies(hospital)}
        released = sum(row["released_at"] is not None for row in found.values())
        return (
            all(uid in found and found[uid]["revision"] >= n for uid, n in revisions.items())
            and len(letters(hospital)) == released
        )

    until(there, "the studies are not told", SECONDS)


def drop_a_mixture(hospital: Hospital) -> None:
    """Drop a study and its roster, then a new header, other pixels and a stranger, and more.

    And one of an old archive, which a digest tells.
    """
    study, nobody, old = new_uid(), new_uid(), new_uid()
    hospital.drop("roster.json", roster("4711"))
    for number in range(3):
        hospital.drop(f"{number}.dcm", ct_slice(study, number))
    hospital.drop("cut.dcm", ct_slice(study, 9)[:-20])
    hospital.drop("nobody.dcm", changed(ct_slice(nobody, 1), PatientID=None))
    hospital.drop("backfill/old.dcm", ct_slice(old, 1))
    wait_for(hospital, {study: 1, nobody: 1, old: 1})
    hospital.drop("header.dcm", changed(ct_slice(study, 1), StudyDescription="Revised"))
    hospital.drop("pixels.dcm", ct_slice(study, 2, filler=b"other"))
    hospital.drop("stranger.dcm", changed(ct_slice(study, 5), PatientID="1147"))
    hospital.drop("named.dcm", ct_slice(nobody, 2))
    wait_for(hospital, {study: 2, nobody: 2})
    until(lambda: rest(hospital) == 0, "something is still counted", SECONDS)


def derived(hospital: Hospital) -> dict[str, str]:
    """Return the digest of what is derived, by key, but thumbnails: transcode remembers them."""
    found = hospital.s3.list_objects_v2(Bucket="derived", Prefix=f"v1/{hospital.site}/")
    keys = {each["Key"]: each["ETag"] for each in found.get("Contents", [])}
    return {key: tag for key, tag in keys.items() if not key.endswith(".jpg")}


def rest(hospital: Hospital) -> int:
    (row,) = rows(
        hospital,
        "SELECT (SELECT count(*) FROM ingest.received AS r WHERE site = %(site)s AND NOT EXISTS ("
        "SELECT FROM catalogue.settlement AS t WHERE (t.site, t.sha256) = (r.site, r.sha256)))"
        " + (SELECT count(*) FROM catalogue.study"
        " WHERE site = %(site)s AND due_at IS NOT NULL) AS rest",
    )
    return int(row["rest"])


def test_everything_is_as_before(
    hospital: Hospital, rebuild: Callable[..., Done], services: Services
) -> None:
    """Equal rows, references, records and times, and equal copies in `derived`; no letter again."""
    assert services.ready("index")
    drop_a_mixture(hospital)
    before: tuple[Any, ...] = (studies(hospital), letters(hospital), told(hospital))
    made = derived(hospital)
    assert {key.rpartition(".")[2] for key in made} == {"dcm", "gz"}
    for key in made:
        hospital.s3.delete_object(Bucket="derived", Key=key)
    standings = "SELECT standing FROM catalogue.content WHERE site = %(site)s"
    assert {row["standing"] for row in rows(hospital, standings)} == {
        *("presented", "superseded", "conflicting")
    }

    done = rebuild("--yes", "--compare", "--patience", "40")

    assert done.code == 0, done.out + done.err
    assert done.json["told"] == 10
    assert len([each for each in letters(hospital) if each["digested"]]) == 1
    assert done.json["differing_rows"] == dict.fromkeys(TABLES, 0)
    assert (studies(hospital), letters(hospital), told(hospital)) == before
    assert derived(hospital) == made


def test_what_is_lost_is_named(
    hospital: Hospital, rebuild: Callable[..., Done], services: Services
) -> None:
    """A receipt that is gone is a row that differs, by its ids; the study is not as it was told."""
    assert services.ready("index")
    study = new_uid()
    for number in range(2):
        hospital.drop(f"{number}.dcm", ct_slice(study, number))
    wait_for(hospital, {study: 1})
    with hospital.database.transaction() as connection:
        connection.execute("DELETE FROM ingest.receipt WHERE sop_uid = %s", (f"{study}.1.1",))
    told_before = told(hospital)

    done = rebuild("--yes", "--compare", "--patience", "3")

    assert done.code == 1
    differing = {each["table"]: each for each in done.json["differences"]}
    assert (differing["content"]["how"], differing["study"]["how"]) == ("gone", "changed")
    assert f"{study}.1.1" in differing["content"]["key"]
    assert "4711" not in done.out
    # What was told stays true as far as it goes: the patient hears of an update, not of a letter.
    assert {each["type"] for each in told_since(hospital, told_before)} <= {"study.updated.v1"}


def test_resuming_adds_what_is_missing(
    hospital: Hospital, rebuild: Callable[..., Done], services: Services
) -> None:
    """What is filed and settled is not told again; the study is as it was, and nothing asks."""
    assert services.ready("index")
    study = new_uid()
    for number in range(3):
        hospital.drop(f"{number}.dcm", ct_slice(study, number))
    wait_for(hospital, {study: 1})
    contents = "SELECT sop_uid, standing FROM catalogue.content WHERE site = %(site)s ORDER BY 1"
    before = (studies(hospital), letters(hospital), told(hospital), rows(hospital, contents))
    with hospital.database.transaction() as connection:  # as far as a command came that died
        lost = (f"{study}.1.1", f"{study}.1.2")
        connection.execute("DELETE FROM catalogue.content WHERE sop_uid = %s", lost[:1])
        connection.execute(
            "DELETE FROM catalogue.settlement WHERE sop_uid = ANY(%s)", (list(lost),)
        )

    done = rebuild("--resume", "--patience", "40")

    assert (done.code, done.json["told"]) == (0, 2), done.out + done.err
    until(lambda: rest(hospital) == 0, "something is still counted", SECONDS)
    now = (studies(hospital), letters(hospital), told(hospital), rows(hospital, contents))
    assert now == before


def told_since(hospital: Hospital, count: int) -> list[Row]:
    query = (
        "SELECT type FROM catalogue.outbox WHERE body->>'site' = %(site)s"
        " AND type LIKE 'study.%%' ORDER BY id"
    )
    return rows(hospital, query)[count:]


def test_only_the_owner_may(rebuild: Callable[..., Done]) -> None:
    """The operator's own role is told so in a line, and nothing is emptied."""
    done = rebuild("--yes", variables={})
    assert (done.code, done.out) == (1, "")
    assert "owner" in done.err


def test_every_table_is_rebuilt_or_kept(database: Database) -> None:
    """A table that is new in the catalogue is emptied and compared, or a reason is given here."""
    kept = {"outbox"}  # what is in it was not told yet
    with database.transaction() as connection:
        found = connection.execute(
            "SELECT table_name FROM information_schema.tables"
            " WHERE table_schema = 'catalogue' AND table_type = 'BASE TABLE'"
        ).fetchall()
    assert {row["table_name"] for row in found} - kept == set(TABLES)
