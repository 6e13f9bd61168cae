"""services.index.metadata: one gzip of all headers of a series."""

import gzip
import json

import pytest

from services.index.metadata import series_metadata


@pytest.mark.parametrize("headers", [[], [b"{}"], [b'{"00100010":1}', '{"x":"ü"}'.encode()]])
def test_headers_become_one_array(headers: list[bytes]) -> None:
    """In their order, byte for byte the same each time."""
    body = series_metadata(headers)

    assert json.loads(gzip.decompress(body)) == [json.loads(header) for header in headers]
    assert body == series_metadata(headers)
