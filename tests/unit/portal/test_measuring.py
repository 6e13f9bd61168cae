"""Answers are counted by origin and class, and by nothing that says who looks at what."""

import asyncio

from prometheus_client import REGISTRY
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from services.portal.measuring import Measured
from shared.metrics import TABLE


def counted(status: str) -> float:
    """Return the metric."""
    told = {"origin": "test", "status": status}
    return REGISTRY.get_sample_value("scanpass_requests_total", told) or 0.0


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the status that the path names."""
    await PlainTextResponse("", int(scope["path"][1:]))(scope, receive, send)


async def nothing(_message: Message | None = None) -> Message:
    """Neither give nor take."""
    return {}


def test_each_answer_counts_once_and_is_timed() -> None:
    """All classes are there from the start; a second answer of a class is one more."""
    measured = Measured(app, "test")
    assert [counted(each) for each in ("2xx", "3xx", "4xx", "5xx")] == [0, 0, 0, 0]
    for path in ("/200", "/204", "/404", "/503"):
        asyncio.run(measured({"type": "http", "path": path}, nothing, nothing))  # type: ignore[arg-type]
    assert [counted(each) for each in ("2xx", "3xx", "4xx", "5xx")] == [2, 0, 1, 1]
    timed = REGISTRY.get_sample_value("scanpass_request_seconds_count", {"origin": "test"})
    assert timed == 4


def test_no_label_is_an_address() -> None:
    """A path may hold a viewing, and a study's UID."""
    (row,) = (each for each in TABLE if each.name == "scanpass_requests_total")
    assert row.labels == ("origin", "status")
