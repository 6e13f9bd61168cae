"""Known faults, built in: each must be found, or the proof proves nothing.

None is in the product: each is a class, a function or a limit put in the place of the product's
own, in a process of this proof.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from io import SEEK_END
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import BinaryIO
from unittest.mock import patch

from pydicom.uid import ExplicitVRLittleEndian, JPEGLSLossless

from services.ingest.inspect import Finding, Instance, Refused, inspect
from services.transcode import frames
from shared.dicom import LIMITS
from shared.reasons import Reason
from tests.malformed.children import through, work
from tests.malformed.door import Kept, Look, Tally, door, gathered, keep
from tests.malformed.mutations import Must, Mutant, claims, cuts, fragments, nests
from tests.malformed.sources import Source, ct, encoded, made, written

HELD_MB = 600
FOUND = Instance("1.2", "1.2.3", "1.2.3.4", "1.2", "CT", "1.2.840.10008.1.2.1")
NO_LIMITS = replace(LIMITS, depth=1 << 40, elements=1 << 40)
SHORT = 300  # bytes


def cut_accepted(file: BinaryIO) -> Finding:
    """Take what is cut."""
    found = inspect(file)
    cut = isinstance(found, Refused) and found.reason is Reason.TRUNCATED
    return FOUND if cut else found


def good_refused(file: BinaryIO) -> Finding:
    """Refuse every tenth good file."""
    found = inspect(file)
    tenth = isinstance(found, Instance) and file.seek(0, SEEK_END) % 10 == 0
    return Refused(Reason.MALFORMED) if tenth else found


def unlimited(file: BinaryIO) -> Finding:
    """Follow sequences as deep as they go: 200,000 are too many for Python."""
    return inspect(file, NO_LIMITS)


def dying(file: BinaryIO) -> Finding:
    """Die of a short file, as a parser in C would: the whole process is gone."""
    if file.seek(0, SEEK_END) < SHORT:
        os._exit(11)
    return inspect(file)


def hoarding(file: BinaryIO, hoard: list[bytes] = []) -> Finding:  # noqa: B006  that is the fault
    """Hold more than a parent may."""
    if not hoard:
        hoard.append(b"x" * (HELD_MB << 20))
    return inspect(file)


LOOKS: dict[str, tuple[Look, Callable[[Tally], bool]]] = {
    "cut-accepted": (cut_accepted, lambda tally: bool(tally.accepted)),
    "good-refused": (good_refused, lambda tally: bool(tally.refused)),
    "parent-raises": (unlimited, lambda tally: bool(tally.crashes)),
    "parent-dies": (dying, lambda tally: bool(tally.crashes)),
    "memory": (hoarding, lambda tally: tally.peak_mb > HELD_MB),
}
WRONG_COPY = "wrong-copy"
ALONE = (*LOOKS, WRONG_COPY)  # need no servers


def found(name: str, folder: Path) -> bool:
    """Build a fault in that needs no servers, on a small sample, and say whether it is seen."""
    if name == WRONG_COPY:
        return bool(through(hurt(folder), unproven).copied)
    _, seen = LOOKS[name]
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return seen(gathered([pool.submit(tally, name, folder)]))


def tally(name: str, folder: Path) -> Tally:
    """Return what the door sees of a small sample with the fault `name`."""
    look, _ = LOOKS[name]
    return door(sample(), folder, look)


def sample() -> Iterator[Mutant]:
    """Yield some cuts, what is good, and what is deep."""
    sources: list[Source] = list(made())
    for each in sources:
        yield from cuts(each, iter(range(200, 600, 7)))
        yield Mutant(each.name, "good", "whole", each.content, Must.ACCEPT)
    yield Mutant("ct", "good", "longer", longer(sources[0]), Must.ACCEPT)
    deep = nests(Source("ct", written(ct(), ExplicitVRLittleEndian)))
    yield from (each for each in deep if "000 sequences deep" in each.what)


def longer(source: Source) -> bytes:
    """Return a good file whose size is a multiple of ten: padded by NULs."""
    return source.content + bytes(-len(source.content) % 10)


def hurt(folder: Path) -> Iterator[Kept]:
    """Yield files with hurt codestreams, or headers that promise larger ones."""
    source = Source("ct-jpeg-ls", encoded(JPEGLSLossless))
    for each in (*claims(source), *fragments(source, Random(1), 8)):  # noqa: S311  the same always
        if each.must is Must.NOT_COPY:
            yield keep(each, folder / "hurt", JPEGLSLossless)


def unproven(path: str, syntax: str) -> str:
    """Recode as transcode does in its child, and take whatever the decoder gives as the frame."""
    with patch.object(frames, "contained", lambda values, _image: values):
        return work(path, syntax)
