"""All mutants, in parts that processes share."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from random import Random

from tests.malformed.bombs import bombs, charsets
from tests.malformed.door import Tally, door
from tests.malformed.mutations import Must, Mutant, all_of, cuts
from tests.malformed.sources import good, large, real, small

PARTS = 8
EVERY = 2000  # bytes; a longer file is cut at so many places
POINTS = 10_000
FLIPPED, SHUFFLED = 500, 100  # a source


def mutants(part: int, seed: int, share: float) -> Iterator[Mutant]:
    """Yield one part of all mutants; with a `share` below 1 fewer of each."""
    sources = small()
    for place, source in enumerate(sources):
        if place % PARTS != part:
            continue
        random = Random(f"{seed} {source.name}")  # noqa: S311  the same each time
        size = len(source.content)
        count = int(min(size, EVERY) * share)
        points = sorted(random.sample(range(size), count))
        yield from cuts(source, iter(points))
        flipped, shuffled = int(FLIPPED * share), int(SHUFFLED * share)
        yield from all_of(source, f"{seed} {source.name}", flipped, shuffled)
    for place, source in enumerate(large()):
        if place % PARTS == part:
            random = Random(f"{seed} {source.name}")  # noqa: S311  as above
            size = len(source.content)
            points = random.sample(range(size), min(size, int(POINTS * share)))
            yield from cuts(source, iter(sorted(points)))
    if part == PARTS - 1:
        yield from bombs()
        yield from charsets()
        # The judge decodes whole series of pictures: its memory must not count as the door's.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as judge:
            for name, path in real():
                content = path.read_bytes()
                must = Must.ACCEPT if judge.submit(good, content).result() else Must.ANY
                yield Mutant(name, "good", "whole", content, must)


def part_of(part: int, seed: int, share: float, folder: Path) -> Tally:
    """Show one part of the mutants to the door; runs in a process of its own."""
    return door(mutants(part, seed, share), folder)
