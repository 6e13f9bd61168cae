"""Files that the public test sets do not have: one for each further row of the conformance table.

All are synthetic.
"""

from collections.abc import Callable, Iterator

import imagecodecs
import numpy as np
from pydicom import Dataset, uid

from tests.every_file.making import (
    ENCODED,
    PREFIX,
    Values,
    base,
    big_endian,
    changed,
    coded,
    image,
    in_syntax,
    native,
    palette,
    values,
    with_tables,
    without_pixels,
    written,
)

GREY, RGB = values("<u2"), values("|u1", 3)
SIGNED, DEEP = values("<i2"), values("<u2", 3)
FOUR = values("|u1", 3, 4)


def generated() -> Iterator[tuple[str, bytes]]:
    """Yield the name and the content of every file that is made."""
    for name, make in {**COLOURS, **ENDIANS, **COMPRESSED, **KEPT, **REFUSED}.items():
        yield name, make(name)


COLOURS: dict[str, Callable[[str], bytes]] = {
    "rgb-by-pixel": native(lambda n: image(n, RGB, "RGB")),
    "rgb-by-plane": native(lambda n: image(n, RGB, "RGB", planar=1)),
    "rgb-16-bit": native(lambda n: image(n, DEEP, "RGB")),
    "rgb-16-bit-by-plane": native(lambda n: image(n, DEEP, "RGB", planar=1)),
    "rgb-4-frames": native(lambda n: image(n, FOUR, "RGB")),
    "rgb-4-frames-by-plane": native(lambda n: image(n, FOUR, "RGB", planar=1)),
    "rgb-implicit": lambda n: in_syntax(image(n, RGB, "RGB", planar=1), uid.ImplicitVRLittleEndian),
    "rgb-deflated": lambda n: in_syntax(
        image(n, RGB, "RGB", planar=1), uid.DeflatedExplicitVRLittleEndian
    ),
    "ybr-full": native(lambda n: image(n, RGB, "YBR_FULL")),
    "ybr-full-by-plane": native(lambda n: image(n, RGB, "YBR_FULL", planar=1)),
    "palette-8-bit": native(lambda n: palette(n, "|u1")),
    "palette-16-bit": native(lambda n: palette(n, "<u2")),
    "monochrome1": native(lambda n: image(n, GREY, "MONOCHROME1")),
    "signed-16-bit": native(lambda n: image(n, SIGNED, "MONOCHROME2")),
    "signed-8-bit": native(lambda n: image(n, values("|i1"), "MONOCHROME2")),
    "grey-300-frames": native(lambda n: image(n, values("<u2", frames=300), "MONOCHROME2")),
    "overlay-and-tables": native(lambda n: with_tables(image(n, SIGNED, "MONOCHROME2"))),
}
ENDIANS: dict[str, Callable[[str], bytes]] = {
    "big-endian": lambda n: big_endian(with_tables(image(n, SIGNED, "MONOCHROME2"))),
    "big-endian-8-bit": lambda n: big_endian(image(n, values("|u1", frames=3), "MONOCHROME2")),
    "big-endian-rgb": lambda n: big_endian(with_tables(image(n, FOUR, "RGB", planar=1))),
    "big-endian-rgb-16-bit": lambda n: big_endian(image(n, DEEP, "RGB")),
    "big-endian-palette": lambda n: big_endian(palette(n, "|u1")),
    "big-endian-in-bytes": lambda n: in_syntax(
        changed_vr(image(n, GREY, "MONOCHROME2"), "PixelData", "OB"), uid.ExplicitVRBigEndian
    ),
    "big-endian-odd-value": lambda n: in_syntax(
        with_private(image(n, values("|u1"), "MONOCHROME2")), uid.ExplicitVRBigEndian
    ),
}


def changed_vr(ds: Dataset, keyword: str, vr: str) -> Dataset:
    """Return `ds` with an element told to be of another VR."""
    ds[keyword].VR = vr
    return ds


def with_private(ds: Dataset) -> Dataset:
    """Return `ds` with a value that is no whole number of its VR's words."""
    ds.add_new(0x00091001, "OF", b"\1\2\3\4\5\6")
    return ds


def irreversible(frame: Values) -> bytes:
    """Return a frame in JPEG 2000 whose wavelet rounds."""
    return bytes(imagecodecs.jpeg2k_encode(frame, level=60, codecformat="j2k", reversible=False))


def untransformed(frame: Values) -> bytes:
    """Return a colour frame in JPEG 2000 whose colours are as they were."""
    return bytes(
        imagecodecs.jpeg2k_encode(frame, level=0, codecformat="j2k", reversible=True, mct=False)
    )


def lossless_jpeg(frame: Values) -> bytes:
    """Return a colour frame in lossless JPEG, colours as they were."""
    return bytes(
        imagecodecs.jpeg8_encode(frame, lossless=True, colorspace="RGB", outcolorspace="RGB")
    )


def cut(syntax: uid.UID) -> bytes:
    """Return a frame whose end is there, and its middle is not."""
    whole = bytes(ENCODED[syntax](GREY[0]))
    return whole[: len(whole) // 2] + b"\xff\xd9"


J2K, HT = uid.JPEG2000Lossless, uid.HTJ2KLossless
COMPRESSED: dict[str, Callable[[str], bytes]] = {
    "rle-grey": lambda n: coded(n, uid.RLELossless, GREY, "MONOCHROME2"),
    "rle-signed": lambda n: coded(n, uid.RLELossless, SIGNED, "MONOCHROME2"),
    "rle-rgb": lambda n: coded(n, uid.RLELossless, FOUR, "RGB"),
    "rle-ybr-full": lambda n: coded(n, uid.RLELossless, RGB, "YBR_FULL"),
    "jpeg-lossless-grey": lambda n: coded(n, uid.JPEGLosslessSV1, GREY, "MONOCHROME2"),
    "jpeg-lossless-rgb": lambda n: coded(
        n, uid.JPEGLosslessSV1, RGB, "RGB", [lossless_jpeg(RGB[0])]
    ),
    "jpeg-ls-grey": lambda n: coded(n, uid.JPEGLSLossless, GREY, "MONOCHROME2"),
    "jpeg-ls-rgb": lambda n: coded(n, uid.JPEGLSLossless, FOUR, "RGB"),
    "jpeg-ls-ybr-full": lambda n: coded(n, uid.JPEGLSLossless, RGB, "YBR_FULL"),
    "jpeg-2000-grey": lambda n: coded(n, J2K, GREY, "MONOCHROME1"),
    "jpeg-2000-signed": lambda n: coded(n, J2K, SIGNED, "MONOCHROME2"),
    "jpeg-2000-ybr-rct": lambda n: coded(n, J2K, FOUR, "YBR_RCT"),
    "jpeg-2000-rgb": lambda n: coded(n, J2K, RGB, "RGB", [untransformed(RGB[0])]),
    "jpeg-2000-ybr-full": lambda n: coded(n, J2K, RGB, "YBR_FULL", [untransformed(RGB[0])]),
    "htj2k-grey": lambda n: coded(n, HT, GREY, "MONOCHROME2"),
    "htj2k-ybr-rct": lambda n: coded(n, HT, FOUR, "YBR_RCT"),
    "htj2k-rpcl": lambda n: coded(n, uid.HTJ2KLosslessRPCL, GREY, "MONOCHROME2"),
    "jpeg-2000-irreversible": lambda n: coded(n, J2K, GREY, "MONOCHROME2", [irreversible(GREY[0])]),
    "jpeg-2000-not-transformed": lambda n: coded(n, J2K, RGB, "YBR_RCT", [untransformed(RGB[0])]),
    "jpeg-2000-transformed-ybr": lambda n: coded(n, J2K, RGB, "YBR_FULL"),
    "jpeg-2000-broken": lambda n: coded(n, J2K, GREY, "MONOCHROME2", [b"\xff\x4f\xff\x51" * 9]),
    "htj2k-cut": lambda n: coded(n, HT, GREY, "MONOCHROME2", [cut(HT)]),
    "jpeg-lossless-cut": lambda n: coded(
        n, uid.JPEGLosslessSV1, GREY, "MONOCHROME2", [cut(uid.JPEGLosslessSV1)]
    ),
    "jpeg-2000-cut": lambda n: coded(n, J2K, GREY, "MONOCHROME2", [cut(J2K)]),
    "jpeg-lossless-ybr-full": lambda n: coded(
        n, uid.JPEGLosslessSV1, RGB, "YBR_FULL", [lossless_jpeg(RGB[0])]
    ),
    "jpeg-lossless-12-bit": lambda n: coded(
        n,
        uid.JPEGLosslessSV1,
        values("<u2", bits=12),
        "MONOCHROME2",
        [bytes(imagecodecs.ljpeg_encode(values("<u2", bits=12)[0], bitspersample=12))],
    ),
    "jpeg-2000-lossy": lambda n: coded(
        n, uid.JPEG2000, GREY, "MONOCHROME2", [irreversible(GREY[0])]
    ),
    "jpeg-ls-near-lossless": lambda n: coded(
        n,
        uid.JPEGLSNearLossless,
        GREY,
        "MONOCHROME2",
        [bytes(imagecodecs.jpegls_encode(GREY[0], level=2))],
    ),
    "video": lambda n: coded(n, uid.MPEG2MPML, FOUR, "YBR_PARTIAL_420", [b"\0\0\1\xb3" * 9] * 4),
    "private-syntax": lambda n: coded(n, uid.UID(f"{PREFIX}.9"), GREY, "MONOCHROME2", [b"\1\2"]),
}


def of_class(ds: Dataset, sop_class: str) -> Dataset:
    """Return `ds` as an instance of another class."""
    ds.SOPClassUID = sop_class
    return ds


def floats(name: str, keyword: str, dtype: str) -> Dataset:
    """Return an instance with pixels that are no integers (PS3.3 C.7.6.24)."""
    ds = image(name, GREY, "MONOCHROME2")
    del ds.PixelData
    ds.BitsAllocated = np.dtype(dtype).itemsize * 8
    setattr(ds, keyword, values("<u2").astype(dtype).tobytes())
    return ds


def one_bit(name: str) -> Dataset:
    """Return a segmentation of one bit a pixel."""
    ds = image(name, GREY, "MONOCHROME2")
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 1, 1, 0
    ds.add_new("PixelData", "OB", bytes(246))
    return of_class(ds, uid.SegmentationStorage)


def halved(name: str, photometric: str) -> Dataset:
    """Return colours of which every second pixel has none of its own."""
    ds = image(name, RGB[:, :36, :52], photometric)
    ds.PixelData = bytes(36 * 52 * 2)
    return ds


def overlay_in_pixels(name: str) -> Dataset:
    """Return pixels with an overlay in a bit that they do not use."""
    ds = image(name, values("<u2", bits=13), "MONOCHROME2")
    return changed(ds, BitsStored=12, HighBit=11)


KEPT: dict[str, Callable[[str], bytes]] = {
    "one-bit": native(one_bit),
    "32-bit": native(lambda n: image(n, values("<u4"), "MONOCHROME2")),
    "float": native(lambda n: floats(n, "FloatPixelData", "<f4")),
    "double-float": native(lambda n: floats(n, "DoubleFloatPixelData", "<f8")),
    "whole-slide": native(
        lambda n: of_class(image(n, RGB, "RGB"), uid.VLWholeSlideMicroscopyImageStorage)
    ),
    "ybr-full-422": native(lambda n: halved(n, "YBR_FULL_422")),
    "ybr-partial-422": native(lambda n: halved(n, "YBR_PARTIAL_422")),
    "cmyk": native(lambda n: image(n, values("|u1", 4), "CMYK")),
    "rgb-signed": native(lambda n: image(n, values("|i1", 3), "RGB")),
    "rgb-arrangement-missing": native(
        lambda n: changed(image(n, RGB, "RGB"), PlanarConfiguration=None)
    ),
    "high-bit": native(lambda n: changed(image(n, GREY, "MONOCHROME2"), BitsStored=12)),
    "overlay-in-pixels": native(overlay_in_pixels),
    "more-pixels-than-told": native(lambda n: changed(image(n, GREY, "MONOCHROME2"), Rows=30)),
    "report": without_pixels(uid.BasicTextSRStorage, "SR"),
    "key-objects": without_pixels(uid.KeyObjectSelectionDocumentStorage, "KO"),
    "presentation-state": without_pixels(uid.GrayscaleSoftcopyPresentationStateStorage, "PR"),
    "pdf": native(
        lambda n: changed(base(n, uid.EncapsulatedPDFStorage), EncapsulatedDocument=b"%PDF-1.4")
    ),
    "stl": native(
        lambda n: changed(base(n, uid.EncapsulatedSTLStorage), EncapsulatedDocument=bytes(84))
    ),
    "waveform": without_pixels(uid.TwelveLeadECGWaveformStorage, "ECG"),
    "rt-plan": without_pixels(uid.RTPlanStorage, "RTPLAN"),
    "rt-structure-set": without_pixels(uid.RTStructureSetStorage, "RTSTRUCT"),
}
REFUSED: dict[str, Callable[[str], bytes]] = {
    "not-dicom": lambda _: b"nobody's picture\n",
    "empty": lambda _: b"",
    "cut": lambda n: written(image(n, GREY, "MONOCHROME2"))[:-100],
    "pixels-missing": native(lambda n: changed(image(n, GREY, "MONOCHROME2"), PixelData=None)),
    "uid-missing": native(lambda n: changed(image(n, GREY, "MONOCHROME2"), StudyInstanceUID=None)),
    "program-in-preamble": lambda n: b"MZ" + written(image(n, GREY, "MONOCHROME2"))[2:],
    "directory": without_pixels(uid.MediaStorageDirectoryStorage, ""),
}
