"""The frames of what is served, each by one ranged read once it is known where it lies."""

from collections import OrderedDict
from collections.abc import Sequence
from io import BytesIO
from threading import Lock
from typing import BinaryIO

from services.portal.dicomweb.served import Served
from shared.dicom.layout import Layout, cut, layout, stripped
from shared.dicom.refusal import Unreadable
from shared.errors import EdgeDown
from shared.storage import Storage
from shared.storage.ranged import ranged

WHOLE = 4 << 20  # bytes: an object of one frame that is not longer is read whole, by one request
MOST = 512 << 20  # bytes sent at once
ROOM = 20_000  # layouts kept; content-addressed, so they stay true


class Frames:
    """Reads frames from `storage`; safe to share between threads. No permission is kept here."""

    def __init__(self, storage: Storage) -> None:
        """Begin knowing nothing."""
        self._storage = storage
        self._known: OrderedDict[tuple[str, str], Layout] = OrderedDict()
        self._guard = Lock()

    def opened(self, served: Served) -> BinaryIO:
        """Return the object as a file.

        Raises:
            EdgeDown: it is not there, or the store does not answer.

        """
        if served.frames in {None, 1} and served.size <= WHOLE:
            return BytesIO(self._bytes(served, 0, served.size))
        return ranged(self._storage, served.bucket, served.key, served.size)

    def layout(self, served: Served, file: BinaryIO | None = None) -> Layout:
        """Return where its frames lie; `file` is the object, where it is at hand.

        Raises:
            Unreadable: it has none, or they cannot be found.

        """
        place = (served.bucket, served.key)
        with self._guard:
            if place in self._known:
                self._known.move_to_end(place)
                return self._known[place]
        found = layout(file or self.opened(served))
        with self._guard:
            self._known[place] = found
            if len(self._known) > ROOM:
                self._known.popitem(last=False)
        return found

    def read(
        self, served: Served, numbers: Sequence[int], file: BinaryIO | None = None
    ) -> tuple[Layout, list[bytes]]:
        """Return the frames `numbers`, from 0: codestreams as stored, or native little endian.

        Raises:
            Unreadable: they cannot be found.
            IndexError: there is no such frame.
            OverflowError: they are too much for one answer.

        """
        with self._guard:
            known = self._known.get((served.bucket, served.key))
        if known is None:
            file = file or self.opened(served)
            known = self.layout(served, file)
        places = [known.place(number) for number in numbers]
        if sum(length for _, length in places) > MOST:
            raise OverflowError
        found = []
        for number, (offset, length) in zip(numbers, places, strict=True):
            if file is None:
                raw = self._bytes(served, offset, length)
            else:
                file.seek(offset)
                raw = whole(file.read(length), length)
            found.append(stripped(raw) if known.encapsulated else cut(raw, known, number))
        return known, found

    def _bytes(self, served: Served, offset: int, length: int) -> bytes:
        try:
            return whole(self._storage.read(served.bucket, served.key, offset, length), length)
        except FileNotFoundError:
            edge = "s3"  # the catalogue says that it is there
            raise EdgeDown(edge) from None


def whole(data: bytes, length: int) -> bytes:
    """Return `data`, all `length` bytes of it.

    Raises:
        Unreadable: the object is shorter than it was.

    """
    if len(data) < length:
        code = "cut"
        raise Unreadable(code)
    return data
