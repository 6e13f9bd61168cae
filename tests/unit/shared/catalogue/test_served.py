"""shared.catalogue.served: the metadata that viewers read says what they get."""

import json
from typing import Any

import pytest

from shared.catalogue.served import below, packed, served, unpacked

FAST, JPEG = "1.2.840.10008.1.2.4.202", "1.2.840.10008.1.2.4.50"


def header(samples: int, photometric: str, planar: int | None = None) -> bytes:
    told: dict[str, Any] = {
        "00080018": {"vr": "UI", "Value": ["1.2.3"]},
        "00280002": {"vr": "US", "Value": [samples]},
        "00280004": {"vr": "CS", "Value": [photometric]},
    }
    if planar is not None:
        told["00280006"] = {"vr": "US", "Value": [planar]}
    return json.dumps(told).encode()


@pytest.mark.parametrize(
    ("given", "photometric", "planar"),
    [
        (header(1, "MONOCHROME2"), "MONOCHROME2", None),
        (header(1, "PALETTE COLOR"), "PALETTE COLOR", None),
        (header(3, "RGB", 1), "YBR_RCT", 0),
        (header(3, "YBR_FULL", 0), "YBR_FULL", 0),
    ],
)
def test_a_fast_copy_is_told_as_it_is(given: bytes, photometric: str, planar: int | None) -> None:
    """Its transfer syntax and colours, in the order of the tags (PS3.18 §F.2.2)."""
    told = json.loads(served(given, JPEG, copied=True))

    assert told["00083002"] == {"vr": "UI", "Value": [FAST]}
    assert told["00280004"]["Value"] == [photometric]
    assert told.get("00280006", {"Value": [None]})["Value"] == [planar]
    assert list(told) == sorted(told)


def test_what_was_kept_is_told_as_it_came() -> None:
    """Only its transfer syntax is added, which a header does not hold."""
    given = header(3, "RGB", 1)
    told = json.loads(served(given, JPEG, copied=False))

    assert told.pop("00083002") == {"vr": "UI", "Value": [JPEG]}
    assert told == json.loads(given)


def test_bulk_data_is_found_from_above() -> None:
    """Its address is relative; a text that looks like one stays as it is."""
    text = '"BulkDataURI":"bulkdata/7'
    given = {"1": {"vr": "OW", "BulkDataURI": "bulkdata/00281201"}, "2": {"Value": [text]}}
    told = json.loads(
        below(json.dumps(given, separators=(",", ":")).encode(), "instances/1.2/"),
    )

    assert told["1"]["BulkDataURI"] == "instances/1.2/bulkdata/00281201"
    assert told["2"]["Value"] == [text]


def test_what_is_packed_comes_back() -> None:
    """The row holds all of the header."""
    assert unpacked(packed(b'{"a":1}')) == b'{"a":1}'
