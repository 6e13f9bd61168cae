"""What a compressed frame says of itself, where the header may say something else. Pure."""

from struct import Struct

SOC_SIZ = b"\xff\x4f\xff\x51"  # ISO/IEC 15444-1 A.4.1: how a JPEG 2000 codestream begins
COD, SOT = 0xFF52, 0xFF90  # A.6.1, A.4.2
MARKER = Struct(">HH")
TRANSFORM, WAVELET = 8, 13  # bytes from the marker COD
REVERSIBLE = 1  # the 5-3 wavelet: nothing is rounded away
HP_COLOUR = b"mrfx"  # APP8 of HP's JPEG-LS encoder: the colours are transformed
LEAD = 1024  # bytes in which it stands


def jpeg_2000(stream: bytes) -> tuple[bool, bool] | None:
    """Return whether a codestream's colours are transformed, and whether it is reversible.

    None where it cannot be told, or where a JP2 header stands before it, which may say otherwise.
    """
    if not stream.startswith(SOC_SIZ):
        return None
    at = 2
    while at + WAVELET < len(stream):
        marker, length = MARKER.unpack_from(stream, at)
        if marker == COD:
            return stream[at + TRANSFORM] == 1, stream[at + WAVELET] == REVERSIBLE
        if marker == SOT:
            break
        at += 2 + length
    return None


def jpeg_ls_transformed(stream: bytes) -> bool:
    """Say whether colours are transformed in a way that JPEG-LS (ISO/IEC 14495-1) does not know."""
    return HP_COLOUR in stream[:LEAD]
