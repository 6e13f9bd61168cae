"""What runs in a limited child: bytes from outside are decoded and drawn here, nowhere else."""

from dataclasses import dataclass
from zlib import crc32

from services.portal.dicomweb.frames import Frames
from services.portal.dicomweb.served import Served
from shared.dicom.draw import Drawing, decoded, drawn
from shared.dicom.draw import bulk as values_of
from shared.dicom.explicit import explicit
from shared.storage.s3 import S3


@dataclass(frozen=True, slots=True)
class Kept:
    """What was stored: size in bytes, CRC-32 and SHA-256."""

    size: int
    crc32: int
    sha256: str


class Child:
    """What one child process keeps between two frames."""

    frames: Frames
    storage: S3


def set_up(endpoint: str, access_key: str, secret_key: str, region: str) -> None:
    """Start a child: its connection to the store is made once."""
    Child.storage = S3(endpoint, access_key, secret_key, region, pool=1)
    Child.frames = Frames(Child.storage)


def draw(served: Served, number: int, how: Drawing) -> bytes:
    """Return the frame `number`, from 0, as a picture.

    Raises:
        Unreadable: it cannot be drawn.
        IndexError: there is no such frame.
        EdgeDown: the store does not answer.

    """
    with Child.frames.opened(served) as file:
        layout, (stream,) = Child.frames.read(served, [number], file)
        return drawn(file, bytes(stream), layout, number, how)


def bulk(served: Served, path: tuple[str, ...]) -> bytes:
    """Return the bytes of one value of a header.

    Raises:
        Unreadable: there is no such value.
        EdgeDown: the store does not answer.

    """
    with Child.frames.opened(served) as file:
        return values_of(file, path)


def plain(served: Served) -> bytes:
    """Return the whole file in Explicit VR Little Endian.

    Raises:
        Unreadable: it cannot be had so.
        EdgeDown: the store does not answer.

    """
    with Child.frames.opened(served) as file:
        return explicit(file)


def keep_plain(served: Served, bucket: str, key: str) -> Kept:
    """Store the whole file in Explicit VR Little Endian: only this child has its bytes.

    Raises:
        Unreadable: it cannot be had so.
        EdgeDown: the store does not answer.

    """
    content = plain(served)
    stored = Child.storage.put(bucket, key, content)
    return Kept(stored.size, crc32(content), stored.sha256)


def decode(served: Served, number: int) -> bytes:
    """Return the frame `number`, from 0, as native little-endian pixels; raises as `draw` does."""
    layout, (stream,) = Child.frames.read(served, [number])
    return decoded(bytes(stream), layout) if layout.encapsulated else bytes(stream)
