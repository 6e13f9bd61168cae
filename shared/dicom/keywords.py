"""Attributes by name or number, as queries say them (PS3.18 §8.3.1.1)."""

import re
from functools import lru_cache

from pydicom.datadict import tag_for_keyword

TAG = re.compile(r"[0-9A-Fa-f]{8}")
LONGEST = 64  # characters of a keyword


@lru_cache(maxsize=4096)
def tag_of(said: str) -> str | None:
    """Return the tag, as in `0020000D`, of a keyword or tag, or None where it is neither."""
    if TAG.fullmatch(said):
        return said.upper()
    found = tag_for_keyword(said) if len(said) <= LONGEST else None
    return None if found is None else f"{found:08X}"
