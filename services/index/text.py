"""Bytes of text as Unicode (PS3.5 §6.1). Pure.

Text is decoded as declared. What cannot be so is tried as what writers forget to declare, and
marked `guessed-charset`; what fits nothing has U+FFFD in its place and is `undecodable-text`.
Decoding comes before splitting: the second byte of a Chinese or Japanese character may be the
one of a backslash, a caret or an equals sign.
"""

import re
from collections.abc import Iterator

from services.index.repertoire import (
    ASCII,
    CALLS_G0,
    CALLS_G1,
    JIS_X_0208,
    KATAKANA,
    Repertoire,
)

REPLACED = "\ufffd"  # stands where text could not be decoded
ESCAPE = re.compile(rb"\x1b([-()][@-~]|\$[()]?[@-~])")  # ISO/IEC 2022, PS3.5 §6.1.2.5
# What is alike to a decoder: graphic characters below 128, above, and the rest.
RUN = re.compile(rb"[\x21-\x7e]+|[\x80-\xff]+|[\x00-\x20\x7f]+")
LINE_ENDS = b"\t\n\f\r"
# Sets whose bytes are written without the escape that would call them, and how they look then.
FORGOTTEN = ((b"$)C", "euc_kr"), (b"$)A", "gb2312"), (b")I", "shift_jis"), (b"$B", "shift_jis"))
NO_TEXT = re.compile(r"[\x80-\x9f\x1b]")  # nothing that writes text means these


def decoded(value: bytes, declared: Repertoire, delimiters: bytes = b"") -> tuple[str, set[str]]:
    """Return `value` as text, with marks.

    At each of `delimiters`, and at line ends, the first set is in force again (§6.1.2.5.3).
    """
    if value.isascii() and b"\x1b" not in value:
        return value.decode("ascii"), set()
    text = plainly(value, declared, delimiters)
    if REPLACED in text:
        for guess in guesses(value, declared, delimiters):
            return guess, {"guessed-charset"}
        return text, {"undecodable-text"}
    called = set(ESCAPE.findall(value)) if not declared.alone else set()
    if called - declared.called:
        return text, {"guessed-charset"}
    # A declaration is believed, but whoever writes one set and names another is to be seen.
    if not declared.alone and not called and strictly(value, "utf_8"):
        return text, {"doubtful-text"}
    return text, set()


def plainly(value: bytes, declared: Repertoire, delimiters: bytes) -> str:
    """Return `value` by nothing but its declaration, U+FFFD where it does not hold."""
    if declared.alone:
        text = value.decode(declared.alone, "replace")
    else:
        text = "".join(extended(value, declared, delimiters))
    return NO_TEXT.sub(REPLACED, text)


def extended(value: bytes, declared: Repertoire, delimiters: bytes) -> Iterator[str]:
    """Yield text with code extensions: escapes choose what either half of the bytes means."""
    g0, g1 = ASCII, declared.g1
    for place, part in enumerate(ESCAPE.split(value)):
        if place % 2:
            if part in CALLS_G0:
                g0 = CALLS_G0[part]
            elif part in CALLS_G1:
                g1 = CALLS_G1[part]
            else:
                yield REPLACED
            continue
        for run in RUN.findall(part):
            if run[0] > 0x7F:  # noqa: PLR2004  the upper half
                yield upper(run, g1)
                continue
            yield lower(run, g0)
            if set(run) & set(LINE_ENDS if run[0] <= 0x20 or g0 != ASCII else delimiters):  # noqa: PLR2004  a space
                g0, g1 = ASCII, declared.g1


def lower(run: bytes, g0: str) -> str:
    """Return bytes below 128; those of a set of two bytes are EUC-JP's without its high bits."""
    if g0 == ASCII or run[0] <= 0x20 or run[0] == 0x7F:  # noqa: PLR2004  space and controls
        return run.decode("ascii")
    high = bytes(each | 0x80 for each in run)
    if g0 == JIS_X_0208:
        return high.decode("euc_jp", "replace")
    pairs = (high[start : start + 2] for start in range(0, len(high), 2))
    return b"".join(b"\x8f" + pair for pair in pairs).decode("euc_jp", "replace")


def upper(run: bytes, g1: str | None) -> str:
    """Return bytes above 127."""
    if g1 is None:
        return REPLACED * len(run)
    if g1 == KATAKANA:  # JIS X 0201: U+FF61 is A1
        return "".join(
            chr(0xFF61 + each - 0xA1) if 0xA1 <= each <= 0xDF else REPLACED  # noqa: PLR2004
            for each in run
        )
    return run.decode(g1, "replace")


def guesses(value: bytes, declared: Repertoire, delimiters: bytes) -> Iterator[str]:
    """Yield what `value` may be, the likeliest first; nothing of it is undecodable."""
    if declared.alone:
        return
    if delimiters and REPLACED not in (lasting := plainly(value, declared, b"")):
        yield lasting  # an escape that was not written again behind a delimiter
    if b"\x1b" in value:
        return
    codecs = ["utf_8"]
    codecs += [codec for call, codec in FORGOTTEN if call in declared.called]
    yield from filter(None, (strictly(value, codec) for codec in codecs))
    latin = value.decode("latin_1")  # what the west forgets to declare
    if not declared.declared and all(each.isascii() or each.isalpha() for each in latin):
        yield latin


def strictly(value: bytes, codec: str) -> str | None:
    """Return `value` by a codec of Python where all of it is text, or None."""
    try:
        text = value.decode(codec)
    except UnicodeDecodeError:
        return None
    return None if NO_TEXT.search(text) else text
