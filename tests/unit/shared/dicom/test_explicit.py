"""shared.dicom.explicit: the same values in the syntax that everybody reads."""

from io import BytesIO

import imagecodecs
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.encaps import generate_frames
from pydicom.pixels.utils import pixel_array

from shared.dicom.explicit import explicit
from shared.dicom.refusal import Unreadable
from tests.received.files import public

LITTLE = "1.2.840.10008.1.2.1"


@pytest.mark.parametrize(
    "name",
    [
        "CT_small.dcm",
        "MR_small_implicit.dcm",
        "image_dfl.dcm",  # deflated
        "MR_small_RLE.dcm",
        "JPEG2000.dcm",
        "SC_rgb_jpeg_dcmtk.dcm",  # lossy: YBR_FULL stays
        "examples_jpeg2k.dcm",  # YBR_RCT becomes RGB
        "emri_small_RLE.dcm",  # ten frames
        "color3d_jpeg_baseline.dcm",  # 120 frames
        "test-SR.dcm",
    ],
)
def test_values_and_uids_stay(name: str) -> None:
    """Pixels as they are, without a change of colours that the syntax does not make itself."""
    content = public(name)
    found, wanted = (
        dcmread(BytesIO(explicit(BytesIO(content)))),
        dcmread(BytesIO(content), force=True),
    )
    assert found.file_meta.TransferSyntaxUID == LITTLE
    assert found.SOPInstanceUID == wanted.SOPInstanceUID
    assert found.get("PatientID") == wanted.get("PatientID")
    if "PixelData" in wanted:
        assert np.array_equal(pixel_array(found, raw=True), pixel_array(wanted, raw=True))


def test_lossless_jpeg_is_decoded_by_our_own() -> None:
    """Which pydicom cannot read without a further package; libjpeg-turbo says the same."""
    content = public("JPGLosslessP14SV1_1s_1f_8b.dcm")
    found, sent = dcmread(BytesIO(explicit(BytesIO(content)))), dcmread(BytesIO(content))
    (stream,) = generate_frames(sent.PixelData, number_of_frames=1)
    assert np.array_equal(found.pixel_array, imagecodecs.jpeg8_decode(stream))


@pytest.mark.parametrize("name", ["MR_small_bigendian.dcm", "not-dicom"])
def test_what_nobody_can_turn_is_refused(name: str) -> None:
    """With a code, and without a value."""
    content = b"x" * 500 if name == "not-dicom" else public(name)
    with pytest.raises(Unreadable):
        explicit(BytesIO(content))


def test_what_is_too_large_when_it_is_decoded_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it is decoded."""
    monkeypatch.setattr("shared.dicom.explicit.MOST", 1000)
    with pytest.raises(Unreadable, match="too-large"):
        explicit(BytesIO(public("JPEG2000.dcm")))
