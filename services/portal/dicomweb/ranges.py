"""Which bytes of a file are asked for, so that a download is taken up where it was cut. Pure."""

import re

# One range (RFC 9110 §14.1.2), from a byte or so many from the end; several are never asked here.
RANGE = re.compile(r"bytes=(?:([0-9]{1,18})-([0-9]{1,18})?|-([0-9]{1,18}))")


class Unsatisfiable(Exception):
    """None of the bytes asked for are there."""


def wanted(asked: str | None, same: str | None, tag: str, size: int) -> range | None:
    """Return which of `size` bytes the headers Range and If-Range ask for; None for all of them.

    `tag` is the file's entity tag. What cannot be read as one range is as if nothing was asked
    (RFC 9110 §14.2), and so is a range of what has another tag by now (§13.1.5).

    Raises:
        Unsatisfiable: it begins behind the end.

    """
    found = RANGE.fullmatch(asked or "")
    if found is None or same not in {None, tag}:
        return None
    first, last, tail = (None if each is None else int(each) for each in found.groups())
    if first is None:
        part = range(max(0, size - (tail or 0)), size)
    elif last is not None and last < first:
        return None
    else:
        part = range(first, size if last is None else min(last + 1, size))
    if not part:
        raise Unsatisfiable
    return part
