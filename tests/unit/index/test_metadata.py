"""services.index.metadata: one gzip of all headers of a series."""

import gzip
import json

import pytest

from services.index.metadata import packed, series_metadata, unpacked


@pytest.mark.parametrize("headers", [[], [b"{}"], [b'{"00100010":1}', '{"x":"ü"}'.encode()]])
def test_headers_become_one_array(headers: list[bytes]) -> None:
    """In their order, byte for byte the same each time."""
    body = series_metadata(map(packed, headers))

    assert json.loads(gzip.decompress(body)) == [json.loads(header) for header in headers]
    assert body == series_metadata(map(packed, headers))


def test_what_is_packed_comes_back() -> None:
    """The row holds all of the header."""
    assert unpacked(packed(b'{"a":1}')) == b'{"a":1}'
