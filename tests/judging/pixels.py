"""Whether a fast copy has the original's pixels: cut out here, decoded by OpenJPEG."""

import shutil
import struct
import subprocess
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import imagecodecs
import numpy as np
import numpy.typing as npt
from pydicom import Dataset, dcmread
from pydicom.encaps import generate_frames
from pydicom.pixels.utils import pixel_array
from pydicom.uid import ImplicitVRLittleEndian

HTJ2K_LOSSLESS_RPCL = b"1.2.840.10008.1.2.4.202"
SOC_SIZ = b"\xff\x4f\xff\x51"  # ISO/IEC 15444-1 A.4.1: a codestream starts with these
JPEG_2000_LOSSLESS = "1.2.840.10008.1.2.4.90"
JPEG_LOSSLESS = {"1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70"}
# PS3.6 Table A-1: what loses nothing, and is little endian.
LOSSLESS = {
    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.1",
    "1.2.840.10008.1.2.5",
    "1.2.840.10008.1.2.4.57",
    "1.2.840.10008.1.2.4.70",
    "1.2.840.10008.1.2.4.80",
    "1.2.840.10008.1.2.4.90",
    "1.2.840.10008.1.2.4.201",
    "1.2.840.10008.1.2.4.202",
}
LONG_LENGTH = {b"OB", b"OW", b"OV", b"OD", b"OF", b"OL", b"SQ", b"UC", b"UN", b"UR", b"UT", b"UV"}
LONG_LENGTH |= {b"SV"}
UNDEFINED = 0xFFFFFFFF
OFFSETS, LENGTHS, PIXELS = (0x7FE0, 0x0001), (0x7FE0, 0x0002), (0x7FE0, 0x0010)
ITEM, ITEM_END, SEQUENCE_END = (0xFFFE, 0xE000), (0xFFFE, 0xE00D), (0xFFFE, 0xE0DD)


class NotSound(Exception):
    """The copy is not built as it must be; the text says what is wrong."""


@dataclass(frozen=True, slots=True)
class Element:
    """One data element of a dataset in explicit VR little endian: where its value lies."""

    tag: tuple[int, int]
    start: int
    length: int


@cache
def must_be_recoded(path: Path) -> bool:
    """Say whether a fast copy of `path` is due: one sample, 8 or 16 bits, nothing lost yet."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ds = dcmread(path, force=True)
    if "PixelData" not in ds or "TransferSyntaxUID" not in ds.file_meta:
        return False
    syntax = ds.file_meta.TransferSyntaxUID
    if syntax not in LOSSLESS or ds.SamplesPerPixel != 1 or ds.BitsAllocated not in {8, 16}:
        return False
    return syntax.is_encapsulated or fits(ds)


def fits(ds: Dataset) -> bool:
    """Say whether the unused bits of native pixels only continue the value (PS3.5 §8.1.1)."""
    dtype = ("<i" if ds.PixelRepresentation else "<u") + str(ds.BitsAllocated // 8)
    values = np.frombuffer(ds.PixelData, dtype)
    unused = ds.BitsAllocated - ds.BitsStored
    return np.array_equal((values << unused) >> unused, values)


@cache
def original_frames(path: Path) -> npt.NDArray[np.integer]:
    """Return the stored values of a dropped file as (frames, rows, columns)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ds = dcmread(path, force=True)
        if "TransferSyntaxUID" not in ds.file_meta:
            ds.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian  # PS3.5 §10.1
        syntax = ds.file_meta.TransferSyntaxUID
        if syntax == JPEG_2000_LOSSLESS:
            values = by_openjpeg(list(encapsulated(ds)))
        elif syntax in JPEG_LOSSLESS:  # for which pydicom has no decoder under a free licence
            values = np.stack([imagecodecs.jpegsof3_decode(one) for one in encapsulated(ds)])
        else:
            values = pixel_array(ds, raw=True)
    return values.reshape(-1, ds.Rows, ds.Columns)


def encapsulated(ds: Dataset) -> Iterator[bytes]:
    """Yield the frames of encapsulated pixel data as they are."""
    count = int(ds.get("NumberOfFrames") or 1)
    yield from generate_frames(ds.PixelData, number_of_frames=count)


def by_openjpeg(frames: list[bytes]) -> npt.NDArray[np.integer]:
    """Return the frames of an original in JPEG 2000 as (frames, rows, columns)."""
    with TemporaryDirectory() as folder:
        found = decode({str(place): frame for place, frame in enumerate(frames)}, Path(folder))
    return np.stack([found[str(place)] for place in range(len(frames))])


def codestreams(copy: bytes) -> list[bytes]:
    """Return the frames of a Part 10 file, by its Extended Offset Table (PS3.3 C.7.6.3.1.8).

    Raises:
        NotSound: it is not one in HTJ2K Lossless RPCL, or the table does not point to frames.

    """
    if copy[128:132] != b"DICM" or HTJ2K_LOSSLESS_RPCL not in copy[:1024]:
        msg = "no Part 10 file in HTJ2K Lossless RPCL"
        raise NotSound(msg)
    found = {element.tag: element for element in walk(copy, 132)}
    if not {OFFSETS, LENGTHS, PIXELS} <= set(found):
        msg = "no pixel data with an extended offset table"
        raise NotSound(msg)
    offsets, lengths = (numbers(copy, found[tag]) for tag in (OFFSETS, LENGTHS))
    start = found[PIXELS].start
    first = start + 8 + struct.unpack_from("<I", copy, start + 4)[0]  # past the basic table
    frames = []
    for offset, length in zip(offsets, lengths, strict=True):
        frames.append(copy[first + offset + 8 :][:length])
    if not all(frame.startswith(SOC_SIZ) for frame in frames):
        msg = "the offset table does not point to codestreams"
        raise NotSound(msg)
    return frames


def numbers(content: bytes, element: Element) -> tuple[int, ...]:
    """Return the 64-bit values of an OV element."""
    return struct.unpack_from(f"<{element.length // 8}Q", content, element.start)


def walk(content: bytes, position: int) -> Iterator[Element]:
    """Yield the elements of the outermost level; sequences are stepped over."""
    while position + 8 <= len(content):
        group, element, vr = struct.unpack_from("<HH2s", content, position)
        long = vr in LONG_LENGTH
        length = struct.unpack_from("<I" if long else "<H", content, position + (8 if long else 6))
        start = position + (12 if long else 8)
        yield Element((group, element), start, length[0])
        if (group, element) == PIXELS:
            return
        undefined = length[0] == UNDEFINED
        position = after_sequence(content, start) if undefined else start + length[0]


def after_sequence(content: bytes, position: int) -> int:
    """Return where a sequence of undefined length ends (PS3.5 §7.5.2)."""
    while True:
        group, element, length = struct.unpack_from("<HHI", content, position)
        position += 8
        if (group, element) == SEQUENCE_END:
            return position
        position = after_item(content, position) if length == UNDEFINED else position + length


def after_item(content: bytes, position: int) -> int:
    """Return where an item of undefined length ends."""
    while struct.unpack_from("<HH", content, position) != ITEM_END:
        element = next(walk(content, position))
        undefined = element.length == UNDEFINED
        position = (
            after_sequence(content, element.start) if undefined else element.start + element.length
        )
    return position + 8


def decode(frames: dict[str, bytes], folder: Path) -> dict[str, npt.NDArray[np.integer]]:
    """Return each named codestream's values (rows, columns), decoded by `opj_decompress`.

    What OpenJPEG refuses is left out. `folder` must be empty.
    """
    program = shutil.which("opj_decompress")
    if program is None:
        msg = "opj_decompress is missing: apt-get install libopenjp2-tools"
        raise FileNotFoundError(msg)
    for name, stream in frames.items():
        (folder / f"{name}.j2k").write_bytes(stream)
    subprocess.run(  # noqa: S603  a program of Debian's, and files of ours
        [program, "-ImgDir", str(folder), "-OutFor", "RAWL", "-quiet"],
        check=False,  # what could not be decoded has no file
        capture_output=True,
    )
    found = {}
    for name, stream in frames.items():
        raw = folder / f"{name}.rawl"
        if raw.exists():
            found[name] = shaped(raw.read_bytes(), stream)
    return found


def shaped(raw: bytes, stream: bytes) -> npt.NDArray[np.integer]:
    """Return OpenJPEG's raw output as (rows, columns), by the SIZ marker (15444-1 A.5.1)."""
    columns, rows = struct.unpack_from(">II", stream, 8)
    depth = stream[42]
    signed, bits = depth >> 7, (depth & 0x7F) + 1
    dtype = np.dtype(("<i" if signed else "<u") + ("1" if bits <= 8 else "2"))
    values = np.frombuffer(raw, dtype).reshape(rows, columns)
    unused = dtype.itemsize * 8 - bits  # OpenJPEG leaves them 0, also where the sign belongs
    return (values << unused) >> unused
