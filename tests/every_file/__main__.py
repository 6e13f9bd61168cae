"""Carry every file and judge what comes out: `python -m tests.every_file`.

`--write` writes the table of outcomes anew, `--plant NAME` builds a fault in, which must be found.
The last line is JSON; exit code 0 only when every copy has the original's pixels and header, DCMTK
reads it, `dciodvfy` finds no error that its original had not, and every outcome is the committed
one.
"""

import argparse
import json
import logging
import sys
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from tests.every_file.carry import PLANTS, Carried, carry, planted
from tests.every_file.sources import absent, every
from tests.judging.copies import findings
from tests.judging.readers import new_errors, unread

TABLE = Path(__file__).with_name("outcomes.tsv")
OUTCOMES = ("transcoded", "kept", "failed", "quarantined")

Row = tuple[str, str]  # outcome, reason


def table() -> dict[str, Row]:
    """Return the committed outcome of each file by its name."""
    rows = (line.split("\t") for line in TABLE.read_text().splitlines()[1:])
    return {name: (outcome, reason) for name, outcome, reason in rows}


def write(rows: dict[str, Row], missing: list[str]) -> None:
    """Commit `rows`; those of a test set that is not installed stay."""
    old = table() if TABLE.exists() else {}
    stay = {name: row for name, row in old.items() if set_of(name) in missing}
    lines = ["\t".join((name, *row)) for name, row in sorted((stay | rows).items())]
    TABLE.write_text("\n".join(["file\toutcome\treason", *lines]) + "\n")


def set_of(name: str) -> str:
    """Return the test set that a file is of."""
    return name.partition("/")[0]


@dataclass
class Tally:
    """What was seen so far."""

    counts: Counter[str] = field(default_factory=Counter)
    rows: dict[str, Row] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)  # with copies
    unlisted: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)  # by DCMTK
    new_errors: list[str] = field(default_factory=list)  # of dciodvfy's

    def judge(self, name: str, content: bytes, carried: Carried) -> None:
        """Count one file, and look at its copy."""
        self.counts["files"] += 1
        self.counts[carried.outcome] += 1
        self.rows[name] = (carried.outcome, carried.reason)
        if not carried.listed:
            self.unlisted.append(f"{name}: not listed")
        if carried.copy is not None:
            self.wrong += [f"{name}: {each}" for each in findings(content, carried.copy)]

    def show(self, name: str, content: bytes, carried: Carried) -> None:
        """Show a copy to other people's readers."""
        if carried.copy is not None:
            self.unread += [f"{name}: {each}" for each in unread(carried.copy)]
            self.new_errors += [f"{name}: {each}" for each in new_errors(content, carried.copy)]


def carried(files: Iterable[tuple[str, bytes]], plant: str | None, *, shown: bool = False) -> Tally:
    """Carry `files` (name, content), one after another; `shown` to other readers if wanted."""
    tally = Tally()
    with planted(plant), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the files are odd on purpose
        for name, content in files:
            what = carry(content)
            tally.judge(name, content, what)
            if shown:
                tally.show(name, content, what)
    return tally


def unexpected(rows: dict[str, Row], wanted: dict[str, Row], missing: list[str]) -> Iterator[str]:
    """Find outcomes that are not the committed ones; of a set that is not there, none is due."""
    for name in sorted(rows.keys() | wanted.keys()):
        due = set_of(name) not in missing
        if due and rows.get(name) != wanted.get(name):
            yield f"{name}: {rows.get(name)}, not {wanted.get(name)}"


def main() -> int:
    """Carry, judge, print, and return the exit code."""
    parser = argparse.ArgumentParser(description="Carry every file and judge what comes out.")
    parser.add_argument("--write", action="store_true", help="write the table of outcomes anew")
    parser.add_argument("--plant", choices=PLANTS, help="build a fault in, which must be found")
    chosen = parser.parse_args()
    logging.disable(logging.CRITICAL)  # what is odd about a file is told by the table
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    tally, missing = carried(every(), chosen.plant, shown=True), absent()
    if chosen.write and not chosen.plant:
        write(tally.rows, missing)
    strange = [*unexpected(tally.rows, table(), missing), *tally.unlisted]
    unseen = [f"not checked: {name} is not installed" for name in missing]
    for line in (*unseen, *tally.wrong, *tally.unread, *tally.new_errors, *strange):
        print(line)  # noqa: T201  this is what a judge is for
    numbers = {name: tally.counts[name] for name in ("files", *OUTCOMES)}
    equal = bool(tally.counts["transcoded"]) and not tally.wrong
    numbers |= {"pixels_equal": equal, "unexpected": len(strange)}
    numbers["dcmtk_read"] = tally.counts["transcoded"] - len(tally.unread)
    numbers["dciodvfy_new_errors"] = len(tally.new_errors)
    print(json.dumps(numbers))  # noqa: T201
    return 0 if equal and not (strange or tally.unread or tally.new_errors) else 1


if __name__ == "__main__":
    sys.exit(main())
