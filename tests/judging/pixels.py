"""The frames of a fast copy: cut out here, decoded by OpenJPEG."""

import shutil
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

HTJ2K_LOSSLESS_RPCL = b"1.2.840.10008.1.2.4.202"
SOC_SIZ = b"\xff\x4f\xff\x51"  # ISO/IEC 15444-1 A.4.1: a codestream starts with these
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
    """Return each named codestream's values, decoded by `opj_decompress`.

    They are (rows, columns), or (rows, columns, components) in colour.

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
    """Return OpenJPEG's raw output, one plane after another, by the SIZ marker (15444-1 A.5.1)."""
    columns, rows = struct.unpack_from(">II", stream, 8)
    (components,) = struct.unpack_from(">H", stream, 40)
    depth = stream[42]
    signed, bits = depth >> 7, (depth & 0x7F) + 1
    dtype = np.dtype(("<i" if signed else "<u") + ("1" if bits <= 8 else "2"))
    values = np.frombuffer(raw, dtype).reshape(components, rows, columns)
    unused = dtype.itemsize * 8 - bits  # OpenJPEG leaves them 0, also where the sign belongs
    planes = (values << unused) >> unused
    return planes[0] if components == 1 else np.moveaxis(planes, 0, -1)


def colours_transformed(stream: bytes) -> bool:
    """Say whether a codestream's colours went through the component transform (A.6.1)."""
    cod = stream.index(b"\xff\x52")
    return stream[cod + 8] == 1
