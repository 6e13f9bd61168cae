"""Codes and links that are sent to people: made here, kept nowhere but as a keyed hash. Pure."""

import hmac
import secrets
from hashlib import sha256

# Crockford's base 32: no I, L, O or U, so that it survives paper and a telephone.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
HEARD_AS = str.maketrans("ILOU", "110V")
LENGTH = 8  # and a check character: 40 random bits
DIGITS = 6


def invitation() -> str:
    """Return a fresh code as it is printed: `7F3K-92QM-C`, the last one a check character."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return shown(letters + check(letters))


def check(letters: str) -> str:
    """Return the check character: it finds most slips of the pen before anything is asked.

    A sum weighted by odd numbers, modulo 32: every single wrong letter changes it.
    """
    total = sum((2 * place + 1) * ALPHABET.index(each) for place, each in enumerate(letters))
    return ALPHABET[total % len(ALPHABET)]


def shown(code: str) -> str:
    """Return a code in groups of four."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))


def read(said: str) -> str | None:
    """Return what a person typed as a code without dashes, or None where it cannot be one."""
    letters = "".join(said.split()).replace("-", "").upper().translate(HEARD_AS)
    if len(letters) != LENGTH + 1 or set(letters) - set(ALPHABET):
        return None
    return letters if check(letters[:-1]) == letters[-1] else None


def digits() -> str:
    """Return six random digits."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"


def token() -> str:
    """Return 256 random bits, fit for an address (43 characters)."""
    return secrets.token_urlsafe(32)


def hashed(token: str) -> bytes:
    """Return what is kept of a secret of 256 bits: nobody can try them out."""
    return sha256(token.encode()).digest()


def keyed(key: str, purpose: str, code: str) -> bytes:
    """Return what is kept of a short code: without `key` nobody can try them out.

    `purpose` keeps codes of one kind, or of one request, from passing for another's.
    """
    return hmac.digest(key.encode(), f"{purpose}|{code}".encode(), "sha256")
