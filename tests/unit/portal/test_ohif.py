"""services.portal.pages.ohif: OHIF is offered where its decoders show what is there."""

from typing import Any

import pytest

from services.portal.pages.ohif import right

JPEG, JPEG_2000, EXPLICIT = (
    *("1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.90"),
    "1.2.840.10008.1.2.1",
)


def header(
    colours: str, bits: int = 8, *, signed: bool = False, by_plane: bool = False
) -> dict[str, Any]:
    grey = colours.startswith(("MONOCHROME", "PALETTE"))
    return {
        "00280002": {"vr": "US", "Value": [1 if grey else 3]},
        "00280004": {"vr": "CS", "Value": [colours]},
        "00280006": {"vr": "US", "Value": [int(by_plane)]},
        "00280100": {"vr": "US", "Value": [bits]},
        "00280103": {"vr": "US", "Value": [int(signed)]},
    }


@pytest.mark.parametrize(
    ("told", "syntax", "transcoded", "is_right"),
    [
        (header("MONOCHROME2", 16), EXPLICIT, True, True),
        (header("MONOCHROME2", 16, signed=True), EXPLICIT, True, True),
        (header("MONOCHROME2"), EXPLICIT, True, True),
        (header("MONOCHROME2", signed=True), EXPLICIT, True, False),
        (header("MONOCHROME2", signed=True), JPEG_2000, False, False),
        (header("PALETTE COLOR"), EXPLICIT, True, True),
        (header("RGB"), EXPLICIT, True, True),
        (header("RGB", by_plane=True), EXPLICIT, True, False),
        (header("RGB", 16), EXPLICIT, True, False),
        (header("RGB"), JPEG, False, False),
        (header("RGB"), EXPLICIT, False, False),
        (header("YBR_FULL"), EXPLICIT, True, False),
        (header("YBR_FULL_422"), EXPLICIT, True, False),
        (header("YBR_FULL_422"), JPEG, False, True),
        (header("YBR_RCT"), JPEG_2000, True, True),
        (header("YBR_ICT"), JPEG_2000, False, True),
        ({}, EXPLICIT, False, True),  # a report
        ({"00280004": {"vr": "CS"}}, EXPLICIT, True, True),
    ],
)
def test_what_it_would_show_otherwise_is_known(
    told: dict[str, Any], syntax: str, *, transcoded: bool, is_right: bool
) -> None:
    """By the header and by how the pictures are served."""
    assert right(told, syntax, transcoded=transcoded) is is_right
