"""Known faults, built in: each must be found, or the proof proves nothing."""

from dataclasses import replace
from io import SEEK_END
from pathlib import Path
from typing import BinaryIO

from services.ingest.inspect import Finding, Instance, Refused, inspect
from shared.reasons import Reason
from tests.malformed.children import through
from tests.malformed.door import Kept, Look, Tally, door
from tests.malformed.mutations import Must, Mutant, cuts
from tests.malformed.sources import Source, made
from tests.malformed.whole import unexplained

HELD_MB = 600
FOUND = Instance("1.2", "1.2.3", "1.2.3.4", "1.2", "CT", "1.2.840.10008.1.2.1")


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


def crashing(file: BinaryIO) -> Finding:
    """Die of a short file."""
    if file.seek(0, SEEK_END) < 300:
        raise RecursionError
    return inspect(file)


LOOKS: dict[str, Look] = {
    "cut-accepted": cut_accepted,
    "good-refused": good_refused,
    "parent-crash": crashing,
}
NAMES = (*LOOKS, "memory", "wrong-copy", "disappears")


def found(name: str, folder: Path) -> bool:
    """Build the fault in on a small sample, and say whether it is seen."""
    if name == "disappears":
        kept = Kept(folder, name, Must.ANY, None)
        fate = {"reason": "truncated", "filed": False, "outcome": None}
        half = dict(fate, reason=None, filed=True)
        dropped = {"a": kept, "b": replace(kept, name="gone"), "c": replace(kept, name="half")}
        return unexplained(dropped, {"a": fate, "c": half}) == ["gone", "half"]
    if name == "wrong-copy":
        (folder / "hurt").write_bytes(b"")
        seen = through([Kept(folder / "hurt", name, Must.NOT_COPY, "1.2")], copied)
        return bool(seen.copied)
    seen_by = tally(name, folder)
    return {
        "cut-accepted": bool(seen_by.accepted),
        "good-refused": bool(seen_by.refused),
        "parent-crash": bool(seen_by.crashes),
        "memory": seen_by.peak_mb > HELD_MB,
    }[name]


def tally(name: str, folder: Path) -> Tally:
    """Return what the door sees of a small sample with the fault `name`."""
    hoard: list[bytes] = []

    def hoarding(file: BinaryIO) -> Finding:
        if not hoard:
            hoard.append(b"x" * (HELD_MB << 20))
        return inspect(file)

    sources: list[Source] = list(made())
    sample = [mutant for each in sources for mutant in cuts(each, iter(range(200, 600, 7)))]
    sample += [Mutant(each.name, "good", "whole", each.content, Must.ACCEPT) for each in sources]
    sample += [Mutant("ct", "good", "longer", longer(sources[0]), Must.ACCEPT)]
    return door(iter(sample), folder, LOOKS.get(name, hoarding))


def longer(source: Source) -> bytes:
    """Return a good file whose size is a multiple of ten: padded by NULs."""
    return source.content + bytes(-len(source.content) % 10)


def copied(_path: str, _syntax: str) -> str:
    """Say in the child that a copy was made, whatever came."""
    return "transcoded"
