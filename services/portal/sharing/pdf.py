"""Whether bytes are a PDF from end to end, as far as can be told without reading it. Pure.

What is inside is not looked at: it is handed on as a file to be saved, never shown by a page.
"""

import re

LARGEST = 5 << 20  # bytes
HEADER = re.compile(rb"%PDF-[12]\.[0-9]\s")  # ISO 32000-1 §7.5.2; no byte may stand before it
# ISO 32000-1 §7.5.5: where the last cross-reference lies, and the end.
TRAILER = re.compile(rb"startxref\s+([0-9]{1,10})\s+%%EOF\s*\Z")
TAIL = 1024  # bytes in which readers look for it


def sound(content: bytes) -> bool:
    """Say whether `content` begins and ends as a PDF does, and its cross-reference is inside."""
    if len(content) > LARGEST or not HEADER.match(content):
        return False
    found = TRAILER.search(content[-TAIL:])
    return found is not None and int(found[1]) < len(content)
