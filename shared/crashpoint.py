"""Named points at which a process dies when it is told to: `CRASH_AT=<name>:<n>`.

For the proof that a `kill -9` may come anywhere (`make crashpoints`). Every step of every handler,
of the consumer and of the relay of the outbox ends at such a point. Where the variable is not
set, passing one costs a call.
"""

import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing import parent_process
from threading import Lock

VARIABLE = "CRASH_AT"
EVERY = ("ingest", "transcode", "index", "notify")
RELAYS = ("index", "notify", "portal")


@dataclass(frozen=True, slots=True)
class Point:
    """What has just happened at a point, and the services in which it is passed."""

    done: str
    services: tuple[str, ...]


def _of(services: tuple[str, ...], **points: str) -> dict[str, Point]:
    """Return the points of one module; `a_b__c_d` is `a-b.c-d`."""
    return {
        name.replace("__", ".").replace("_", "-"): Point(done, services)
        for name, done in points.items()
    }


POINTS: Mapping[str, Point] = {
    **_of(
        EVERY,
        consumer__hand__taken="messages are in hand, nothing is done",
        consumer__hand__handled="the messages are handled, the broker knows nothing of it",
        consumer__hand__moved="a dead letter or a retry is confirmed elsewhere, and still here",
        consumer__hand__acked="the acknowledgement is on its way to the broker",
    ),
    **_of(
        ("ingest", "transcode"),
        consumer__event__told="what follows from the message is confirmed",
        publisher__messages__sent="messages are on their way, none is confirmed",
    ),
    **_of(
        ("index",),
        batch__prepared="headers are read, no transaction is open",
        batch__handled="the rows of a batch are written, the studies are not counted",
        batch__committed="the batch is committed, no message of it is acknowledged",
    ),
    **_of(
        RELAYS,
        outbox__event__put="an event is in the outbox, its transaction is open",
        outbox__rows__taken="the relay has taken unsent rows, nothing is told",
        outbox__events__told="the events are confirmed, their rows say unsent",
        outbox__rows__marked="the rows say sent, that is not committed",
        outbox__rows__committed="the rows say sent for good",
        outbox__rows__pruned="what was sent long ago is forgotten",
    ),
    **_of(
        ("ingest",),
        ingest__drop__opened="a dropped object is read",
        ingest__drop__inspected="it is known what it is",
        ingest__original__kept="its bytes are at their place, without a receipt",
        ingest__reason__explained="the reason lies beside a quarantined object",
        ingest__receipts__inserted="receipts are written, not committed",
        ingest__receipts__committed="receipts are committed, nobody was told",
        ingest__receipt__written="a handler has its receipt, its event is not told",
        ingest__receipts__told="every event of a drop is confirmed, the drop is still there",
        ingest__drop__removed="the dropped version is removed, its message is in hand",
        ingest__member__put="one file of an archive lies in the drop",
        ingest__archive__unpacked="all files of an archive lie in the drop",
        ingest__decision__copied="a released object is in the archive, without a receipt",
        ingest__decision__settled="a decision is committed, its event is not told",
        ingest__sweep__listed="the drop is listed, the watermarks are not committed",
        ingest__sweep__hinted="the sweep's hints are confirmed, the watermarks not committed",
        ingest__sweep__committed="the watermarks are committed",
        ingest__arrival__told="the hint of a bucket event is confirmed",
        ingest__reconcile__marked="filed receipts are marked, others are due to be told again",
        ingest__reconcile__told="events are told again, that is not committed",
        ingest__scrub__compared="an original is read again, nothing is written of it",
        ingest__scrub__damaged="a damage is committed, nobody was told",
        ingest__scrub__told="a damage is told, its original does not count as looked at",
        ingest__scrub__committed="that an original was looked at is committed",
    ),
    **_of(
        ("transcode",),
        transcode__original__read="a child has read an original, and its digest is right",
        transcode__copy__made="a child has made the fast copy, and proven it",
        transcode__copy__stored="the fast copy is stored, the thumbnail is not",
        transcode__thumbnail__offered="the thumbnail is stored, nobody knows of the copy",
        transcode__result__had="the parent knows the result",
    ),
    **_of(
        ("index",),
        index__header__read="a header is read",
        index__record__made="a patient's record is committed, nothing of theirs is filed",
        index__content__written="a content's row is written, not committed",
        index__settlement__written="a settlement's row is written, not committed",
        index__studies__counted="the studies of a batch are counted, not committed",
        index__roster__read="a roster is read",
        index__roster__filed="a roster is committed",
        index__declaration__filed="a declaration is committed",
        index__claim__filed="a claim, or its end, is committed and heeded",
        index__wish__filed="a patient's wish is committed and heeded",
        index__release__reviewed="studies are released or held, not committed",
        index__due__claimed="a due study is claimed",
        index__metadata__stored="the metadata objects are stored, the study is not told of",
        index__study__told="a study's revision and its events are written, not committed",
        index__releases__asked="releases that nobody has heard of are told again, not committed",
    ),
    **_of(
        ("notify",),
        notify__debt__written="a letter is owed, that is not committed",
        notify__debt__committed="a letter is owed for good",
        notify__debts__settled="letters are due by now, that is not committed",
        notify__letter__claimed="a letter is claimed and its attempt committed, nothing is sent",
        notify__letter__sent="the mail server has the letter, the row says due",
        notify__letter__marked="the row says sent for good",
        notify__letter__postponed="a letter waits for its channel, that is committed",
        notify__letter__failed="a letter was refused, that is committed",
    ),
}


class _Armed:
    """The one point that kills, and how many passes it lets go by."""

    def __init__(self, told: str) -> None:
        """Read `<name>:<n>`.

        Raises:
            ValueError: there is no such point, so nothing would be proven.

        """
        self.name, _, passes = told.partition(":")
        if self.name not in POINTS:
            msg = f"{VARIABLE} names no point: {self.name}"
            raise ValueError(msg)
        self._left = int(passes or 1)
        self._lock = Lock()

    def passed(self, name: str) -> None:
        """Die at the `n`-th pass."""
        if name != self.name:
            return
        with self._lock:
            self._left -= 1
            if self._left == 0:
                die(name)


def die(name: str) -> None:
    """Say where, and kill this process; in a child, the service that it works for, and then it."""
    os.write(2, f'{{"event": "crashed", "point": "{name}"}}\n'.encode())
    parent = parent_process()
    if parent is not None and parent.pid is not None:
        os.kill(parent.pid, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


_armed = _Armed(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None


def reached(name: str) -> None:
    """Pass the point `name`, one of `POINTS`."""
    if _armed is not None:
        _armed.passed(name)
