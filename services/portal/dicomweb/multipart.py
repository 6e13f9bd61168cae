"""Several parts in one body (RFC 2387). Pure."""

import secrets
from collections.abc import Iterable

from shared.dicom.layout import Piece


def related(parts: Iterable[Piece], media: str, part: str) -> tuple[list[Piece], str]:
    """Return `parts`, each with Content-Type `part`, as pieces of a body, and its Content-Type."""
    boundary = secrets.token_hex(16)  # 128 random bits stand in no picture
    head, tail = ends(boundary, part)
    body = [piece for each in parts for piece in (head, each, b"\r\n")]
    return [*body, tail], kind(media, boundary)


def ends(boundary: str, part: str) -> tuple[bytes, bytes]:
    """Return what stands before each part (its content is followed by CR LF), and at the end."""
    head = f"--{boundary}\r\nContent-Type: {part}\r\n\r\n"
    return head.encode("ascii"), f"--{boundary}--\r\n".encode("ascii")


def kind(media: str, boundary: str) -> str:
    """Return the Content-Type of the whole."""
    return f'multipart/related; type="{media}"; boundary={boundary}'
