"""How text is compared in a search: without case, accents, widths or punctuation. Pure."""

import re
import unicodedata

# Letters of their own that readers of other languages type without the stroke.
STROKES = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "\u0131": "i"} | {
    "æ": "ae", "œ": "oe", "þ": "th",
})  # fmt: skip
# Hiragana are read as the katakana of the same sound.
KANA = {each: each + 0x60 for each in range(0x3041, 0x3097)}
# Shapes of one letter: Arabic alef wasla, alef maksura, teh marbuta, Persian kaf and yeh; the
# stretching tatweel; Hebrew letters at the end of a word.
SHAPES = str.maketrans("\u0671\u0649\u0629\u06a9\u06cc", "\u0627\u064a\u0647\u0643\u064a") | {
    0x0640: None
} | str.maketrans("\u05da\u05dd\u05df\u05e3\u05e5", "\u05db\u05de\u05e0\u05e4\u05e6")  # fmt: skip
TABLE = STROKES | KANA | SHAPES
# Han, kana and Hangul are written without spaces: a word may begin at each of them.
UNSPACED = re.compile(r"[\u3005\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\U00020000-\U0003ffff]+")
LONGEST_UNSPACED = 32  # characters; a longer one is found by its beginning only


def folded(text: str) -> str:
    """Return `text` in lower case, without accents, ligatures and widths; words apart by spaces."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    bare = "".join(letter for letter in apart if not unseen(letter)).translate(TABLE)
    whole = unicodedata.normalize("NFC", bare)
    return "".join(letter if in_word(letter) else " " for letter in whole)


def unseen(letter: str) -> bool:
    """Say whether a character is an accent, or marks only direction or joining."""
    return unicodedata.combining(letter) > 0 or unicodedata.category(letter) == "Cf"


def in_word(letter: str) -> bool:
    """Say whether a character is part of a word: letters, digits, and vowel signs of India."""
    return letter.isalnum() or unicodedata.category(letter).startswith("M")


def words(text: str) -> tuple[str, ...]:
    """Return the words of `text`, folded, each once, in their order."""
    return tuple(dict.fromkeys(folded(text).split()))


def searchable(text: str) -> str:
    """Return the words of `text` with a space around each: `% w%` finds every word's start."""
    starts = (start for word in words(text) for start in (word, *endings(word)))
    return f" {' '.join(dict.fromkeys(starts))} "


def endings(word: str) -> tuple[str, ...]:
    """Return what is behind each letter of a word of a script without spaces."""
    if len(word) > LONGEST_UNSPACED or not UNSPACED.fullmatch(word):
        return ()
    return tuple(word[start:] for start in range(1, len(word)))
