"""Good files to start from: pydicom's own, and some made here. Independent of the product.

Good is what another judge calls so: pydicom decodes its pixels, or it needs none and is complete.
"""

import warnings
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import TypeAlias

import imagecodecs
import numpy as np
from pydicom import Dataset, dcmread
from pydicom.data import data_manager
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import (
    UID,
    BasicTextSRStorage,
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    MRSpectroscopyStorage,
    RLELossless,
)

from tests.malformed.layout import Layout, NotUnderstood, layout

NO_FILES = {".py", ".pyc", ".json", ".typed", ".hashes", ".md", ".txt"}
PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
DIRECTORY = "1.2.840.10008.1.3.10"

Values: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.uint16]]


@dataclass(frozen=True)
class Source:
    """A good file. `inner` is what is mutated; from `deflate` on it is deflated in the end."""

    name: str
    inner: bytes
    deflate: int | None = None

    def wrapped(self, inner: bytes) -> bytes:
        """Return the file of which `inner` is the inside."""
        if self.deflate is None:
            return inner
        squeeze = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
        head, body = inner[: self.deflate], inner[self.deflate :]
        return head + squeeze.compress(body) + squeeze.flush()

    @property
    def content(self) -> bytes:
        """Return the good file."""
        return self.wrapped(self.inner)

    @cached_property
    def layout(self) -> Layout | None:
        """Return where everything is; None where the file is good and yet not by the letter."""
        try:
            if self.deflate is None:
                return layout(self.inner)
            undeflated = layout(
                self.inner.replace(b"1.2.840.10008.1.2.1.99", b"1.2.840.10008.1.2.1\0\0\0", 1)
            )
        except NotUnderstood:
            return None
        return undeflated


def real() -> Iterator[tuple[str, Path]]:
    """Yield every file of pydicom's that is installed."""
    roots = [Path(data_manager.__file__).parent]
    spec = find_spec("data_store")
    if spec is not None and spec.origin is not None:
        roots.append(Path(spec.origin).parent)
    for root in roots:
        for path in sorted(root.rglob("*")):
            if path.is_file() and path.suffix not in NO_FILES:
                yield path.relative_to(root).as_posix(), path


def good(content: bytes) -> bool:
    """Say whether pydicom finds all of it: who it is, and its pixels where it must have some."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ds = dcmread(BytesIO(content))
            who = (ds.SOPClassUID, ds.SOPInstanceUID, ds.StudyInstanceUID, ds.SeriesInstanceUID)
            if not all(each.is_valid for each in who) or ds.SOPClassUID == DIRECTORY:
                return False
            if any(keyword in ds for keyword in PIXELS):
                return bool(ds.pixel_array.size)
            if ds.SOPClassUID.keyword.endswith("ImageStorage"):
                return False
            return bool(layout(content).lengths)  # pydicom also reads what was cut
    except Exception:  # noqa: BLE001  pydicom raises whatever it meets
        return False


def small(most: int = 1 << 16) -> list[Source]:
    """Return the small good files whose layout is known, made ones first."""
    found = list(made())
    seen: set[tuple[object, ...]] = set()
    for name, path in real():
        if path.stat().st_size <= most and path.suffix == ".dcm" and good(path.read_bytes()):
            source = Source(name, path.read_bytes())
            if source.layout is None or not source.layout.lengths:
                continue
            kind = (source.layout.syntax, len(source.layout.lengths))
            if source.layout.syntax != DeflatedExplicitVRLittleEndian.encode() and kind not in seen:
                seen.add(kind)
                found.append(source)
    return found


def large() -> list[Source]:
    """Return four larger ones: native, by fragments, deflated, and one without pixels."""
    names = ("examples_rgb_color.dcm", "examples_ybr_color.dcm", "waveform_ecg.dcm")
    found = {path.name: Source(name, path.read_bytes()) for name, path in real()}
    return [*(found[name] for name in names if name in found), deflated(256)]


def made() -> Iterator[Source]:
    """Yield small files that were made for the purpose."""
    yield Source("ct", written(ct(), ExplicitVRLittleEndian))
    yield Source("ct-implicit", written(ct(), ImplicitVRLittleEndian))
    yield Source("ct-big-endian", written(ct(big=True), ExplicitVRBigEndian))
    yield Source("ct-blank", written(ct(blank=True), ExplicitVRLittleEndian))
    yield Source("ct-blank-implicit", written(ct(blank=True), ImplicitVRLittleEndian))
    yield Source("ct-three-frames", written(ct(frames=3), ExplicitVRLittleEndian))
    yield Source("ct-no-preamble", written(ct(), ExplicitVRLittleEndian)[132:])
    yield Source("spectrum", written(spectrum(), ExplicitVRLittleEndian))
    yield Source("report", written(report(), ExplicitVRLittleEndian))
    yield Source("report-implicit", written(report(), ImplicitVRLittleEndian))
    yield deflated(16)
    for syntax in CODECS:
        yield Source(f"ct-{syntax.keyword}", encoded(syntax))


def picture(frames: int = 1, edge: int = 16) -> Values:
    """Return (frames, edge, edge) values that no codec makes very small."""
    return np.random.default_rng(5).integers(0, 4096, (frames, edge, edge)).astype(np.uint16)


def ct(*, frames: int = 1, edge: int = 16, blank: bool = False, big: bool = False) -> Dataset:
    """Return a CT slice; no patient was ever near it."""
    ds = identified(CTImageStorage, "CT")
    ds.SpecificCharacterSet, ds.PatientName = "ISO_IR 192", "Synthetic^Case"
    ds.ReferencedImageSequence = [referenced(1), referenced(2)]
    ds.KVP, ds.SliceThickness, ds.ImageComments = "120", "1.5", "nothing to see here"
    ds.RevolutionTime = 0.5
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    if frames > 1:
        ds.NumberOfFrames = frames
    ds.Rows = ds.Columns = edge
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    values = picture(frames, edge) * (0 if blank else 1)
    ds.PixelData = values.astype(">u2" if big else "<u2").tobytes()
    return ds


def identified(sop_class: UID, modality: str) -> Dataset:
    """Return a dataset that says who it is."""
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = sop_class, "1.2.3.4.5"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = "1.2.3", "1.2.3.4"
    ds.Modality, ds.PatientID = modality, "S1"
    return ds


def referenced(number: int) -> Dataset:
    """Return an item that refers to another instance."""
    ds = Dataset()
    ds.ReferencedSOPClassUID, ds.ReferencedSOPInstanceUID = CTImageStorage, f"1.2.3.4.{number}"
    return ds


def report() -> Dataset:
    """Return a report: text in sequences of undefined and of given length."""
    ds = identified(BasicTextSRStorage, "SR")
    ds.ValueType, ds.ContinuityOfContent = "CONTAINER", "SEPARATE"
    ds.ContentSequence = []
    for line in ("one line", "another"):
        item = Dataset()
        item.RelationshipType, item.ValueType, item.TextValue = "CONTAINS", "TEXT", line
        item.ReferencedSOPSequence = [referenced(3)]
        item["ReferencedSOPSequence"].is_undefined_length = True
        item.is_undefined_length_sequence_item = True
        ds.ContentSequence.append(item)
    return ds


def spectrum() -> Dataset:
    """Return a spectrum, which has Rows and Columns and is no picture (PS3.3 C.8.14.1)."""
    ds = identified(MRSpectroscopyStorage, "MR")
    ds.Rows, ds.Columns, ds.DataPointRows, ds.DataPointColumns = 1, 1, 1, 8
    ds.SpectroscopyData = np.arange(16, dtype="<f4").tobytes()
    return ds


def written(ds: Dataset, syntax: UID) -> bytes:
    """Return `ds` as a Part 10 file."""
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    out = BytesIO()
    ds.save_as(
        out,
        implicit_vr=syntax.is_implicit_VR,
        little_endian=syntax.is_little_endian,
        enforce_file_format=True,
    )
    return out.getvalue()


def deflated(edge: int) -> Source:
    """Return a deflated CT slice."""
    plain = written(ct(edge=edge), ExplicitVRLittleEndian)
    name, syntax = b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.1.99"
    # The syntax grows by two bytes, and so do its length and its group's.
    at = plain.index(name)
    size = int.from_bytes(plain[140:144], "little") + 2
    inner = plain[:140] + size.to_bytes(4, "little") + plain[144 : at - 2]
    inner += len(syntax).to_bytes(2, "little") + syntax + plain[at + len(name) :]
    return Source(f"ct-deflated-{edge}", inner, 144 + size)


def rle(values: Values) -> bytes:
    """Return `values` by pydicom's own encoder (PS3.5 annex G)."""
    ds = ct(edge=len(values))
    written(ds, ExplicitVRLittleEndian)
    ds.compress(RLELossless, generate_instance_uid=False)
    return next(generate_frames(ds.PixelData, number_of_frames=1))


CODECS: dict[UID, Callable[[Values], bytes]] = {
    RLELossless: rle,
    JPEGLSLossless: lambda values: bytes(imagecodecs.jpegls_encode(values)),
    JPEG2000Lossless: lambda values: bytes(
        imagecodecs.jpeg2k_encode(values, level=0, codecformat="j2k", reversible=True)
    ),
    JPEGLosslessSV1: lambda values: bytes(imagecodecs.ljpeg_encode(values, bitspersample=16)),
    HTJ2KLossless: lambda values: bytes(imagecodecs.htj2k_encode(values, reversible=True)),
}


def encoded(syntax: UID, frames: int = 2, edge: int = 16) -> bytes:
    """Return a CT of some frames under `syntax`."""
    ds = ct(frames=frames, edge=edge)
    streams = [CODECS[syntax](values) for values in picture(frames, edge)]
    ds.PixelData = encapsulate(streams)
    ds["PixelData"].VR, ds["PixelData"].is_undefined_length = "OB", True
    return written(ds, syntax)
