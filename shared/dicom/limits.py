"""What a file may cost before it is refused. Sizes in bytes."""

from dataclasses import dataclass

MIB, GIB = 1 << 20, 1 << 30


@dataclass(frozen=True, slots=True)
class Limits:
    """One limit a field; real files stay far below each."""

    file: int = 4 * GIB
    header: int = 64 * MIB  # everything but pixel data
    value: int = 16 * MIB  # one value outside pixel data
    depth: int = 32  # sequences within sequences
    elements: int = 200_000  # elements and items outside pixel data
    fragments: int = 1_000_000  # of encapsulated pixel data
    inflated: int = 2 * GIB
    inflate_ratio: int = 200
    inflated_harmless: int = 8 * MIB  # a blank picture inflates 1,000 : 1 and is no bomb
    padding: int = 4096  # NULs after the last element: one block


LIMITS = Limits()
