"""portal.staff.groups: whose staff somebody is, as their provider's token says."""

from typing import Any

import pytest

from services.portal.staff.groups import mapped, member

GROUPS = "doctors=north; cn=mri,ou=radiology=south;doctors=south"
TRUE = {"sub": "4711", "name": "Dr. Ada Okafor", "groups": ["doctors", "football"]}


def test_a_group_may_be_of_several_hospitals_and_hold_equals_signs() -> None:
    """As names of a directory do."""
    assert mapped(GROUPS) == {
        "doctors": frozenset({"north", "south"}),
        "cn=mri,ou=radiology": frozenset({"south"}),
    }
    assert mapped("") == {}


def test_who_is_in_a_group_is_that_hospitals_staff() -> None:
    """Other groups count for nothing."""
    found = member(TRUE, "groups", GROUPS)
    assert found is not None
    assert (found.subject, found.name) == ("4711", "Dr. Ada Okafor")
    assert found.sites == {"north", "south"}
    assert member(TRUE | {"groups": "doctors"}, "groups", GROUPS) == found


@pytest.mark.parametrize(
    "said",
    [
        {"groups": []},
        {"groups": ["football"]},
        {"groups": None},
        {"groups": [["doctors"], 7, {"doctors": 1}]},
        {"groups": {"doctors": True}},
        {"groups": ["Doctors", "doctors ", "doctors=north"]},
        {"name": ""},
        {"name": None},
        {"name": "a\u202eb"},
    ],
)
def test_who_is_in_none_or_has_no_name_is_nobody(said: dict[str, Any]) -> None:
    """Exactly as it is written, and nothing that only looks like it."""
    assert member(TRUE | said, "groups", GROUPS) is None
