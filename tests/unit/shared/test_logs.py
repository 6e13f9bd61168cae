"""shared.logs: lines of JSON, from which nobody learns a patient's name."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from shared import logs

NAME = "DOE^JANE"


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    yield
    structlog.reset_defaults()
    logging.basicConfig(force=True)


def fail(patient_name: str) -> None:
    """Fail as a parser would, with the name in its text, its locals and its cause."""
    try:
        int(patient_name)
    except ValueError as cause:
        raise KeyError(patient_name) from cause


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_says_who_when_and_what(capsys: pytest.CaptureFixture[str]) -> None:
    """A static event, and fields apart."""
    logs.configure("index")
    structlog.get_logger().info("study_filed", study_uid="1.2.3")
    (line,) = lines(capsys)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "service": "index",
        "event": "study_filed",
        "level": "info",
        "study_uid": "1.2.3",
    }


@pytest.mark.parametrize("way", ["exception", "exc_info", "field", "told"])
def test_an_error_is_its_type_and_its_frames(capsys: pytest.CaptureFixture[str], way: str) -> None:
    """However it is given: no text, no locals, causes included."""
    logs.configure("index")
    log = structlog.get_logger()
    try:
        fail(NAME)
    except KeyError as error:
        match way:
            case "exception":
                log.exception("failed")
            case "exc_info":
                log.error("failed", exc_info=error)
            case "field":
                log.error("failed", error=error)
            case _:
                log.error("failed", error=logs.told(error))
    (line,) = lines(capsys)
    assert NAME not in json.dumps(line)
    assert line["error"]["type"] == "KeyError"
    assert line["error"]["frames"][-1].endswith(":fail")
    assert line["error"]["cause"]["type"] == "ValueError"


def test_a_library_is_heard_and_not_quoted(capsys: pytest.CaptureFixture[str]) -> None:
    """Its own words may name a person; where it spoke is enough to look further."""
    logs.configure("index")
    logging.getLogger("pydicom").error("bad name %s", NAME)
    logging.getLogger("pydicom").warning("not worth a line")
    (line,) = lines(capsys)
    assert (line["event"], line["logger"], line["level"]) == ("library_said", "pydicom", "error")
    assert NAME not in json.dumps(line)


def test_the_level_holds(capsys: pytest.CaptureFixture[str]) -> None:
    """What is below it is not logged."""
    logs.configure("index", "WARNING")
    structlog.get_logger().info("study_filed")
    assert lines(capsys) == []
