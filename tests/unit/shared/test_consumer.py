"""shared.consumer: whose fault it was decides, and nothing is acked before it is safe."""

import json
from collections.abc import Callable, Iterable, Iterator

import pytest

from shared import logs
from shared.consumer import DONE, Message, Routes, Verdict, consume
from shared.db import Conflicted
from shared.errors import EdgeDown, Malformed
from shared.events import Because, Completeness, Event, StudyAvailable

AVAILABLE = StudyAvailable(
    site="north",
    study_uid="1.2",
    record=None,
    revision=1,
    series=1,
    instances=3,
    failed=0,
    completeness=Completeness.COMPLETE,
    because=Because.QUIET,
)
MESSAGE = Message(type="study.available.v1", body=AVAILABLE.model_dump_json().encode())


def echo(event: Event) -> Iterable[Event]:
    return (event,)


def raising(error: Exception) -> Callable[[Event], Iterable[Event]]:
    def fail(_event: Event) -> Iterable[Event]:
        raise error

    return fail


def ignore(_event: Event) -> None:
    """Publish nowhere."""


def test_a_handled_message_is_published_then_acked() -> None:
    """The ack comes after the event that follows from the message."""
    published: list[Event] = []
    assert consume(MESSAGE, {StudyAvailable: echo}, published.append) is DONE
    assert published == [AVAILABLE]


@pytest.mark.parametrize(
    ("message", "handler", "verdict", "reason"),
    [
        (Message(type="study.available.v1", body=b"{}"), echo, Verdict.DEAD, "malformed"),
        (Message(type="study.available.v1", body=b"\xff"), echo, Verdict.DEAD, "malformed"),
        (Message(type="never.heard.v1", body=b"{}"), echo, Verdict.DEAD, "malformed"),
        (Message(type="", body=b""), echo, Verdict.DEAD, "malformed"),
        (MESSAGE, raising(Malformed("DOE^JANE")), Verdict.DEAD, "malformed"),
        (MESSAGE, raising(EdgeDown("s3")), Verdict.PAUSE, "s3"),
        (MESSAGE, raising(Conflicted()), Verdict.PAUSE, "database"),
        (MESSAGE, raising(ZeroDivisionError("DOE^JANE")), Verdict.RETRY, "ZeroDivisionError"),
    ],
)
def test_a_failure_is_never_acked(
    message: Message, handler: Callable[[Event], Iterable[Event]], verdict: Verdict, reason: str
) -> None:
    """The message's fault is dead, an edge's fault pauses, the unknown is tried again."""
    judgement = consume(message, {StudyAvailable: handler}, ignore)
    assert (judgement.verdict, judgement.reason) == (verdict, reason)


def test_an_unconfirmed_publish_is_not_acked() -> None:
    """Nobody is thanked before the broker has signed."""

    def unconfirmed(_event: Event) -> None:
        edge = "broker"
        raise EdgeDown(edge)

    assert consume(MESSAGE, {StudyAvailable: echo}, unconfirmed).verdict is Verdict.PAUSE


def test_a_handler_goes_on_only_after_the_confirm() -> None:
    """What it lets go of after a `yield` is not lost when the broker never answered."""
    let_go: list[str] = []

    def move(event: Event) -> Iterator[Event]:
        yield event
        let_go.append("the source")

    def unconfirmed(_event: Event) -> None:
        edge = "broker"
        raise EdgeDown(edge)

    consume(MESSAGE, {StudyAvailable: move}, unconfirmed)
    assert let_go == []
    consume(MESSAGE, {StudyAvailable: move}, ignore)
    assert let_go == ["the source"]


def test_the_text_of_an_error_is_never_logged(capsys: pytest.CaptureFixture[str]) -> None:
    """Drivers and parsers put patients into it, and so does a message's body."""
    logs.configure("census")
    routes: Routes = {StudyAvailable: raising(ValueError("DOE^JANE"))}
    consume(MESSAGE, routes, ignore)
    consume(Message(type="study.available.v1", body=b'{"site": "DOE^JANE"}'), routes, ignore)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["event"] for line in lines] == ["message_not_handled"] * 2
    assert "DOE" not in str(lines)
    assert lines[0]["error"]["type"] == "ValueError"
    assert "raising.<locals>.fail" in lines[0]["error"]["frames"][-1]


def test_only_an_id_like_ours_is_a_cause() -> None:
    """A raw bucket event has none."""
    assert str(Message("a", b"", id=str(AVAILABLE.id)).uuid) == str(AVAILABLE.id)
    assert Message("a", b"", id="s3-1").uuid is None
