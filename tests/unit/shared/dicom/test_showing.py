"""shared.dicom.showing and .picture: stored values, and the window through which they are seen."""

from array import array

import imagecodecs
import numpy as np
import pytest
from pydicom import Dataset
from pydicom.uid import UID, ExplicitVRLittleEndian, JPEGLSLossless

from shared.dicom.image import Image
from shared.dicom.layout import Layout
from shared.dicom.picture import Said, Window, of_frame, toned, window
from shared.dicom.showing import frame_of


def laid(  # noqa: PLR0913  what a header says
    syntax: UID,
    photometric: str = "MONOCHROME2",
    *,
    bits: int = 16,
    stored: int = 12,
    signed: bool = False,
    samples: int = 1,
) -> Layout:
    image = Image(
        rows=2,
        columns=4,
        samples=samples,
        planar=0 if samples > 1 else None,
        bits=bits,
        bits_stored=stored,
        high_bit=stored - 1,
        representation=int(signed),
        photometric=photometric,
        frames=1,
    )
    compressed = syntax != ExplicitVRLittleEndian
    return Layout(str(syntax), image, False, compressed, array("Q", [0]), array("Q", [0]))  # noqa: FBT003


def test_what_is_signed_comes_back_signed() -> None:
    """Decoders give the bits of 12-bit values without their sign."""
    values = np.array([[-2048, -1, 0, 1], [2047, 5, -5, 100]], np.int16)
    stream = bytes(imagecodecs.jpegls_encode((values & 0xFFF).astype(np.uint16)))
    assert np.array_equal(frame_of(stream, laid(JPEGLSLossless, signed=True)), values)


def test_a_frame_of_another_shape_is_refused() -> None:
    """Nobody sees a picture that its header does not describe."""
    stream = bytes(imagecodecs.jpegls_encode(np.zeros((3, 4), np.uint16)))
    with pytest.raises(ValueError, match="3"):
        frame_of(stream, laid(JPEGLSLossless))


def test_shared_colour_is_spread() -> None:
    """PS3.3 C.7.6.3.1.2: Y Y Cb Cr stand for two pixels."""
    raw = bytes(range(16))
    found = frame_of(raw, laid(ExplicitVRLittleEndian, "YBR_FULL_422", bits=8, stored=8, samples=3))
    assert found.shape == (2, 4, 3)
    assert found[0, 0].tolist() == [0, 2, 3]
    assert found[0, 1].tolist() == [1, 2, 3]


def test_doses_have_values_of_32_bits() -> None:
    """Native ones are shown, too."""
    values = np.arange(8, dtype="<u4").reshape(2, 4) << 20
    layout = laid(ExplicitVRLittleEndian, bits=32, stored=32)
    assert np.array_equal(frame_of(values.tobytes(), layout), values)


def grouped(centre: float | None) -> Dataset:
    """Return a functional group with a window, and a rescaling."""
    group, voi, transformation = Dataset(), Dataset(), Dataset()
    if centre is not None:
        voi.WindowCenter, voi.WindowWidth = centre, 100
        group.FrameVOILUTSequence = [voi]
    transformation.RescaleSlope, transformation.RescaleIntercept = 2, -1000
    group.PixelValueTransformationSequence = [transformation]
    return group


def test_a_frame_has_its_own_window() -> None:
    """What its group says counts before what is said for all."""
    header = Dataset()
    header.SharedFunctionalGroupsSequence = [grouped(0.0)]
    header.PerFrameFunctionalGroupsSequence = [Dataset(), grouped(1000.0)]

    assert window(of_frame(header, 0)) == Window(475.0, 525.0, inverted=False)
    assert window(of_frame(header, 1)) == Window(975.0, 1025.0, inverted=False)
    assert of_frame(Dataset(), 7) == Dataset()


def test_a_window_that_is_said_counts_before_the_files() -> None:
    """In rescaled values; MONOCHROME1 stays inverted."""
    header = Dataset()
    header.WindowCenter, header.WindowWidth = 40, 400
    header.RescaleSlope, header.RescaleIntercept = 1, -1024
    header.PhotometricInterpretation = "MONOCHROME1"

    assert window(header, Said(0.0, 2.0)) == Window(1023.0, 1025.0, inverted=True)
    shown = toned(np.array([[1023, 1025]], np.uint16), window(header, Said(0.0, 2.0)), None, None)
    assert shown.tolist() == [[255, 0]]
