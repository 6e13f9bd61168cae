"""How long to wait before the next try. Pure but for the dice."""

from collections.abc import Iterator
from random import random


def waits(first: float, longest: float) -> Iterator[float]:
    """Yield growing waits in seconds, each cut by up to half, so that not all come at once."""
    wait = first
    while True:
        yield wait * (0.5 + random() / 2)  # noqa: S311  jitter is no secret
        wait = min(2 * wait, longest)
