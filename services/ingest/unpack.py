"""Archives: each file of one becomes an object of its own in the drop, where the sweep finds it.

The archive stays in the drop until every file has its receipt. So nothing has to be remembered:
killed anywhere, it is found again, and what is there or received is not put twice. And the site's
watermark stands before the archive for as long, so that no study is called complete meanwhile.
"""

import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile
from threading import Lock
from time import monotonic
from typing import BinaryIO, cast

import structlog

from services.ingest.arrivals import BACKFILL, BUCKET, Dropped, digest, lane_of
from services.ingest.content import Content
from services.ingest.declared import SUFFIX
from services.ingest.zipped import Archive, Member, read
from shared.crashpoint import reached
from shared.events import Lane
from shared.storage import Storage

log = structlog.get_logger()

UNPACKED = ".unpacked"
OUT_OF_ARCHIVE = re.compile(rf"[^/]+/({BACKFILL}/)?{re.escape(UNPACKED)}/")
IN_MEMORY = 8 << 20  # bytes of a member before it goes to disk
PATIENCE = 600.0  # seconds of putting for one message; the broker waits 30 minutes for its ack


def prefix_of(hint: Dropped, content: Content) -> str:
    """Return where the files of an archive go: nothing of its name, and in its own lane."""
    lane = f"{BACKFILL}/" if lane_of(hint.key) is Lane.BACKFILL else ""
    return f"{hint.site}/{lane}{UNPACKED}/{content.sha256}/"


def came_unpacked(key: str) -> bool:
    """Say whether a drop key is that of a file out of an archive."""
    return OUT_OF_ARCHIVE.match(key) is not None


class Unpacking:
    """What is being unpacked by this process; safe to share between threads.

    `received` says which drop digests of a site have a receipt; `again` lets the next sweep hint a
    key's version.
    """

    def __init__(
        self,
        storage: Storage,
        received: Callable[[str, Collection[str]], frozenset[str]],
        again: Callable[[str, str], None],
        patience: float = PATIENCE,
    ) -> None:
        """Keep the edges."""
        self._storage, self._received, self._again = storage, received, again
        self._patience = patience
        self._lock = Lock()
        self._busy: set[tuple[str, str]] = set()
        self._expected: dict[tuple[str, str], frozenset[str]] = {}

    @contextmanager
    def alone(self, hint: Dropped) -> Iterator[bool]:
        """Say whether to look at it: not while another thread is at it, or its files come in."""
        place = (hint.key, hint.version)
        with self._lock:
            mine = place not in self._busy
            self._busy.add(place)
        try:
            yield mine and not self._comes_in(hint.site, place)
        finally:
            if mine:
                with self._lock:
                    self._busy.discard(place)

    def _comes_in(self, site: str, place: tuple[str, str]) -> bool:
        """Spare a second look at an archive; what is known here may be lost with the process."""
        expected = self._expected.get(place)
        if expected and expected != self._received(site, expected):
            self._again(*place)
            return True
        self._expected.pop(place, None)
        return False

    def unpacked(self, hint: Dropped, file: BinaryIO, content: Content, archive: Archive) -> bool:
        """Put what is neither in the drop nor received; say whether all was received before."""
        prefix = prefix_of(hint, content)
        keys = {
            f"{prefix}{each.number:05}{SUFFIX if each.manifest else ''}": each
            for each in archive.members
        }
        left = self._left(hint.site, prefix, keys)
        if not left:
            return True
        rest = self._put(file, [(key, each) for key, each in left.items() if each])
        log.info("archive_unpacked", site=hint.site, sha256=content.sha256, left=rest)
        if not rest:
            reached("ingest.archive.unpacked")
            self._expected[hint.key, hint.version] = frozenset(map(digest, keys))
        self._again(hint.key, hint.version)
        return False

    def _left(self, site: str, prefix: str, keys: dict[str, Member]) -> dict[str, Member | None]:
        """Return the members without receipts by their keys; None for those that lie in the drop.

        The drop is asked first: what leaves it in between has its receipt.
        """
        waiting = {found.key for found in self._storage.list(BUCKET, prefix)}
        digests = {key: digest(key) for key in keys}
        received = self._received(site, digests.values())
        return {
            key: None if key in waiting else member
            for key, member in keys.items()
            if digests[key] not in received
        }

    def _put(self, file: BinaryIO, members: list[tuple[str, Member]]) -> int:
        """Put members, one at least, while patience lasts; return how many are left for later."""
        limit = monotonic() + self._patience
        for done, (key, member) in enumerate(members, 1):
            with SpooledTemporaryFile(max_size=IN_MEMORY) as body:
                for chunk in read(member, file):
                    body.write(chunk)
                body.seek(0)
                self._storage.put(BUCKET, key, cast("BinaryIO", body))
            reached("ingest.member.put")
            if monotonic() >= limit:
                return len(members) - done
        return 0
