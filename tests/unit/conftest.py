"""What every unit test starts from."""

import pytest
import structlog


@pytest.fixture(autouse=True)
def plain_logs() -> None:
    """Forget the level that a service which another test has started here may have set."""
    structlog.reset_defaults()
