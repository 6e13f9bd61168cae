"""The short reference that every letter, row and error page bears, and `scanpass trace` reads."""

from hashlib import sha256

# Crockford's base 32: no I, L, O or U, so that it survives a telephone.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
HEARD_AS = str.maketrans("ILO", "110")
LENGTH = 6


def reference(kind: str, site: str, entity: str) -> str:
    """Return `7F3K-92` for a thing, the same each time: 30 bits, so two things may share one."""
    digest = sha256(f"{kind}|{site}|{entity}".encode()).digest()
    bits = int.from_bytes(digest[:4], "big") >> 2
    letters = [ALPHABET[bits >> (5 * place) & 31] for place in reversed(range(LENGTH))]
    return "".join(letters[:4]) + "-" + "".join(letters[4:])


def normalised(said: str) -> str | None:
    """Return what a person typed or read out (`7f3k 92`) as a reference, or None if it is none."""
    letters = "".join(said.split()).replace("-", "").upper().translate(HEARD_AS)
    if len(letters) != LENGTH or set(letters) - set(ALPHABET):
        return None
    return f"{letters[:4]}-{letters[4:]}"
