"""A deflated dataset (PS3.5 A.5), inflated within limits."""

import zlib
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from shared.dicom.limits import Limits
from shared.dicom.refusal import NotDicom, TooBig, Truncated

CHUNK = 1 << 16  # bytes
IN_MEMORY = 8 << 20  # bytes
RAW = -zlib.MAX_WBITS  # no zlib header, no checksum


def inflate(file: BinaryIO, compressed: int, limits: Limits) -> BinaryIO:
    """Return what `file` holds from where it stands (`compressed` bytes), inflated.

    Raises:
        TooBig: more comes out than a real file has.
        Truncated: the stream does not end.
        NotDicom: the bytes are no deflate stream.

    """
    most = max(limits.inflated_harmless, min(limits.inflated, limits.inflate_ratio * compressed))
    out = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  the caller closes it
    try:
        pour(file, cast("BinaryIO", out), most)
    except BaseException:
        out.close()
        raise
    return cast("BinaryIO", out)


def pour(file: BinaryIO, out: BinaryIO, most: int) -> None:
    """Inflate `file` into `out`, at most `most` bytes."""
    stream, checksum = zlib.decompressobj(RAW), 0
    while not stream.eof:
        chunk = stream.unconsumed_tail or file.read(CHUNK)
        if not chunk:
            code = "deflate-cut"
            raise Truncated(code)
        try:
            data = stream.decompress(chunk, CHUNK)
        except zlib.error:
            code = "not-deflated"
            raise NotDicom(code) from None
        checksum = zlib.crc32(data, checksum)
        if out.tell() + out.write(data) > most:
            code = "inflate-bomb"
            raise TooBig(code)
    # Padding, or the end of a gzip file (RFC 1952 §2.3.1): seen in real files.
    gzip_end = checksum.to_bytes(4, "little") + (out.tell() & 0xFFFFFFFF).to_bytes(4, "little")
    if (stream.unused_data + file.read(CHUNK)).removeprefix(gzip_end).strip(b"\0"):
        code = "bytes-after-end"
        raise NotDicom(code)
