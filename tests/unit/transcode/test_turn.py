"""turn and plain: a big-endian file is the little-endian one, byte for byte."""

from contextlib import closing
from io import BytesIO

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.uid import ExplicitVRLittleEndian

from services.transcode.part10 import Parts, take_apart
from services.transcode.recode import recode
from services.transcode.turn import turned
from shared.dicom.image import Image
from tests.every_file.making import big_endian, image, palette, values, with_tables, written
from tests.unit.transcode.samples import sample

PAIRS = [
    ("MR_small_bigendian.dcm", "MR_small.dcm"),
    ("emri_small_big_endian.dcm", "emri_small.dcm"),
    ("SC_rgb_expb.dcm", "SC_rgb.dcm"),
    ("SC_rgb_expb_2frame.dcm", "SC_rgb_2frame.dcm"),
    ("OBXXXX1A_expb.dcm", "OBXXXX1A.dcm"),
    ("OBXXXX1A_expb_2frame.dcm", "OBXXXX1A_2frame.dcm"),
    ("gdcm-US-ALOKA-16_big.dcm", "gdcm-US-ALOKA-16.dcm"),
]


def little(content: bytes) -> bytes:
    """Return what the parts of `content` are taken from."""
    parts = take_apart(BytesIO(content))
    with closing(parts.file):
        parts.file.seek(0)
        return parts.file.read()


@pytest.mark.parametrize("width", [1, 2, 4, 8])
def test_numbers_are_turned(width: int) -> None:
    """Each keeps its value in the other byte order."""
    data = np.random.default_rng(width).bytes(64)

    assert turned(data, width) == np.frombuffer(data, f">u{width}").astype(f"<u{width}").tobytes()


def made() -> list[Dataset]:
    return [
        with_tables(image("grey", values("<i2"), "MONOCHROME2")),
        with_tables(image("rgb", values("|u1", 3, 4), "RGB", planar=1)),
        image("odd", values("|u1", frames=3), "MONOCHROME2"),
        palette("palette", "|u1"),
    ]


@pytest.mark.parametrize("number", range(4))
def test_a_turned_file_is_the_one_a_library_writes(number: int) -> None:
    """Tables, overlays, sequences of both kinds and every width: not one byte is another."""
    plain = made()[number]
    for each in plain.iterall():
        if each.tag == 0x7FE00010:
            each.VR = "OW"

    assert little(big_endian(made()[number])) == written(plain)


@pytest.mark.parametrize("names", PAIRS, ids=lambda names: names[0])
def test_a_real_file_is_the_same_picture_in_either_order(names: tuple[str, str]) -> None:
    """Files that others have written both ways get one pixel digest."""
    assert digest(sample(names[0])) == digest(sample(names[1]))


def digest(content: bytes) -> str:
    parts: Parts = take_apart(BytesIO(content))
    with closing(parts.file):
        return recode(parts, BytesIO(), second_judge=True).digest.hexdigest()


@pytest.mark.parametrize("name", ["MR_small_bigendian.dcm", "gdcm-US-ALOKA-16_big.dcm"])
def test_a_real_header_has_the_same_values(name: str) -> None:
    """Pydicom reads the same numbers and texts from either."""
    before, after = dcmread(BytesIO(sample(name))), dcmread(BytesIO(little(sample(name))))

    assert after.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert [each for each in after if each.VR != "OW"] == [
        each for each in before if each.VR != "OW"
    ]


def test_words_told_to_be_bytes_are_not_turned() -> None:
    """Nobody can say which order they have: the file is taken as it is."""
    content = sample("SC_rgb_expb_16bit.dcm")

    assert little(content) == content
    assert Image.of(take_apart(BytesIO(content)).outline).bits == 16
