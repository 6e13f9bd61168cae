"""How many parts a text message costs (3GPP TS 23.038 §6.2, TS 23.040 §9.2.3.24.1). Pure."""

from collections.abc import Iterable

# 3GPP TS 23.038 §6.2.1, and §6.2.1.1 for what takes an escape and so two septets.
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")

ONE_PART, EACH_OF_MANY = 160, 153  # septets; a header of 6 octets takes 7 of them
ONE_PART_UCS2, EACH_OF_MANY_UCS2 = 70, 67  # UTF-16 code units


def is_gsm(text: str) -> bool:
    """Say whether `text` can be sent in the 7-bit alphabet."""
    return set(text) <= BASIC | EXTENDED


def parts(text: str) -> int:
    """Return how many parts `text` is sent in: at least one."""
    if is_gsm(text):
        widths = [2 if letter in EXTENDED else 1 for letter in text]
        one, each = ONE_PART, EACH_OF_MANY
    else:
        widths = [len(letter.encode("utf-16-le")) // 2 for letter in text]
        one, each = ONE_PART_UCS2, EACH_OF_MANY_UCS2
    return 1 if sum(widths) <= one else filled(widths, each)


def filled(widths: Iterable[int], each: int) -> int:
    """Count parts of `each` units; a character of two units is never cut in half."""
    count, used = 1, 0
    for width in widths:
        if used + width > each:
            count, used = count + 1, 0
        used += width
    return count
