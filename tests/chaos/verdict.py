"""What the judge found, and what was counted, as the numbers of the last line."""

import re
from collections import Counter
from typing import Any

from tests import judge
from tests.chaos import broker
from tests.chaos.standing import Standing

LOST = re.compile(
    r"archive: missing|receipt: missing|study: missing|copy: (not settled|missing)"
    r"|quarantine: not there|content: .* is None, not|letter: .*, 0 came"
)
STUCK = re.compile(r"queue: |outbox: |drop: ")
MIXED = re.compile(r"study: .* is another patient's")
TWICE = re.compile(r"content: .*, not None$|quarantine: \d+ rows of")
# The keys keep most tables free of doubles; these facts are kept free by the services.
DOUBLES = """
    SELECT
        (SELECT count(*) - count(DISTINCT event_id) FROM catalogue.outbox
            WHERE type <> 'study.released.v1')
        + (SELECT count(*) - count(DISTINCT (kind, site, study_uid)) FROM notify.delivery)
        + (SELECT count(*) - count(DISTINCT event_id) FROM notify.outbox) AS doubles
"""
# Claims that ended neither sent nor refused nor put off: whoever sent was interrupted.
WINDOW = """
    SELECT coalesce(sum(attempts - 1), 0)::int AS windows FROM notify.delivery
    WHERE state = 'sent' AND attempts > 0
"""


def found(stage: Standing) -> tuple[list[str], dict[str, Any]]:
    """Return the judge's findings, and the numbers that follow from them."""
    case = judge.case(stage.judging())
    try:
        judge.settle(case.edges)
        findings, _ = judge.verdict(case, 0)
        messages = case.messages
    finally:
        case.edges.close()
    (doubles,) = stage.rows(DOUBLES)
    (window,) = stage.rows(WINDOW)
    came = Counter((one.to, one.id) for one in messages)
    return findings, {
        "suppressed": broker.suppressed(broker.journal(stage)),
        "lost": sum(bool(LOST.match(one)) for one in findings),
        "duplicate_rows": doubles["doubles"] + sum(bool(TWICE.match(one)) for one in findings),
        "mixed_patients": sum(bool(MIXED.match(one)) for one in findings),
        "letters_repeated": sum(count - 1 for count in came.values()),
        "kills_in_letter_window": window["windows"],
        "stuck": sum(bool(STUCK.match(one)) for one in findings),
    }


def red(findings: list[str], numbers: dict[str, Any]) -> bool:
    """Say whether anything is wrong."""
    zero = ("lost", "duplicate_rows", "mixed_patients", "stuck")
    return bool(
        findings
        or any(numbers[name] for name in zero)
        or numbers["letters_repeated"] > numbers["kills_in_letter_window"]
    )
