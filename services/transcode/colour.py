"""Which colours can be recoded, and what the header says of them afterwards (PS3.5 §8.2). Pure."""

from typing import Final

from pydicom.uid import UID, HTJ2KLossless, JPEG2000Lossless, JPEGLSLossless

from services.transcode.codestream import jpeg_2000, jpeg_ls_transformed
from shared.dicom import copied
from shared.dicom.copied import COLOUR_SAMPLES
from shared.dicom.image import Image

GREY: Final = {"MONOCHROME1", "MONOCHROME2", "PALETTE COLOR"}  # one sample; indices are no colours
COLOURS: Final = {"RGB", "YBR_FULL", "YBR_RCT"}  # three samples for every pixel, nothing rounded
TRANSFORMING: Final = {JPEG2000Lossless, HTJ2KLossless}  # syntaxes that know the reversible one


def unclear(image: Image, syntax: UID) -> bool:
    """Say whether the header leaves a doubt about what the samples are, or has them halved.

    YBR_FULL_422 and YBR_PARTIAL have been rounded; colour is unsigned (PS3.3 C.7.6.3.1.2).
    """
    if image.samples == 1:
        return image.photometric not in GREY
    if image.photometric == "YBR_RCT" and syntax not in TRANSFORMING:
        return True
    known = image.samples == COLOUR_SAMPLES and image.photometric in COLOURS
    return not known or image.planar not in {0, 1} or image.representation != 0


def changes(image: Image) -> dict[int, str | int]:
    """Return what the copy's header says otherwise, tag → value."""
    return copied.changes(image.samples, image.photometric, image.planar)


def transformed(image: Image) -> bool:
    """Say whether the reversible colour transform gains, and is what the header will tell."""
    return copied.transformed(image.samples, image.photometric)


def objection(stream: bytes, image: Image, syntax: UID) -> str | None:
    """Say why a compressed frame is not to be trusted with what the header says, or None."""
    if syntax == JPEGLSLossless:
        return "colour-transform" if jpeg_ls_transformed(stream) else None
    if syntax not in TRANSFORMING:
        return None
    found = jpeg_2000(stream)
    if found is None:
        return "codestream-unclear"
    colours_transformed, reversible = found
    if not reversible:
        return "lossy-source"
    # RGB in a transformed codestream is said wrongly and yet read alike by all: the transform is
    # undone as the codestream says. The two others would be shown in other colours.
    wrong = {"YBR_RCT": False, "YBR_FULL": True}.get(image.photometric) is colours_transformed
    return "colour-transform" if image.samples > 1 and wrong else None
