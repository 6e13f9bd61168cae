"""Logs: JSON lines on standard error, with identifiers, types and frames, never a person."""

import logging
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

FRAMES = 8  # the innermost; enough to find the line
SERIES = 4  # of causes


def configure(service: str, level: str = "INFO") -> None:
    """Send every line to standard error, from here on."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _named(service),
            types_and_frames,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level.lower()),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    # The level on the handler too: pydicom sets its own logger to hear warnings.
    logging.basicConfig(handlers=[Foreign(logging.ERROR)], level=logging.ERROR, force=True)
    # Every lost connection is told by our own code, in our own words.
    logging.getLogger("pika").setLevel(logging.CRITICAL)


def told(error: BaseException) -> dict[str, Any]:
    """Return what may be logged of `error`: its type, its frames, and those of its causes.

    Never its text and never a local variable: drivers and parsers put patients into both.
    """
    account: dict[str, Any] = {"type": type(error).__qualname__, "frames": frames(error)}
    cause, account_of_cause = error.__cause__ or error.__context__, account
    for _ in range(SERIES):
        if cause is None:
            break
        account_of_cause["cause"] = {"type": type(cause).__qualname__, "frames": frames(cause)}
        account_of_cause = account_of_cause["cause"]
        cause = cause.__cause__ or cause.__context__
    return account


def frames(error: BaseException) -> list[str]:
    """Return the innermost frames of `error` as `file:line:function`, outermost first."""
    lines = []
    place = error.__traceback__
    while place is not None:
        code = place.tb_frame.f_code
        lines.append(f"{_short(code.co_filename)}:{place.tb_lineno}:{code.co_qualname}")
        place = place.tb_next
    return lines[-FRAMES:]


def types_and_frames(_logger: WrappedLogger, _method: str, event_dict: EventDict) -> EventDict:
    """Replace `exc_info`, and every exception given as a field, by what may be logged of it."""
    info = event_dict.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()[1]
    elif isinstance(info, tuple):
        info = info[1]
    if isinstance(info, BaseException):
        event_dict["error"] = info
    for name, value in event_dict.items():
        if isinstance(value, BaseException):
            event_dict[name] = told(value)
    return event_dict


class Foreign(logging.Handler):
    """Says that a library had something to say: where, and never what, for it may name a person."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line for `record`, without its text."""
        fields: dict[str, Any] = {"logger": record.name, "line": record.lineno}
        if record.exc_info and record.exc_info[1]:
            fields["error"] = record.exc_info[1]
        structlog.get_logger().log(record.levelno, "library_said", **fields)


def _named(service: str) -> structlog.typing.Processor:
    def add(_logger: WrappedLogger, _method: str, event_dict: EventDict) -> EventDict:
        return {"service": service, **event_dict}

    return add


def _short(filename: str) -> str:
    """Return the last three parts of a path: enough to find it, and free of home directories."""
    return "/".join(filename.split("/")[-3:])
