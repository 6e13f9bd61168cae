"""How a person is greeted, from the name as DICOM and rosters write it. Pure."""

import re
from itertools import zip_longest

LONGEST = 80  # characters: what is longer is no name to greet with

# Small in the middle of a family name: Cruz, but de la Cruz.
PARTICLES = frozenset({"de", "del", "la", "las", "los", "y", "van", "von", "der", "den"})


def display(name: str | None) -> str:
    """Return `Jane Doe` for `DOE^JANE` (PS3.5 §6.2.1.2), or nothing where there is no name.

    Of the three groups the first that is not empty speaks; one with U+FFFD, where index could not
    decode it, does not. A name without `^` is already in the
    order of speech. Only names written in capitals throughout are given small letters.
    """
    for group in (name or "").split("="):
        if "\ufffd" in group:
            continue
        family, given, *_ = (
            part for part, _ in zip_longest(map(spoken, group.split("^")), "12", fillvalue="")
        )
        whole = f"{given} {family}".strip()
        if whole:
            return whole if len(whole) <= LONGEST else ""
    return ""


def spoken(component: str) -> str:
    """Return one component with single spaces, no control characters, and in mixed case."""
    words = "".join(c if c.isprintable() else " " for c in component).split()
    text = " ".join(words)
    if text != text.upper():
        return text
    return " ".join(cased(word, last=word is words[-1]) for word in words)


def cased(word: str, *, last: bool) -> str:
    """Return `O'Neil-Smith` for `O'NEIL-SMITH`; particles before the last word stay small."""
    small = word.lower()
    if small in PARTICLES and not last:
        return small
    return re.sub(r"[^\W\d_]+", lambda found: found[0].capitalize(), small)
