"""How much may be brought, in which pieces, and who on a disc is the same person. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from shared.catalogue import words

PIECE = 5 << 20  # bytes: what has to be sent again at most when the line is cut
MOST_FILES = 20_000  # of one disc
MOST_OPEN = 3  # discs on their way, of one person
LEAST_WORDS = 2  # of a name, to be compared with another


@dataclass(frozen=True, slots=True)
class Named:
    """Who a record is of: PN value, birth date."""

    name: str | None
    birth_date: date | None


def pieces(size: int) -> Iterator[tuple[int, int]]:
    """Yield where each piece of a file of `size` bytes begins, and how long it is."""
    for at in range(0, size, PIECE):
        yield at, min(PIECE, size - at)


def refusal(sizes: Sequence[int], room: int) -> str | None:
    """Return why these files cannot be brought, as a code; `room` is in bytes."""
    if not sizes or min(sizes) < 1:
        return "nothing"
    if len(sizes) > MOST_FILES:
        return "too-many"
    return "too-much" if sum(sizes) > room else None


def same(disc: Named, known: Named) -> bool:
    """Say whether a disc names who is `known`: what is not certain is not the same.

    The birth date is the same, and the words of one name are all among those of the other, without
    case and accents: `DOE^JANE` is `Doe^Jané^Maria`, and not `DOE^JOHN`.
    """
    if disc.birth_date is None or disc.birth_date != known.birth_date:
        return False
    few, many = sorted((spoken(disc.name), spoken(known.name)), key=len)
    return len(few) >= LEAST_WORDS and few <= many


def spoken(name: str | None) -> set[str]:
    """Return the words of a PN value's first group, folded."""
    first = next(filter(None, (name or "").split("=")), "")
    return set(words(first.replace("^", " ")))
