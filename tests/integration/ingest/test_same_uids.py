"""One SOP Instance UID, several contents: of two hospitals, and of one that sent another picture.

Ingest, transcode and index are real processes.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations

import pytest

from deploy.local import Services
from shared import catalogue
from shared.catalogue import ContentRow, StudyPicture
from shared.events import InstanceConflicted
from tests.integration.ingest.hospital import Ears, Hospital, ct_slice, new_uid, until

SETTLED = 60.0  # seconds
AT_ONCE = 6  # contents


@pytest.fixture(scope="module", autouse=True)
def _spine(start: Callable[..., Services]) -> None:
    start("transcode", "index")


def picture(hospital: Hospital, study: str, contents: int) -> StudyPicture:
    """Return the study once so many contents have a standing that stays."""

    def enough() -> StudyPicture | None:
        with hospital.database.transaction() as connection:
            found = catalogue.study(connection, hospital.site, study)
        rows = of(found) if found else []
        done = len(rows) == contents and all(row.outcome for row in rows)
        return found if done and all(row.standing != "pending" for row in rows) else None

    found: StudyPicture = until(enough, "not all are filed and settled", SETTLED)
    return found


def of(study: StudyPicture) -> list[ContentRow]:
    """Return all contents of a study, the oldest first."""
    rows = [row for series in study.series for row in series.contents]
    return sorted(rows, key=lambda row: (row.received_at, row.sha256))


def test_two_hospitals_may_use_the_same_uids(opened: Callable[[], Hospital]) -> None:
    """Both are kept apart to the last byte; each record sees its own, and nobody is in conflict."""
    study, hospitals = new_uid(), [opened(), opened()]
    digests = [
        hospital.drop("slice", ct_slice(study, 1, filler=filler))
        for hospital, filler in zip(hospitals, (b"one", b"two"), strict=True)
    ]

    pictures = [picture(hospital, study, 1) for hospital in hospitals]

    for hospital, digest, found in zip(hospitals, digests, pictures, strict=True):
        (row,) = of(found)
        assert (row.sha256, row.standing, row.conflict) == (digest, "presented", None)
        assert row.served_key is not None
        assert row.served_key.startswith(f"v1/{hospital.site}/")
        assert row.archive_key.startswith(f"{hospital.site}/")
        assert hospital.archived() == {digest}
        with hospital.database.transaction() as connection:
            (listed,) = catalogue.find(connection, site=hospital.site, patient_id="4711")
        assert listed.record == found.study.record
    assert pictures[0].study.record != pictures[1].study.record


@pytest.mark.parametrize("order", list(permutations((b"one", b"two"))), ids=["one-two", "two-one"])
def test_another_picture_under_the_same_uid_waits_for_a_human(
    hospital: Hospital, ears: Ears, order: tuple[bytes, bytes]
) -> None:
    """In either order the first stays, the other is told once, and both are kept."""
    study = new_uid()
    first = hospital.drop("first", ct_slice(study, 1, filler=order[0]))
    picture(hospital, study, 1)
    second = hospital.drop("second", ct_slice(study, 1, filler=order[1]))

    found = of(picture(hospital, study, 2))

    assert [(row.sha256, row.standing) for row in found] == [
        (first, "presented"),
        (second, "conflicting"),
    ]
    (told,) = ears.hear(hospital.site, InstanceConflicted, 1)
    assert (told.presented_sha256, told.other_sha256, told.reason) == (
        first,
        second,
        "other-pixels",
    )
    assert hospital.archived() == {first, second}


def test_several_at_once_are_one_picture_and_the_others_are_told(
    hospital: Hospital, ears: Ears
) -> None:
    """Whoever has the first receipt is shown; each other is told once, and none is lost."""
    study = new_uid()
    contents = [ct_slice(study, 1, filler=b"%03d" % number) for number in range(AT_ONCE)]
    with ThreadPoolExecutor(AT_ONCE) as senders:
        named = [(f"{place}", content) for place, content in enumerate(contents)]
        digests = set(senders.map(lambda pair: hospital.drop(*pair), named))

    found = of(picture(hospital, study, AT_ONCE))

    assert [row.standing for row in found] == ["presented", *["conflicting"] * (AT_ONCE - 1)]
    assert {row.sha256 for row in found} == digests == hospital.archived()
    told = ears.hear(hospital.site, InstanceConflicted, AT_ONCE - 1)
    assert {each.other_sha256 for each in told} >= digests - {found[0].sha256}
    assert len({each.other_sha256 for each in told}) == len(told)
