"""Which characters a dataset may hold: Specific Character Set (0008,0005). Pure.

The tables are PS3.3 §C.12.1.1.2: C.12-2 (one byte), C.12-3 and C.12-4 (code extensions of
ISO/IEC 2022) and C.12-5 (sets that stand alone). A term is known however it is spelled.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

ASCII = "ascii"
KATAKANA = "katakana"  # JIS X 0201, upper half; Python has it only within others
JIS_X_0208, JIS_X_0212 = "jis x 0208", "jis x 0212"  # two bytes in G0

# ISO-IR number: the escape sequence that calls the set, without ESC, and the set.
G1 = {
    "13": (b")I", KATAKANA),
    "100": (b"-A", "latin_1"),
    "101": (b"-B", "iso8859_2"),
    "109": (b"-C", "iso8859_3"),
    "110": (b"-D", "iso8859_4"),
    "126": (b"-F", "iso8859_7"),
    "127": (b"-G", "iso8859_6"),
    "138": (b"-H", "iso8859_8"),
    "144": (b"-L", "iso8859_5"),
    "148": (b"-M", "iso8859_9"),
    "166": (b"-T", "iso8859_11"),
    "203": (b"-b", "iso8859_15"),
    "149": (b"$)C", "euc_kr"),
    "58": (b"$)A", "gb2312"),
}
G0 = {
    "6": (b"(B", ASCII),
    "14": (b"(J", ASCII),  # its yen sign and overline are read as what they stand in for
    "87": (b"$B", JIS_X_0208),
    "159": (b"$(D", JIS_X_0212),
}
CALLS_G0 = dict(G0.values())
CALLS_G1 = dict(G1.values())
ALONE = {"IR192": "utf_8", "UTF8": "utf_8", "GB18030": "gb18030", "GBK": "gbk"}

TERM = re.compile(r"(?:ISO)?(2022)?(?:ISO)?(?:IR)?([0-9]+)")


@dataclass(frozen=True, slots=True)
class Repertoire:
    """What bytes mean: by `alone`, or by a set of each half, and escapes to `called` ones."""

    alone: str | None = None  # a codec of Python
    g1: str | None = None  # bytes above 127 before any escape; None: they are not allowed
    called: frozenset[bytes] = field(default_factory=lambda: frozenset({b"(B"}))
    declared: bool = False  # more than ASCII
    marks: frozenset[str] = frozenset()


UNDECLARED = Repertoire()


def repertoire(terms: Iterable[str]) -> Repertoire:
    """Return what the values of (0008,0005) declare; an unknown one is marked and left out."""
    spelled = [re.sub(r"[-_ \0]", "", term.upper()) for term in terms] or [""]
    marks: set[str] = set()
    for place, term in enumerate(spelled):
        name = term.removeprefix("ISO").removeprefix("2022")
        if name in ALONE:
            if len(spelled) > 1:
                marks.add("bad-charset")  # no code extensions beside it, PS3.3 §C.12.1.1.2
            if place == 0:
                return Repertoire(alone=ALONE[name], declared=True, marks=frozenset(marks))
    numbers = [number(term) for term in spelled]
    if any(found is None for found in numbers):
        marks.add("bad-charset")
    called = {b"(B"}
    for found in filter(None, numbers):
        called |= {table[found][0] for table in (G0, G1) if found in table}
        called |= {b"(J"} if found == "13" else set()
    _, g1 = G1.get(numbers[0] or "", (b"", None))
    # A set of two bytes is reached by its escape only, though some name it first.
    return Repertoire(
        g1=g1, called=frozenset(called), declared=called != {b"(B"}, marks=frozenset(marks)
    )


def number(term: str) -> str | None:
    """Return the ISO-IR number of a term without spaces, or None for an unknown."""
    if not term:
        return "6"
    found = TERM.fullmatch(term)
    return found[2] if found and (found[2] in G0 or found[2] in G1) else None
