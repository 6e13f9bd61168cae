"""Is an access log as it was written? Pure: entries in, faults out.

Each entry is sealed by a hash over its own fields and the hash before it, so that a change, an
insert, a missing one or another order shows at its place. A tail that was cut off shows at the
heads, which are also kept outside the database.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from itertools import groupby
from typing import TypeAlias
from uuid import UUID

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
BEFORE_ALL = bytes(32)  # what stands before the first entry


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of a record's chain, as it stands in the database."""

    record: UUID
    seq: int
    at: datetime
    actor_kind: str
    actor: UUID | None
    session: UUID | None
    action: str
    because: str
    study_uid: str | None
    series_uid: str | None
    reads: int
    previous: bytes
    hash: bytes


class Wrong(StrEnum):
    """What is wrong at a place of a chain."""

    ALTERED = "altered"  # a field is not what was sealed
    BROKEN = "broken"  # it does not follow the one before
    MISSING = "missing"  # there is a gap
    CUT = "cut"  # the last ones are gone, or all of them
    FORGED = "forged"  # well sealed, and not what was written: the outside knows another hash


@dataclass(frozen=True, slots=True)
class Fault:
    """The first wrong place of one record's chain."""

    record: UUID
    seq: int
    wrong: Wrong


Head: TypeAlias = tuple[int, bytes]  # place and hash


def sealed(link: Link) -> bytes:
    """Return the SHA-256 that `link` must bear: over its fields, UTF-8, one a line."""
    fields = (
        str(link.record),
        str(link.seq),
        str((link.at - EPOCH) // MICROSECOND),
        link.actor_kind,
        str(link.actor or ""),
        str(link.session or ""),
        link.action,
        link.because,
        link.study_uid or "",
        link.series_uid or "",
        str(link.reads),
        link.previous.hex(),
    )
    return sha256("\n".join(fields).encode()).digest()


def faults(
    links: Iterable[Link], heads: Mapping[UUID, Head], anchors: Mapping[UUID, Sequence[Head]]
) -> Iterator[Fault]:
    """Yield the first fault of each record's chain that has one.

    `links` come by record, then by place; `heads` is where each chain ends by the database's own
    word, `anchors` what the world outside was told of it.
    """
    seen: set[UUID] = set()
    for record, chain in groupby(links, key=lambda link: link.record):
        seen.add(record)
        fault = of_chain(record, chain, heads.get(record), anchors.get(record, ()))
        if fault is not None:
            yield fault
    for record in {**heads, **anchors}.keys() - seen:
        yield Fault(record, 1, Wrong.CUT)


def of_chain(
    record: UUID, chain: Iterable[Link], head: Head | None, anchors: Sequence[Head]
) -> Fault | None:
    """Return the first fault of one chain."""
    known, previous, seq = dict(anchors), BEFORE_ALL, 0
    for link in chain:
        seq += 1
        if link.seq != seq:
            return Fault(record, seq, Wrong.MISSING)
        if link.previous != previous:
            return Fault(record, seq, Wrong.BROKEN)
        if link.hash != sealed(link):
            return Fault(record, seq, Wrong.ALTERED)
        if known.get(seq, link.hash) != link.hash:
            return Fault(record, seq, Wrong.FORGED)
        previous = link.hash
    if head != (seq, previous) or max(known, default=0) > seq:
        return Fault(record, seq + 1, Wrong.CUT)
    return None
