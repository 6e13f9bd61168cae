"""services.transcode.codestream: what is not all there is never taken for a picture."""

import imagecodecs
import numpy as np
import pytest

from services.transcode.codestream import Cut, htj2k, whole

PICTURE = np.random.default_rng(3).integers(0, 4096, (24, 24)).astype(np.uint16)
STREAM = bytes(imagecodecs.htj2k_encode(PICTURE, reversible=True))
PARTS = bytes(imagecodecs.htj2k_encode(PICTURE, reversible=True, tlm=True, tilepart=1))


@pytest.mark.parametrize("stream", [STREAM, PARTS, STREAM + b"\0"])
def test_a_whole_one_is_decoded(stream: bytes) -> None:
    """In one part or many, padded or not."""
    assert np.array_equal(htj2k(stream), PICTURE)


@pytest.mark.parametrize("stream", [STREAM, PARTS])
def test_no_cut_passes(stream: bytes) -> None:
    """Cut at every byte."""
    assert [cut for cut in range(len(stream)) if whole(stream[:cut])] == []


def test_an_error_that_the_decoder_keeps_back_is_told() -> None:
    """The binding only prints it; the values it gives are none of the picture's."""
    hurt = bytearray(STREAM)
    hurt[44:48] = b"\xff" * 4  # in the size marker's components
    with pytest.raises((Cut, imagecodecs.Htj2kError)):
        htj2k(bytes(hurt))
