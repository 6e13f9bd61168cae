"""The bytes of a take: compared with what was received before they leave, in bounded memory."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from hashlib import sha256
from time import monotonic
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

import structlog

from services.portal.dicomweb.whole import sound
from services.portal.take.contents import Frozen
from services.portal.take.packing import Part, Slice
from shared.errors import EdgeDown
from shared.storage import Storage

if TYPE_CHECKING:
    from hashlib import _Hash as HASH

log = structlog.get_logger()

CHUNK = 1 << 18  # bytes sent at a time
WHOLE = 64 << 20  # bytes; a longer original is compared while it is sent
PIECE = 8 << 20  # bytes of such a one that are fetched at a time
AHEAD = 4  # originals, or pieces of one, that are fetched before their turn
ASK_SECONDS = 1.0  # how long a permission is believed while bytes flow

Begun: TypeAlias = "bytes | Slice | Future[BinaryIO]"


class Sending:
    """One answer. `ask` raises when the reader may not any more; `made` gives what we made."""

    def __init__(
        self, storage: Storage, made: Callable[[int], bytes], ask: Callable[[], None]
    ) -> None:
        """Fetch nothing yet."""
        self._storage, self._made, self._ask = storage, made, ask
        self._asked = monotonic()

    def pieces(self, parts: Iterable[Part]) -> Iterator[bytes]:
        """Yield the bytes of `parts`.

        Raises:
            EdgeDown: an original is not there, or has other bytes: the answer is broken off.
            Hidden: the permission was withdrawn meanwhile.

        """
        pool = ThreadPoolExecutor(AHEAD, thread_name_prefix="take")
        waiting: deque[tuple[Part, Begun]] = deque()
        try:
            for part in parts:
                waiting.append((part, self._begun(pool, part)))
                if len(waiting) > AHEAD:
                    yield from self._checked(pool, *waiting.popleft())
            while waiting:
                yield from self._checked(pool, *waiting.popleft())
        finally:
            for _, begun in waiting:
                if isinstance(begun, Future) and not begun.cancel():
                    begun.add_done_callback(closed)
            pool.shutdown(wait=False, cancel_futures=True)

    def _begun(self, pool: ThreadPoolExecutor, part: Part) -> Begun:
        if isinstance(part, bytes):
            return part
        member = of(part)
        if member.key is None or member.size > WHOLE:
            return part
        return pool.submit(sound, self._storage, member.key, member.sha256, member.bucket)

    def _checked(self, pool: ThreadPoolExecutor, part: Part, begun: Begun) -> Iterator[bytes]:
        for chunk in self._bytes(pool, part, begun):
            if monotonic() - self._asked > ASK_SECONDS:
                self._ask()
                self._asked = monotonic()
            yield chunk

    def _bytes(self, pool: ThreadPoolExecutor, part: Part, begun: Begun) -> Iterator[bytes]:
        if isinstance(part, bytes):
            yield part
        elif isinstance(begun, Future):
            with begun.result() as file:
                file.seek(part.start)
                yield from chunks(file, part.stop - part.start)
        elif of(part).key is None:
            yield self._made(part.placed.place)[part.start : part.stop]
        else:
            yield from self._large(pool, part)

    def _large(self, pool: ThreadPoolExecutor, part: Slice) -> Iterator[bytes]:
        """Yield a long original; of a whole one the last piece only when all of it is right."""
        member, digest = of(part), sha256()
        whole = part.start == 0 and part.stop == member.size
        begun: deque[tuple[int, Future[bytes]]] = deque()
        for at in range(part.start, part.stop, PIECE):
            length = min(PIECE, part.stop - at)
            read = pool.submit(self._storage.read, member.bucket, str(member.key), at, length)
            begun.append((length, read))
            if len(begun) > AHEAD:
                yield from pieces(begun.popleft(), digest)
        while len(begun) > 1:
            yield from pieces(begun.popleft(), digest)
        last = list(pieces(begun.popleft(), digest))
        if whole and digest.hexdigest() != member.sha256:
            log.error("original_corrupt", sha256=member.sha256)
            edge = "s3"
            raise EdgeDown(edge)
        yield from last


def pieces(begun: "tuple[int, Future[bytes]]", digest: "HASH") -> Iterator[bytes]:
    """Yield what was read, digested.

    Raises:
        EdgeDown: there is less of it than there should be.

    """
    length, read = begun
    piece = read.result()
    if len(piece) != length:
        edge = "s3"
        raise EdgeDown(edge)
    digest.update(piece)
    for start in range(0, length, CHUNK):
        yield piece[start : start + CHUNK]


def of(part: Slice) -> Frozen:
    """Return the member that a part is of."""
    member = part.placed.member
    if not isinstance(member, Frozen):
        raise TypeError
    return member


def chunks(file: BinaryIO, length: int) -> Iterator[bytes]:
    """Yield `length` bytes of a file that holds them."""
    while length > 0:
        chunk = file.read(min(CHUNK, length))
        length -= len(chunk)
        yield chunk


def closed(begun: "Future[BinaryIO]") -> None:
    """Close what was opened for nobody."""
    if not begun.cancelled() and begun.exception() is None:
        begun.result().close()
