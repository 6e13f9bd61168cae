"""Whether the pixel data is as long as the header says (PS3.3 C.7.6.3, PS3.5 §8)."""

from collections.abc import Mapping

from pydicom.config import IGNORE
from pydicom.uid import UID

from shared.dicom import coding as codings
from shared.dicom.outline import (
    DOUBLE_FLOAT_PIXEL_DATA,
    FLOAT_PIXEL_DATA,
    Element,
    Pixels,
    number,
    text,
)
from shared.dicom.refusal import NotDicom, Truncated
from shared.dicom.sequences import Dataset

SOP_CLASS_UID, MEDIA_SOP_CLASS_UID = 0x00080016, 0x00020002
SAMPLES, PHOTOMETRIC, FRAMES = 0x00280002, 0x00280004, 0x00280008
ROWS, COLUMNS, BITS_ALLOCATED = 0x00280010, 0x00280011, 0x00280100
# PS3.3 C.7.6.3: what only a picture has. A spectrum has Rows and Columns too (C.8.14.1).
ONLY_PICTURES = {SAMPLES, PHOTOMETRIC, BITS_ALLOCATED}
SINGLE = {SAMPLES, ROWS, COLUMNS, BITS_ALLOCATED, 0x00280006, 0x00280101, 0x00280102, 0x00280103}
# What is there instead of pixels: a dose has a grid or curves (A.18.3), a spectrum its data (A.36).
INSTEAD = {"1.2.840.10008.5.1.4.1.1.481.2": 0x30040050, "1.2.840.10008.5.1.4.1.1.4.2": 0x56000020}
PIXEL_DATA_PROVIDER_URL = 0x00287FE0
SHARED = {"YBR_FULL_422": 4, "YBR_PARTIAL_422": 4, "YBR_PARTIAL_420": 3}  # sixths that are there
FLOATS = {FLOAT_PIXEL_DATA: 32, DOUBLE_FLOAT_PIXEL_DATA: 64}  # bits


def check(dataset: Dataset, syntax: str, info: Mapping[int, Element]) -> None:
    """Make sure that the pixel data is all there.

    Raises:
        Truncated: it is missing, or shorter than the header says.

    """
    elements, pixels = dataset.elements, dataset.pixels
    for tag in SINGLE:
        found = elements.get(tag)
        if found is not None and found.vr == "US" and found.length not in {0, 2}:
            code = "pixel-attribute-malformed"
            raise NotDicom(code)
    if pixels is None:
        sop_class = text(elements.get(SOP_CLASS_UID)) or text(info.get(MEDIA_SOP_CLASS_UID))
        declared = not ONLY_PICTURES.isdisjoint(elements) or picture(sop_class)
        declared |= sop_class in INSTEAD and INSTEAD[sop_class] not in elements
        if declared and PIXEL_DATA_PROVIDER_URL not in elements:
            code = "pixel-data-missing"
            raise Truncated(code)
        return
    if (pixels.fragments is None) != (syntax in codings.NATIVE):
        dataset.reader.warn("pixel-data-form")  # native where encapsulated is due, or reversed
    if pixels.fragments is None:
        native(dataset, pixels)
    else:
        encapsulated(dataset, pixels.fragments, syntax)


def native(dataset: Dataset, pixels: Pixels) -> None:
    """Compare the length with Rows x Columns x Samples x Frames x Bits Allocated."""
    due = computed(dataset, pixels.tag)
    if due is None:
        dataset.reader.warn("pixel-length-unknown")
    elif pixels.length < due:
        code = "pixel-data-short"
        raise Truncated(code)
    elif pixels.length > due + due % 2:
        dataset.reader.warn("pixel-data-long")


def encapsulated(dataset: Dataset, fragments: int, syntax: str) -> None:
    """Make sure that there is a fragment for each frame; a video is one stream."""
    frames = number_of(dataset, FRAMES) or 1
    if fragments < (1 if syntax.startswith(codings.VIDEO) else frames):
        code = "fragments-missing"
        raise Truncated(code)


def computed(dataset: Dataset, tag: int) -> int | None:
    """Return the bytes of native pixel data, without padding, or None if nobody can tell."""
    rows, columns = number_of(dataset, ROWS), number_of(dataset, COLUMNS)
    bits = FLOATS.get(tag) or number_of(dataset, BITS_ALLOCATED)
    if rows is None or columns is None or bits is None:
        return None
    samples = number_of(dataset, SAMPLES) or 1
    total = rows * columns * samples * (number_of(dataset, FRAMES) or 1) * bits
    # PS3.3 C.7.6.3.1.2: two luminances share their colour, or four
    total = total * SHARED.get(text(dataset.elements.get(PHOTOMETRIC)), 6) // 6
    return (total + 7) // 8


def number_of(dataset: Dataset, tag: int) -> int | None:
    """Return the number that `tag` holds, or None."""
    element = dataset.elements.get(tag)
    return number(element, big_endian=dataset.coding.big_endian)


def picture(sop_class: str) -> bool:
    """Say whether an instance of this class must bear pixel data: PS3.6 says so in its keyword."""
    keyword = UID(sop_class, validation_mode=IGNORE).keyword
    return keyword.endswith(("ImageStorage", "SegmentationStorage")) and "Surface" not in keyword
