"""shared.backoff: waits grow, up to a limit, and no two are alike."""

from itertools import islice

from shared.backoff import waits


def test_waits_grow_to_a_limit() -> None:
    """Each is between half of its step and all of it."""
    steps = [0.5, 1, 2, 4, 8, 15, 15, 15]
    for wait, step in zip(islice(waits(0.5, 15.0), 8), steps, strict=True):
        assert step / 2 <= wait <= step


def test_a_herd_does_not_come_back_at_once() -> None:
    """A hundred consumers wait a hundred different times."""
    assert len({next(waits(0.5, 15.0)) for _ in range(100)}) > 90
