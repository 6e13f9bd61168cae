"""tests.judging.copies: what is asked of a fast copy, tried on copies that are spoiled."""

import pytest

from tests.every_file.carry import carry
from tests.every_file.making import big_endian, image, values, with_tables, written
from tests.judging.copies import findings

PLAIN = written(with_tables(image("judged", values("|u1", 3), "RGB", planar=1)))
TURNED = big_endian(with_tables(image("judged", values("|u1", 3), "RGB", planar=1)))


@pytest.mark.parametrize("original", [PLAIN, TURNED], ids=["little", "big"])
@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (b"Citizen^Ann", b"Citizen^Bob"),  # a value
        (b"\x08\x00\x60\x00CS", b"\x08\x00\x61\x00CS"),  # an element
        (b"\x28\x00\x06\x30US\x06\x00\x01\x00", b"\x28\x00\x06\x30US\x06\x00\x02\x00"),  # nested
        (b"\x00\x60\x00\x30OW\0\0\xf6\0\0\0\0", b"\x00\x60\x00\x30OW\0\0\xf6\0\0\0\1"),  # overlay
        (b"\x28\x00\x06\x00US\x02\x00\0", b"\x28\x00\x06\x00US\x02\x00\1"),  # arrangement
        (b"YBR_RCT ", b"YBR_FULL"),
    ],
)
def test_a_header_that_changed_is_seen(original: bytes, was: bytes, becomes: bytes) -> None:
    """One byte is enough, and what is said of it names no one."""
    copy = carry(original).copy
    assert copy is not None
    assert was in copy
    assert findings(original, copy) == []

    found = findings(original, copy.replace(was, becomes))

    assert found
    assert "Citizen" not in " ".join(found)


def test_a_missing_frame_is_seen() -> None:
    """A copy of another number of frames is none."""
    many = written(image("judged", values("|u1", frames=3), "MONOCHROME2"))
    copy = carry(written(image("judged", values("|u1", frames=2), "MONOCHROME2"))).copy

    assert copy is not None
    assert any("2 frames of 3" in each for each in findings(many, copy))
