"""services.portal.pages.ohif: OHIF is offered where its decoders show what is there."""

from typing import Any

import pytest

from services.portal.pages.ohif import wrong

JPEG, JPEG_2000, EXPLICIT = (
    *("1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.90"),
    "1.2.840.10008.1.2.1",
)


def header(colours: str, bits: int = 8, *, signed: bool = False) -> dict[str, Any]:
    return {
        "00280004": {"vr": "CS", "Value": [colours]},
        "00280100": {"vr": "US", "Value": [bits]},
        "00280103": {"vr": "US", "Value": [int(signed)]},
    }


@pytest.mark.parametrize(
    ("told", "syntax", "transcoded", "is_wrong"),
    [
        (header("MONOCHROME2", 16), EXPLICIT, True, False),
        (header("MONOCHROME2", 16, signed=True), EXPLICIT, True, False),
        (header("MONOCHROME2", signed=True), EXPLICIT, True, True),
        (header("MONOCHROME2", signed=True), JPEG_2000, False, True),
        (header("MONOCHROME2", signed=True), EXPLICIT, False, False),
        (header("RGB"), EXPLICIT, True, False),
        (header("YBR_FULL"), EXPLICIT, True, True),
        (header("YBR_FULL_422"), EXPLICIT, True, True),
        (header("YBR_FULL_422"), JPEG, False, False),
        (header("RGB"), JPEG, False, True),
        (header("YBR_RCT"), JPEG_2000, False, False),
        ({}, EXPLICIT, False, False),
        ({"00280004": {"vr": "CS"}}, EXPLICIT, True, False),
    ],
)
def test_what_it_would_show_otherwise_is_known(
    told: dict[str, Any], syntax: str, *, transcoded: bool, is_wrong: bool
) -> None:
    """By the header and by how the pictures are served."""
    assert wrong(told, syntax, transcoded=transcoded) is is_wrong
