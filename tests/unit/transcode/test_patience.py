"""services.transcode: how long a child may work on one instance."""

from collections.abc import Callable
from typing import Any, cast

import pytest

from services.transcode.__main__ import patient
from services.transcode.work import Task
from shared.children import CPU, Children
from shared.events import StoredObject


class Watch:
    """Children that only say what they were given."""

    def run(
        self, _work: Callable[..., Any], _task: Task, *, timeout: float, cpu: float
    ) -> tuple[float, float]:
        """Return seconds, and seconds of processor time."""
        return timeout, cpu


@pytest.mark.parametrize(("size", "more"), [(0, 0), (8_000_000, 1), (4_000_000_000, 500)])
def test_what_is_larger_may_take_longer(size: int, more: int) -> None:
    """A second for every 8 MB, or 4 GB could not be recoded on a slow machine."""
    stored = StoredObject(bucket="archive", key="1", size=size, sha256="0" * 64)
    task = Task(stored, "copy", "thumbnail", second_judge=False)

    given = patient(cast("Children", Watch()), 300, task)

    assert cast("object", given) == (300 + more, CPU + more)
