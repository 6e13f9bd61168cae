"""portal.server: what was cut on purpose is no error in the log; all else is."""

import logging

import pytest

from services.portal.server import unforeseen
from services.portal.sharing.cuts import Cut


@pytest.mark.parametrize(("error", "told"), [(Cut(), False), (ValueError(), True), (None, True)])
def test_only_the_unforeseen_is_logged(error: Exception | None, told: object) -> None:
    """An answer that was cut has a line of its own, without alarm."""
    logger = logging.getLogger("uvicorn.error")
    exc_info = None if error is None else (type(error), error, None)
    record = logger.makeRecord(logger.name, logging.ERROR, "", 0, "", (), exc_info)
    assert unforeseen(record) is told
