"""Which pictures stand in the viewer inside a ZIP: all, or as many as it holds, evenly. Pure."""

from collections.abc import Sequence


def spread(counts: Sequence[int], most: int) -> list[list[int]]:
    """Return of each series which of its pictures are shown, from 0, at most `most` in all.

    A short series is whole before a long one is; of the long ones each has the same number, spread
    from its first picture to its last. Where there are more series than `most`, some have none.
    """
    shares = [0] * len(counts)
    left = most
    # The shortest first: what it does not need, others have.
    for done, place in enumerate(sorted(range(len(counts)), key=lambda each: counts[each])):
        waiting = len(counts) - done
        shares[place] = min(counts[place], max(left // waiting, min(left, 1)))
        left -= shares[place]
    return [evenly(count, share) for count, share in zip(counts, shares, strict=True)]


def evenly(count: int, share: int) -> list[int]:
    """Return `share` of the numbers below `count`, first and last among them; of one the middle."""
    if share == 1:
        return [count // 2]
    return [number * (count - 1) // (share - 1) for number in range(share)]
