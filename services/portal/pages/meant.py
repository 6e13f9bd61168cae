"""What someone meant who typed `resonansia`: the nearest words that would find something. Pure."""

from collections.abc import Iterable
from difflib import get_close_matches

from shared.catalogue import words
from shared.catalogue.synonyms import BODY_PARTS, MODALITIES

KNOWN = {word for part in BODY_PARTS for word in part} | {
    word for said in MODALITIES.values() for word in said
}
NEAR = 0.72  # of `difflib.SequenceMatcher.ratio`: one slip in a short word, two in a long one
SHORTEST = 4  # letters; of shorter words everything is near


def meant(said: str, there: Iterable[str]) -> str | None:
    """Return `said` with each unknown word replaced by the nearest of what is there.

    `there` are the searchable texts of what could be found. None where nothing is near.
    """
    known = KNOWN | {word for text in there for word in text.split()}
    found = []
    for word in words(said):
        near = [word] if starts_one(word, known) else nearest(word, known)
        if not near:
            return None
        found += near
    return " ".join(found) if found != list(words(said)) else None


def starts_one(word: str, known: set[str]) -> bool:
    """Say whether a known word begins with `word`."""
    return any(each.startswith(word) for each in known)


def nearest(word: str, known: set[str]) -> list[str]:
    """Return the known word that is most like `word`, or nothing."""
    if len(word) < SHORTEST:
        return []
    return get_close_matches(word, sorted(known), n=1, cutoff=NEAR)
