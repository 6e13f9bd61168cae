"""What one release tells, the other takes: read from the schemas of both."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.upgrade.events import refused, schemas
from tests.upgrade.release import NotHad, checked_out

ROOT = Path(__file__).parents[3]
STORED = "instance.stored.v1"


@pytest.fixture
def now() -> dict[str, Any]:
    """Return this release's events."""
    return dict(schemas(ROOT))


def test_this_release_and_the_one_before_take_each_others(
    tmp_path: Path, now: dict[str, Any]
) -> None:
    """So events that wait in queues through an upgrade, or its way back, are handled."""
    try:
        before = schemas(checked_out(tmp_path))
    except NotHad as missing:
        pytest.skip(str(missing))  # a clone without history has no release before
    assert len(before) > 30
    assert refused(before, now) == []


def test_a_field_that_is_left_out_or_new_and_needed_is_found(now: dict[str, Any]) -> None:
    """The fault of the plant `field`, a field that old events lack, and the same in a part."""
    short, more, within = deepcopy(now), deepcopy(now), deepcopy(now)
    del short[STORED]["properties"]["door"]
    short[STORED]["required"].remove("door")
    assert refused(now, short) == [f"old does not take {STORED} of new: no door"]
    more[STORED]["properties"]["scanner"] = {"type": "string"}
    assert refused(now, more) == []
    more[STORED]["required"].append("scanner")
    assert refused(now, more) == [f"new does not take {STORED} of old: no scanner"]
    del within[STORED]["$defs"]["StoredObject"]["properties"]["size"]
    within[STORED]["$defs"]["StoredObject"]["required"].remove("size")
    assert refused(now, within) == [f"old does not take {STORED} of new: no StoredObject.size"]
