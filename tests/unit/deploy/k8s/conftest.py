"""The overlays, rendered once."""

import pytest

from tests.k8s import tools
from tests.k8s.tools import Rendered


@pytest.fixture(scope="session")
def overlays() -> dict[str, Rendered]:
    """Return every overlay as `kubectl apply -k` would send it."""
    return tools.rendered()
