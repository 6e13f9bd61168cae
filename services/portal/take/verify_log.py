"""Check the access log that lies beside this file.

Every entry is sealed by a SHA-256 over its own fields and the seal of the entry before it. This
program computes all seals anew. It needs Python 3.9 or newer, nothing else, and no network.
"""

import datetime as dt
import hashlib
import json
import pathlib
import sys

FIELDS = (
    *("record", "seq", "microseconds", "actor_kind", "actor", "session", "action", "because"),
    *("study_uid", "series_uid", "reads", "previous"),
)
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)  # noqa: UP017  also before 3.11


def sealed(entry: dict[str, object]) -> str:
    """Return the seal that an entry must bear."""
    at = dt.datetime.fromisoformat(str(entry["at"]))
    told = dict(entry, microseconds=(at - EPOCH) // dt.timedelta(microseconds=1))
    text = "\n".join(str("" if told[name] is None else told[name]) for name in FIELDS)
    return hashlib.sha256(text.encode()).hexdigest()


def main() -> int:
    """Say where the log is not as it was written, or where it ends."""
    ends: dict[str, tuple[int, str]] = {}
    beside = pathlib.Path(__file__).with_name("access-log.jsonl")
    for line in beside.read_text("utf-8").splitlines():
        entry = json.loads(line)
        seq, before = ends.get(entry["record"], (0, "0" * 64))
        follows = entry["seq"] == seq + 1 and entry["previous"] == before
        if not follows or entry["hash"] != sealed(entry):
            print("NOT as it was written: entry", seq + 1, "of record", entry["record"])  # noqa: T201
            return 1
        ends[entry["record"]] = (entry["seq"], entry["hash"])
    for record, (seq, seal) in sorted(ends.items()):
        print("As it was written:", seq, "entries of record", record)  # noqa: T201
        print("  the last seal is", seal)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
