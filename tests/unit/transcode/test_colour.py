"""Colour in a copy: every sample as it was, and a header that says what is there."""

from contextlib import closing
from io import BytesIO

import imagecodecs
import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.encaps import generate_frames
from pydicom.uid import UID, HTJ2KLossless, JPEG2000Lossless, JPEGLosslessSV1, JPEGLSLossless

from services.transcode.codestream import jpeg_2000
from services.transcode.colour import objection
from services.transcode.part10 import take_apart
from services.transcode.recode import recode
from services.transcode.unfit import Unfit
from shared.dicom.image import Image
from shared.dicom.refusal import Unreadable
from tests.every_file.generate import FOUR, cut
from tests.every_file.making import coded, image, values, written

LAST = np.iinfo(np.uint16).max


def copied(content: bytes) -> Dataset:
    out, parts = BytesIO(), take_apart(BytesIO(content))
    with closing(parts.file):
        recode(parts, out, second_judge=True)
    return dcmread(out)


def streams(copy: Dataset) -> list[bytes]:
    count = int(copy.get("NumberOfFrames", 1))
    return list(generate_frames(copy.PixelData, number_of_frames=count))


@pytest.mark.parametrize("dtype", ["|u1", "<u2"])
@pytest.mark.parametrize("planar", [0, 1])
@pytest.mark.parametrize(("was", "becomes"), [("RGB", "YBR_RCT"), ("YBR_FULL", "YBR_FULL")])
def test_colours_come_back(dtype: str, planar: int, was: str, becomes: str) -> None:
    """Noise and extremes; RGB is transformed and says so, YBR_FULL is left alone (PS3.5 §8.2)."""
    pixels = np.random.default_rng(planar).integers(0, LAST, (2, 31, 29, 3)).astype(dtype)
    pixels[0, 0, :2] = [[np.iinfo(dtype).max, 0, np.iinfo(dtype).max], [0, 0, 0]]

    copy = copied(written(image("noise", pixels, was, planar=planar)))

    assert np.array_equal([imagecodecs.jpeg2k_decode(each) for each in streams(copy)], pixels)
    assert (copy.PhotometricInterpretation, copy.PlanarConfiguration) == (becomes, 0)
    assert [jpeg_2000(each) for each in streams(copy)] == [(was == "RGB", True)] * 2


def test_the_group_length_follows() -> None:
    """A header with retired group lengths stays one that a strict reader can walk (PS3.5 §7.2)."""
    plain = written(image("lengths", FOUR, "RGB", planar=1))
    at = plain.index(b"\x28\x00\x02\x00US")
    length = plain.index(b"\xe0\x7f\x10\x00") - at
    group = b"\x28\x00\x00\x00UL\x04\x00"
    content = plain[:at] + group + length.to_bytes(4, "little") + plain[at:]

    out, parts = BytesIO(), take_apart(BytesIO(content))
    recode(parts, out, second_judge=False)

    told = out.getvalue().index(group) + len(group)
    end = out.getvalue().index(b"\xe0\x7f\x01\x00")
    assert int.from_bytes(out.getvalue()[told : told + 4], "little") == end - told - 4


@pytest.mark.parametrize("syntax", [JPEG2000Lossless, JPEGLSLossless])
def test_one_picture_of_colours_has_one_digest(syntax: UID) -> None:
    """Sent again by plane or compressed it is the same picture."""
    told = "YBR_RCT" if syntax == JPEG2000Lossless else "RGB"
    contents = [
        written(image("same", FOUR, "RGB")),
        written(image("same", FOUR, "RGB", planar=1)),
        coded("same", syntax, FOUR, told),
    ]
    digests = set()
    for content in contents:
        recoding = recode(take_apart(BytesIO(content)), BytesIO(), second_judge=False)
        digests.add(recoding.digest.hexdigest())

    assert len(digests) == 1


@pytest.mark.parametrize(
    ("how", "photometric", "reason"),
    [
        ("transformed", "YBR_RCT", None),
        ("transformed", "RGB", None),
        ("plain", "RGB", None),
        ("plain", "YBR_FULL", None),
        ("transformed", "YBR_FULL", "colour-transform"),
        ("plain", "YBR_RCT", "colour-transform"),
    ],
)
def test_a_codestream_must_agree_with_the_header(
    how: str, photometric: str, reason: str | None
) -> None:
    """Where they contradict each other a reader would show other colours: it is kept."""
    stream = imagecodecs.jpeg2k_encode(
        FOUR[0], level=0, codecformat="j2k", reversible=True, mct=how == "transformed"
    )
    content = coded("told", JPEG2000Lossless, FOUR[:1], photometric, [bytes(stream)])
    shape = Image.of(take_apart(BytesIO(content)).outline)

    assert objection(bytes(stream), shape, JPEG2000Lossless) == reason
    if reason:
        with pytest.raises(Unfit, match=reason):
            copied(content)


def test_a_file_within_the_frame_is_not_believed() -> None:
    """A JP2 header may say other colours than the DICOM header."""
    jp2 = bytes(imagecodecs.jpeg2k_encode(FOUR[0], level=0, codecformat="jp2", reversible=True))

    assert jpeg_2000(jp2) is None


@pytest.mark.parametrize("syntax", [HTJ2KLossless, JPEGLosslessSV1])
def test_a_frame_that_was_cut_is_not_decoded(syntax: UID) -> None:
    """Decoders that read on past the end would give half a picture."""
    grey = values("<u2")
    content = coded("cut", syntax, grey, "MONOCHROME2", [cut(syntax)])

    with pytest.raises(Unreadable, match="cannot-decode"):
        copied(content)
