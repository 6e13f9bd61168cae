"""What was uploaded already, so that a broken drop goes on where it stopped."""

import json
import os
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import BinaryIO


@dataclass(frozen=True)
class Uploaded:
    """One file that lies in the drop; `size` in bytes, `modified_ns` of the local file."""

    key: str
    size: int
    modified_ns: int
    sha256: str


class Journal:
    """One line of JSON for each file that the store has taken; safe from many threads.

    A line is appended only after the upload is verified, so the journal never claims too much;
    a line that was cut by a crash is ignored, and its file is uploaded again.
    """

    def __init__(self, path: Path) -> None:
        """Read what is there."""
        self.path = path
        self.lock = Lock()
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)  # keys may bear names
        self.known = {each.key: each for each in read(path)}
        self.file: BinaryIO = path.open("ab", buffering=0)
        path.chmod(0o600)
        self.file.write(b"\n")  # whatever a crash has left half written ends here

    def has(self, key: str, size: int, modified_ns: int) -> Uploaded | None:
        """Return the line of an upload that is still the same file, or None."""
        known = self.known.get(key)
        same = known and (known.size, known.modified_ns) == (size, modified_ns)
        return known if same else None

    def add(self, uploaded: Uploaded) -> None:
        """Note one verified upload."""
        with self.lock:
            self.known[uploaded.key] = uploaded
            self.file.write(json.dumps(asdict(uploaded)).encode() + b"\n")

    def close(self) -> None:
        """Close the file."""
        self.file.close()


def read(path: Path) -> list[Uploaded]:
    """Return the whole lines of the journal at `path`."""
    found = []
    lines = path.read_bytes().splitlines() if path.exists() else []
    for line in lines:
        try:
            found.append(Uploaded(**json.loads(line)))
        except (ValueError, TypeError):
            continue
    return found


def journal_path(folder: Path, site: str, endpoint: str, *, backfill: bool) -> Path:
    """Return where the journal of this drop lies: one for each source, site, lane and server."""
    state = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    what = "|".join((str(folder.absolute()), site, endpoint, str(backfill)))
    return Path(state) / "scanpass" / "drops" / f"{sha256(what.encode()).hexdigest()[:32]}.jsonl"
