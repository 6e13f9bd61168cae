"""What the servers really send: `fixtures/README.md` says where each body is from."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FIXTURES = Path(__file__).parent / "fixtures"
KEY = "north/a b+ü%41.dcm"  # of all of them


@pytest.fixture
def told() -> Callable[..., bytes]:
    """Return a fixture's body; changes are given as `path.to.field=value` of its record."""

    def body(name: str, **changes: object) -> bytes:
        content = json.loads((FIXTURES / f"{name}.json").read_text("utf-8"))
        for path, value in changes.items():
            place: Any = content["Records"][0]
            *parents, last = path.split(".")
            for parent in parents:
                place = place[parent]
            place[last] = value
        return json.dumps(content, ensure_ascii=False).encode()

    return body
