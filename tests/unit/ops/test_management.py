"""ops.management: a queue that is there, and that no node leads, is not taken for a sound one."""

from typing import Any

import pytest

from services.ops.management import Management

SOUND: dict[str, Any] = {
    "name": "a",
    "type": "quorum",
    "leader": "one@host",
    "online": ["one@host"],
}
DEAD: dict[str, Any] = {"name": "b", "type": "quorum", "leader": None, "online": []}
STREAM: dict[str, Any] = {"name": "c", "type": "stream", "leader": None, "online": []}


class Told(Management):
    """A management API that was asked before."""

    def __init__(self, *, running: bool) -> None:
        """Say whether the second of two nodes runs."""
        super().__init__("http://user:password@127.0.0.1:1")
        self._nodes = [{"name": "one@host", "running": True}, {"name": "two", "running": running}]

    def ask(self, path: str) -> Any:  # noqa: ANN401  as in the class
        """Return what was asked before."""
        return self._nodes if path.startswith("/api/nodes") else [SOUND, DEAD, STREAM]


@pytest.mark.parametrize(("running", "found"), [(True, {"b"}), (False, set())])
def test_a_queue_without_a_leader_is_found(running: bool, found: set[str]) -> None:  # noqa: FBT001  a parameter of the test
    """But not while a node is away: it may be the one that leads."""
    assert Told(running=running).lifeless() == found
