"""shared.storage.s3: whose fault an error of the machine is."""

from errno import EACCES, EDQUOT, ENOSPC

import pytest

from shared.errors import EdgeDown
from shared.storage.s3 import translated


@pytest.mark.parametrize("number", [ENOSPC, EDQUOT])
def test_a_full_disk_is_an_edge_that_is_down(number: int) -> None:
    """No message is to blame for it: all wait until there is room."""
    with pytest.raises(EdgeDown) as down, translated("get"):
        raise OSError(number, "no room")
    assert down.value.edge == "disk"


def test_another_error_of_the_machine_passes() -> None:
    """Nobody knows whose fault it is, so it goes through the wait queues."""
    with pytest.raises(PermissionError), translated("get"):
        raise OSError(EACCES, "no")
