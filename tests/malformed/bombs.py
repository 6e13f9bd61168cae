"""Files that cost more than they weigh. Independent of the product."""

import zlib
from collections.abc import Iterator
from struct import pack

from pydicom.encaps import encapsulate
from pydicom.uid import (
    UID,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from tests.malformed.mutations import Must, Mutant, nests, texts
from tests.malformed.sources import CODECS, Source, ct, deflated, picture, written

MIB = 1 << 20
EDGE = 65535
START_OF_FRAME = {
    JPEGLosslessSV1: b"\xff\xc3",
    JPEGLSLossless: b"\xff\xf7",
}  # T.81 B.2.2, T.87 C.2.2


def bombs() -> Iterator[Mutant]:
    """Yield every bomb, and what is like one and must be taken."""
    plain = written(ct(), ExplicitVRLittleEndian)
    yield from nests(Source("ct", plain))
    yield from swollen()
    for syntax in (RLELossless, JPEGLSLossless, JPEG2000Lossless, JPEGLosslessSV1):
        stream = giant(syntax, CODECS[syntax](picture()[0]))
        what = f"{syntax.keyword}: {EDGE} x {EDGE} pixels in {len(stream)} bytes"
        content = enclosed(syntax, stream, 1, EDGE)
        yield Mutant("pixels", "bomb", what, content, Must.NOT_COPY)
        what = f"{syntax.keyword}: 2,000,000 frames in one"
        content = enclosed(syntax, stream, 2_000_000, 16)
        yield Mutant("pixels", "bomb", what, content, Must.REFUSE)
    runs = b"\x81\0" * (4 * MIB)  # PS3.5 G.3.1: 128 bytes of each two
    stream = pack("<16L", 2, 64, 64 + len(runs) // 2, *(0,) * 13) + runs
    content = enclosed(RLELossless, stream, 1, 0x3FFF)
    yield Mutant("pixels", "bomb", "RLELossless: 8 MB of runs, 512 MB", content, Must.NOT_COPY)


def charsets() -> Iterator[Mutant]:
    """Yield names in odd character sets."""
    dataset = ct()
    del dataset.SpecificCharacterSet, dataset.PatientName
    yield from texts(Source("ct", written(dataset, ExplicitVRLittleEndian)))


def giant(syntax: UID, stream: bytes) -> bytes:
    """Return a codestream that says of itself that it is EDGE by EDGE."""
    if syntax == JPEG2000Lossless:  # 15444-1 A.5.1: the size of picture and tile
        edge = pack(">LL", EDGE, EDGE)
        return stream[:8] + edge + stream[16:24] + edge + stream[32:]
    if syntax in START_OF_FRAME:
        at = stream.index(START_OF_FRAME[syntax]) + 5
        return stream[:at] + pack(">HH", EDGE, EDGE) + stream[at + 4 :]
    return stream


def enclosed(syntax: UID, stream: bytes, frames: int, edge: int) -> bytes:
    """Return a file with one fragment, whose header claims so many frames of this size."""
    ds = ct()
    ds.NumberOfFrames, ds.Rows, ds.Columns = frames, edge, edge
    ds.PixelData = encapsulate([stream])
    ds["PixelData"].VR, ds["PixelData"].is_undefined_length = "OB", True
    return written(ds, syntax)


def swollen() -> Iterator[Mutant]:
    """Yield deflated files that grow: by a value, by pixels, by elements; the last by layers."""
    source = deflated(16)
    head = source.inner[: source.deflate]
    body = source.inner[source.deflate :]
    zeros = bytes(MIB)
    value = b"\x09\0\x01\x10OB\0\0" + pack("<L", 1024 * MIB)
    for what, begin, filling, times in (
        ("a value of 1 GiB in 1 MB", body[:60] + value, zeros, 1024),
        ("1 GiB behind the end", body, zeros, 1024),
        ("30 million elements", body, b"\x09\0\x01\x10LO\0\0" * (MIB // 8), 240),
    ):
        squeeze = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
        squeezed = [squeeze.compress(begin), *(squeeze.compress(filling) for _ in range(times))]
        content = head + b"".join(squeezed) + squeeze.flush()
        yield Mutant("ct-deflated", "bomb", f"deflated: {what}", content, Must.REFUSE)
