"""A hospital as its file declares it."""

import pytest

from services.ops.declaring import Malformed, declared

NORTH = 'site = "north"\ntitle = "Northwick"\nhelp_phone = "+15550100"\n'


def test_what_is_left_out_is_nothing_said() -> None:
    """A file says what it says, and of all else that it is as for a new hospital."""
    columns = declared(NORTH + "release_days = 7\n").columns
    assert columns["title"] == "Northwick"
    assert columns["release_days"] == 7
    assert columns["quiet_seconds"] is None
    assert "site" not in columns


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("site = north", "it is not TOML"),
        ('site = "north"\ntitle = "Northwick"\n', "help_phone: Field required"),
        (NORTH + 'colour = "red"\n', "colour: Extra inputs"),
        (NORTH + "release_days = 31\n", "release_days: Input should be less"),
        (NORTH + 'release_days = "7"\n', "release_days: Input should be a valid integer"),
        (NORTH + 'timezone = "Madrid"\n', "timezone: Value error, no time zone"),
        (NORTH + "quiet_seconds = inf\n", "quiet_seconds: "),
        (NORTH.replace("north", "North!"), "site: String should match"),
        (NORTH.replace('"north', '"me'), "site: Value error, no hospital is called me"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(text: str, why: str) -> None:
    """The key comes first, so that whoever wrote it finds it."""
    with pytest.raises(Malformed, match=f"^{why}"):
        declared(text)
