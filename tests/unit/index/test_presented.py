"""services.index.presented: which content of one SOP Instance UID is shown."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import UUID

import pytest

from services.index.presented import Content, judge

OURS, THEIRS = UUID(int=1), UUID(int=2)


def content(
    second: int, pixels: str | None = "a", *, study: str = "1.2", record: UUID | None = OURS
) -> Content:
    when = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=second)
    return Content(
        f"{second:064x}", study, record, when, settled=pixels != "?", pixel_digest=pixels
    )


@pytest.mark.parametrize(
    ("contents", "standings"),
    [
        ([content(1)], ["presented"]),
        ([content(1, "?")], ["presented"]),
        ([content(1), content(2)], ["superseded", "presented"]),
        ([content(1), content(2), content(3)], ["superseded", "superseded", "presented"]),
        ([content(1), content(2, "b")], ["presented", "other-pixels"]),
        ([content(1), content(2, "b"), content(3)], ["superseded", "other-pixels", "presented"]),
        ([content(1, None), content(2, None)], ["presented", "other-pixels"]),
        ([content(1), content(2, "?")], ["presented", "pending"]),
        ([content(1, "?"), content(2)], ["presented", "pending"]),
        ([content(1), content(2, study="1.3")], ["presented", "other-study"]),
        ([content(1), content(2, record=THEIRS)], ["presented", "other-patient"]),
        ([content(1, record=THEIRS), content(2)], ["other-patient", "presented"]),
        ([content(1), content(2, record=None)], ["presented", "other-patient"]),
        ([content(1, record=THEIRS)], ["other-patient"]),
    ],
)
def test_contents_of_one_uid_are_judged(contents: list[Content], standings: list[str]) -> None:
    """Newest header of the same picture; anything else waits for a human; the order is nothing."""
    for order in permutations(contents):
        judged = judge(order, {"1.2": OURS, "1.3": OURS})
        told = [judged[one.sha256].conflict or judged[one.sha256].standing for one in contents]
        assert told == standings
