"""The frames of what is served, each by one ranged read once it is known where it lies.

What is served is compared with its SHA-256 first: an object of one frame at every read, one of
several when it is opened and then once an hour; one that is longer than 64 MB is not compared.
"""

from collections import OrderedDict
from collections.abc import Sequence
from hashlib import sha256
from io import BytesIO
from threading import Lock
from time import monotonic
from typing import BinaryIO

import structlog

from services.portal.dicomweb.served import Served
from shared.dicom.layout import Layout, Piece, cut, layout, stripped
from shared.dicom.refusal import Unreadable
from shared.errors import EdgeDown
from shared.storage import Storage
from shared.storage.ranged import ranged

log = structlog.get_logger()

WHOLE = 4 << 20  # bytes: an object of one frame that is not longer is read whole, by one request
COMPARED = 64 << 20  # bytes: any other that is not longer is read whole before it is trusted
TRUSTED = 3600.0  # seconds
CHUNK = 1 << 18  # bytes
MOST = 512 << 20  # bytes sent at once
ROOM = 20_000  # layouts kept; content-addressed, so they stay true


class Frames:
    """Reads frames from `storage`; safe to share between threads. No permission is kept here."""

    def __init__(self, storage: Storage) -> None:
        """Begin knowing nothing."""
        self._storage = storage
        self._known: OrderedDict[tuple[str, str], Layout] = OrderedDict()
        self._trusted: OrderedDict[tuple[str, str], float] = OrderedDict()  # since when
        self._guard = Lock()

    def opened(self, served: Served) -> BinaryIO:
        """Return the object as a file.

        Raises:
            EdgeDown: it is not there, has other bytes (never served), or the store does not answer.

        """
        if small(served):
            return BytesIO(self._small(served))
        if not self._doubted(served):
            return ranged(self._storage, served.bucket, served.key, served.size)
        try:
            file = compared(served, self._storage.open(served.bucket, served.key))
        except FileNotFoundError:
            edge = "s3"  # the catalogue says that it is there
            raise EdgeDown(edge) from None
        with self._guard:
            self._trusted[served.bucket, served.key] = monotonic()
            if len(self._trusted) > ROOM:
                self._trusted.popitem(last=False)
        return file

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

    def known(self, served: Served) -> Layout | None:
        """Return where its frames lie, if that was asked before."""
        with self._guard:
            return self._known.get((served.bucket, served.key))

    def read(
        self, served: Served, numbers: Sequence[int], file: BinaryIO | None = None
    ) -> tuple[Layout, list[Piece]]:
        """Return the frames `numbers`, from 0: codestreams as stored, or native little endian.

        They may be parts of what was read, without being copied out of it.

        Raises:
            Unreadable: they cannot be found.
            IndexError: there is no such frame.
            OverflowError: they are too much for one answer.
            EdgeDown: as `opened` does.

        """
        known = self.known(served)
        data = self._small(served) if file is None and small(served) else None
        if file is None and data is None and (known is None or self._doubted(served)):
            file = self.opened(served)
        if known is None:
            known = self.layout(served, file if data is None else BytesIO(data))
        places = [known.place(number) for number in numbers]
        if sum(length for _, length in places) > MOST:
            raise OverflowError
        found = []
        for number, (offset, length) in zip(numbers, places, strict=True):
            raw: Piece
            if data is not None:
                raw = whole(memoryview(data)[offset : offset + length], length)
            elif file is None:
                raw = self._bytes(served, offset, length)
            else:
                file.seek(offset)
                raw = whole(file.read(length), length)
            found.append(stripped(raw) if known.encapsulated else cut(raw, known, number))
        return known, found

    def _doubted(self, served: Served) -> bool:
        """Say whether an object that is read by ranges has to be compared before."""
        if served.sha256 is None or served.size > COMPARED:
            return False
        with self._guard:
            since = self._trusted.get((served.bucket, served.key))
        return since is None or monotonic() - since > TRUSTED

    def _small(self, served: Served) -> bytes:
        """Return all of an object, once it is proved to be what was stored.

        Raises:
            EdgeDown: it has other bytes.

        """
        data = self._bytes(served, 0, served.size)
        proved(served, sha256(data).hexdigest())
        return data

    def _bytes(self, served: Served, offset: int, length: int) -> bytes:
        try:
            data = self._storage.read(served.bucket, served.key, offset, length)
        except FileNotFoundError:
            edge = "s3"  # the catalogue says that it is there
            raise EdgeDown(edge) from None
        whole(data, length)
        return data


def small(served: Served) -> bool:
    """Say whether one request brings all of it, and little more than was asked for."""
    return served.frames in {None, 1} and served.size <= WHOLE


def compared(served: Served, file: BinaryIO) -> BinaryIO:
    """Return `file`, from its beginning, once it is proved to be what was stored.

    Raises:
        EdgeDown: it has other bytes.

    """
    if served.sha256 is None:
        return file  # settled before the digest was kept
    sha = sha256()
    while chunk := file.read(CHUNK):
        sha.update(chunk)
    try:
        proved(served, sha.hexdigest())
    except EdgeDown:
        file.close()
        raise
    file.seek(0)
    return file


def proved(served: Served, digest: str) -> None:
    """Say nothing where `digest` is the one that was stored, or none was kept.

    Raises:
        EdgeDown: it is another.

    """
    if served.sha256 not in {None, digest}:
        log.error("served_corrupt", bucket=served.bucket, sha256=served.sha256)
        edge = "s3"
        raise EdgeDown(edge)


def whole(data: Piece, length: int) -> Piece:
    """Return `data`, all `length` bytes of it.

    Raises:
        Unreadable: the object is shorter than it was.

    """
    if len(data) < length:
        code = "cut"
        raise Unreadable(code)
    return data
