"""How text is compared in a search: without case, accents or punctuation. Pure."""

import re
import unicodedata

# Letters of their own that readers of other languages type without the stroke.
STROKES = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "\u0131": "i"} | {
    "æ": "ae", "œ": "oe", "þ": "th",
})  # fmt: skip
WORD = re.compile(r"[^\W_]+")


def folded(text: str) -> str:
    """Return `text` in lower case, without accents, ligatures and widths."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return unicodedata.normalize("NFC", bare).translate(STROKES)


def words(text: str) -> tuple[str, ...]:
    """Return the words of `text`, folded, each once, in their order."""
    return tuple(dict.fromkeys(WORD.findall(folded(text))))


def searchable(text: str) -> str:
    """Return the words of `text` with a space around each: `% w%` finds every word's start."""
    return f" {' '.join(words(text))} "
