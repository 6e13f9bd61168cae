"""One thumbnail a series: the slice with most detail, found without anyone coordinating."""

from collections import OrderedDict
from collections.abc import Callable

from shared.storage import Storage

BETTER = 1.25  # times as much detail, or the picture stays: replacing costs a request
ROOM = 4096  # series remembered by one child
BUCKET = "derived"


class Gallery:
    """The thumbnails of the series at hand. Detail is the size of a frame's codestream in bytes.

    Two children may look at once and the lesser picture be the last one put: it is a picture of
    that series all the same.
    """

    def __init__(self, storage: Storage, room: int = ROOM) -> None:
        """Begin knowing nothing: what is there is told by the stored pictures themselves."""
        self._storage = storage
        self._room = room
        self._known: OrderedDict[str, int] = OrderedDict()

    def offer(self, key: str, detail: int, picture: Callable[[], bytes | None]) -> bool:
        """Put `picture` at `key` if it shows clearly more than what hangs there; say whether."""
        if detail <= BETTER * self._known.get(key, 0):
            return False
        found = self._storage.look(BUCKET, key)
        hanging = int(dict(found.metadata).get("detail", "0")) if found else 0
        shown = picture() if detail > BETTER * hanging else None
        if shown is not None:
            told = {"detail": str(detail)}
            self._storage.put(BUCKET, key, shown, content_type="image/jpeg", metadata=told)
        self._remember(key, hanging if shown is None else detail)
        return shown is not None

    def _remember(self, key: str, detail: int) -> None:
        self._known[key] = detail
        self._known.move_to_end(key)
        if len(self._known) > self._room:
            self._known.popitem(last=False)
