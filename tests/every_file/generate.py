"""Files that the public test sets do not have: one for each further row of the conformance table.

All are synthetic: a pattern of numbers, and a patient who never was.
"""

from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from typing import Any

import imagecodecs
import numpy as np
import numpy.typing as npt
from pydicom import Dataset, uid
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.filewriter import dcmwrite

Values = npt.NDArray[Any]
ROWS, COLUMNS = 37, 53  # odd, so that frames of bytes begin at odd places
PREFIX = "1.2.826.0.1.3680043.10.1537"


def values(dtype: str, samples: int = 1, frames: int = 1, *, bits: int = 0) -> Values:
    """Return a pattern (frames, rows, columns[, samples]) that uses the whole range."""
    shape = (frames, ROWS, COLUMNS) + (samples,) * (samples > 1)
    span = np.iinfo(np.dtype(dtype))
    top = (1 << bits) - 1 if bits else int(span.max)
    ramp = np.arange(np.prod(shape), dtype=np.int64).reshape(shape) * 7919
    return (ramp % (top - int(span.min) + 1) + int(span.min)).astype(dtype)


def rle(frame: Values) -> bytes:
    """Return a frame in RLE: a plane for each byte of each colour (PS3.5 §G.2)."""
    planes = [frame] if frame.ndim == 2 else list(np.moveaxis(frame, -1, 0))
    segments = []
    for plane in planes:
        parts = np.ascontiguousarray(plane).view(np.uint8).reshape(*plane.shape, -1)
        for byte in reversed(range(parts.shape[-1])):
            data = bytes(imagecodecs.packbits_encode(np.ascontiguousarray(parts[..., byte])))
            segments.append(data + b"\0" * (len(data) % 2))
    places = np.cumsum([64] + [len(each) for each in segments])[:-1]
    head = np.zeros(16, "<u4")
    head[0], head[1 : 1 + len(places)] = len(segments), places
    return head.tobytes() + b"".join(segments)


ENCODED = {  # syntax → how an encoder makes a frame of it
    uid.RLELossless: rle,
    uid.JPEGLSLossless: imagecodecs.jpegls_encode,
    uid.JPEGLosslessSV1: imagecodecs.ljpeg_encode,
    uid.JPEG2000Lossless: lambda frame: imagecodecs.jpeg2k_encode(
        frame, level=0, codecformat="j2k", reversible=True
    ),
    uid.HTJ2KLossless: lambda frame: imagecodecs.htj2k_encode(
        frame, rgb=frame.ndim == 3, planar=False, reversible=True
    ),
    uid.HTJ2KLosslessRPCL: lambda frame: imagecodecs.htj2k_encode(
        frame, rgb=frame.ndim == 3, planar=False, reversible=True, tlm=True
    ),
}


def base(name: str, sop_class: str = uid.SecondaryCaptureImageStorage) -> Dataset:
    """Return an instance without pixels."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
    ds.SOPClassUID = sop_class
    ds.SOPInstanceUID = f"{PREFIX}.{int.from_bytes(name.encode()[:12])}"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = f"{PREFIX}.1", f"{PREFIX}.2"
    ds.PatientName, ds.PatientID, ds.Modality = "Citizen^Ann", "0", "OT"
    return ds


def image(name: str, pixels: Values, photometric: str, *, planar: int = 0) -> Dataset:
    """Return an instance with native pixels (frames, rows, columns[, samples])."""
    ds = base(name)
    bits = pixels.dtype.itemsize * 8
    ds.SamplesPerPixel = 1 if pixels.ndim == 3 else pixels.shape[-1]
    ds.PhotometricInterpretation = photometric
    if ds.SamplesPerPixel > 1:
        ds.PlanarConfiguration = planar
    if len(pixels) > 1:
        ds.NumberOfFrames = len(pixels)
    ds.Rows, ds.Columns = pixels.shape[1:3]
    ds.BitsAllocated = ds.BitsStored = bits
    ds.HighBit, ds.PixelRepresentation = bits - 1, int(pixels.dtype.kind == "i")
    raw = (np.moveaxis(pixels, -1, 1) if planar else pixels).tobytes()
    ds.add_new("PixelData", "OW" if bits > 8 else "OB", raw + b"\0" * (len(raw) % 2))
    return ds


def written(ds: Dataset) -> bytes:
    """Return `ds` as a file."""
    out = BytesIO()
    private = ds.file_meta.TransferSyntaxUID.is_private
    how = {"implicit_vr": False, "little_endian": True} if private else {}
    dcmwrite(out, ds, enforce_file_format=True, **how)
    return out.getvalue()


def coded(
    name: str, syntax: uid.UID, pixels: Values, photometric: str, frames: Sequence[bytes] = ()
) -> bytes:
    """Return a file with `pixels` compressed, or with `frames` instead."""
    ds = image(name, pixels, photometric)
    ds.file_meta.TransferSyntaxUID = syntax
    streams = frames or [bytes(ENCODED[syntax](np.ascontiguousarray(one))) for one in pixels]
    ds.add_new("PixelData", "OB", encapsulate(list(streams)))
    ds["PixelData"].is_undefined_length = True
    return written(ds)


def in_syntax(ds: Dataset, syntax: uid.UID) -> bytes:
    """Return `ds` written in another native syntax."""
    ds.file_meta.TransferSyntaxUID = syntax
    return written(ds)


def big_endian(ds: Dataset) -> bytes:
    """Return `ds` in big endian; pydicom leaves words as they are, so they are turned here."""
    for each in ds.iterall():
        if each.VR == "OW" or (each.VR == "OB" and each.tag == 0x7FE00010):
            each.VR = "OW"
            each.value = np.frombuffer(each.value, "<u2").astype(">u2").tobytes()
    return in_syntax(ds, uid.ExplicitVRBigEndian)


def with_tables(ds: Dataset) -> Dataset:
    """Return `ds` with look-up tables, overlays, numbers of every width, and nested sequences."""
    lut = Dataset()
    lut.add_new("LUTDescriptor", "US", [4, 0, 16])
    lut.add_new("LUTData", "OW", np.arange(4, dtype="<u2").tobytes())
    other = Dataset()
    other.add_new("LUTDescriptor", "US", [3, 0, 16])
    other.add_new("LUTData", "US", [1, 258, 65535])
    other.is_undefined_length_sequence_item = True
    ds.ModalityLUTSequence, ds.VOILUTSequence = [lut], [other, Dataset()]
    ds["VOILUTSequence"].is_undefined_length = True
    ds.add_new(0x60000010, "US", ROWS)
    ds.add_new(0x60000011, "US", COLUMNS)
    ds.add_new(0x60000050, "SS", [1, -1])
    ds.add_new(0x60000100, "US", 1)
    ds.add_new(0x60000102, "US", 0)
    ds.add_new(0x60003000, "OW", bytes(range(246)))
    ds.add_new("FrameIncrementPointer", "AT", [0x00181063])
    ds.add_new("RealWorldValueSlope", "FD", 1.25)
    ds.add_new("ReferencePixelX0", "SL", -70000)
    ds.add_new("ExposureTimeInms", "FD", [1.5, -2.5])
    ds.add_new("DisplayedAreaTopLeftHandCorner", "SL", [-1, 99999])
    ds.add_new("TableOfPixelValues", "OW", b"\1\2\3\4")
    return ds


def palette(name: str, dtype: str) -> Dataset:
    """Return indices with their colour tables of 16 bits."""
    ds = image(name, values(dtype, bits=8), "PALETTE COLOR")
    for colour, factor in (("Red", 1), ("Green", 3), ("Blue", 5)):
        ds.add_new(f"{colour}PaletteColorLookupTableDescriptor", "US", [256, 0, 16])
        table = (np.arange(256) * 257 * factor % 65536).astype("<u2").tobytes()
        ds.add_new(f"{colour}PaletteColorLookupTableData", "OW", table)
    return ds


def changed(ds: Dataset, **elements: object) -> Dataset:
    """Return `ds` with other elements; None removes one."""
    for keyword, value in elements.items():
        if value is None:
            delattr(ds, keyword)
        else:
            setattr(ds, keyword, value)
    return ds


def without_pixels(sop_class: str, modality: str) -> Callable[[str], bytes]:
    """Return what makes an instance of a class that has no pixels."""
    return lambda name: written(changed(base(name, sop_class), Modality=modality))


def native(ds: Callable[[str], Dataset]) -> Callable[[str], bytes]:
    """Return what writes the dataset that `ds` makes."""
    return lambda name: written(ds(name))


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
