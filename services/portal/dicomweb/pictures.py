"""Frames and pictures for the routes: bytes as stored from here, all else by a limited child."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from threading import Lock

from services.portal.dicomweb import child
from services.portal.dicomweb.frames import Frames
from services.portal.dicomweb.served import Served
from services.portal.settings import Settings
from shared.children import ChildDied, Children
from shared.dicom.draw import Drawing
from shared.dicom.explicit import LARGEST
from shared.dicom.layout import Piece
from shared.dicom.refusal import Unreadable
from shared.errors import EdgeDown
from shared.storage import Storage

ROOM = 64 << 20  # bytes of pictures kept
PRELOAD = ("services.portal.dicomweb.child",)


class Pictures:
    """What a process knows of the objects it serves; of who may see them it knows nothing."""

    def __init__(self, storage: Storage, settings: Settings) -> None:
        """Make the children; they start with the first picture."""
        self._frames = Frames(storage)
        self._children = Children(
            settings.children,
            initializer=child.set_up,
            initargs=(
                settings.s3_endpoint,
                settings.s3_access_key.get_secret_value(),
                settings.s3_secret_key.get_secret_value(),
                settings.s3_region,
            ),
            service="portal",
            log_level=settings.log_level,
            memory_bytes=settings.child_memory_mb << 20,
            preload=PRELOAD,
        )
        self._run = partial(self._children.run, timeout=settings.child_seconds)
        self._drawn: OrderedDict[tuple[str, str, int, Drawing], bytes] = OrderedDict()
        self._bytes = 0
        self._guard = Lock()

    def warm(self) -> None:
        """Have a child up, so that the first picture need not wait for it."""
        self._children.run(bool)

    def close(self) -> None:
        """End the children."""
        self._children.close()

    def stored(self, served: Served, numbers: Sequence[int]) -> Sequence[Piece]:
        """Return frames, numbered from 0, as they are stored; raises as `Frames.read` does."""
        return self._frames.read(served, numbers)[1]

    def decoded(self, served: Served, numbers: Sequence[int]) -> Sequence[Piece]:
        """Return frames, numbered from 0, as native little-endian pixels.

        Where the original has them so, they are its own; nothing needs to be decoded then.

        Raises:
            Unreadable: one cannot be decoded.

        """
        with suppress(EdgeDown):  # it is damaged, or gone: the copy may not be
            if served.plain is not None and (found := self._plain(served.plain, numbers)):
                return found
        return [self._in_child(child.decode, served, number) for number in numbers]

    def plain(self, served: Served) -> bytes:
        """Return the whole file in Explicit VR Little Endian.

        Raises:
            Unreadable: it is too large for that, or its pixels cannot be decoded.

        """
        if served.size > LARGEST:
            code = "too-large"
            raise Unreadable(code)
        return self._in_child(child.plain, served)

    def kept_plain(self, served: Served, bucket: str, key: str) -> child.Kept:
        """Store the same under `key`, and say what was stored.

        Raises:
            Unreadable: it is too large for that, or its pixels cannot be decoded.

        """
        if served.size > LARGEST:
            code = "too-large"
            raise Unreadable(code)
        try:
            return self._run(child.keep_plain, served, bucket, key)
        except ChildDied as death:
            raise Unreadable(death.code) from None

    def bulk(self, served: Served, path: tuple[str, ...]) -> bytes:
        """Return the bytes of one value of a header; `path` is as `draw.bulk` takes it.

        Raises:
            Unreadable: there is no such value.

        """
        return self._in_child(child.bulk, served, path)

    def drawn(self, served: Served, number: int, how: Drawing) -> bytes:
        """Return the frame `number`, from 0, as a picture.

        Raises:
            Unreadable: it cannot be drawn.
            IndexError: there is no such frame.

        """
        place = (served.bucket, served.key, number, how)
        with self._guard:
            if place in self._drawn:
                self._drawn.move_to_end(place)
                return self._drawn[place]
        picture = self._in_child(child.draw, served, number, how)
        with self._guard:
            if place not in self._drawn:
                self._drawn[place] = picture
                self._bytes += len(picture)
            while self._bytes > ROOM:
                self._bytes -= len(self._drawn.popitem(last=False)[1])
        return picture

    def _plain(self, original: Served, numbers: Sequence[int]) -> list[Piece] | None:
        """Return frames of an original of one sample a pixel: the copy's header tells of others."""
        known = self._frames.known(original)
        if known is not None and known.image.samples != 1:
            return None
        layout, found = self._frames.read(original, numbers)
        return found if layout.image.samples == 1 else None

    def _in_child(self, function: Callable[..., bytes], *args: object) -> bytes:
        try:
            return self._run(function, *args)
        except ChildDied as death:
            raise Unreadable(death.code) from None
