"""An object as a seekable file, of which only what is read is fetched."""

from io import BufferedReader, RawIOBase
from os import SEEK_CUR, SEEK_END, SEEK_SET
from typing import TYPE_CHECKING, BinaryIO, cast

from shared.storage import Storage

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

AHEAD = 64 << 10  # bytes fetched at a time: most headers are shorter


def ranged(storage: Storage, bucket: str, key: str, size: int) -> BinaryIO:
    """Return the object, of `size` bytes, as a file. Reading may raise what `Storage.read` does."""
    return cast("BinaryIO", BufferedReader(Ranged(storage, bucket, key, size), AHEAD))


class Ranged(RawIOBase):
    """One ranged GET a read."""

    name = ""  # pydicom asks; a key may bear a name

    def __init__(self, storage: Storage, bucket: str, key: str, size: int) -> None:
        """Begin at the object's first byte."""
        self._read = storage.read
        self._place = (bucket, key)
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        """Say yes."""
        return True

    def seekable(self) -> bool:
        """Say yes."""
        return True

    def tell(self) -> int:
        """Return where the next read begins."""
        return self._at

    def seek(self, offset: int, whence: int = SEEK_SET) -> int:
        """Go somewhere; nothing is fetched."""
        self._at = offset + {SEEK_SET: 0, SEEK_CUR: self._at, SEEK_END: self._size}[whence]
        return self._at

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fill `buffer`, or as much of it as there is."""
        room = memoryview(buffer)
        data = self._read(*self._place, self._at, min(len(room), max(self._size - self._at, 0)))
        room[: len(data)] = data
        self._at += len(data)
        return len(data)
