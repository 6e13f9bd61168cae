"""The release before this one: which it is, and how its code is had."""

import subprocess
import tarfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

from deploy.local.demo.scanpass import ROOT

# The last one whose schema is older. Changed when a version is released, and nowhere else.
BEFORE = "eaa9f86784b45de47c68007236815e2f27675e93"


class NotHad(Exception):
    """The code of the release before is not here; the text says what is missing, and the remedy."""


def checked_out(place: Path, commit: str = BEFORE) -> Path:
    """Lay the code of `commit` under `place`, and return where.

    Raises:
        NotHad: this is no clone, or one without its history.

    """
    git = ["git", "-C", str(ROOT)]
    try:
        done = subprocess.run(  # noqa: S603  our own words
            [*git, "archive", "--format=tar", commit], capture_output=True, check=False
        )
    except FileNotFoundError:
        msg = "git is missing: apt-get install git"
        raise NotHad(msg) from None
    if done.returncode:
        msg = (
            f"the commit {commit[:12]} of the release before is not in this checkout: it needs a"
            " clone with its history (git fetch --unshallow)"
        )
        raise NotHad(msg)
    place.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=BytesIO(done.stdout)) as packed:
        packed.extractall(place, filter="data")
    return place


def migrations(checkout: Path) -> dict[str, bytes]:
    """Return the steps that the schema of a checkout takes, by their names."""
    found = checkout.glob("services/*/migrations/*.sql")
    return {each.name: each.read_bytes() for each in found}


def edited(before: Mapping[str, bytes], now: Mapping[str, bytes]) -> list[str]:
    """Return which steps are not what they were: whoever has taken them never takes them again.

    >>> edited({"1.sql": b"a", "2.sql": b"b"}, {"1.sql": b"a", "2.sql": b"c", "3.sql": b"d"})
    ['2.sql']
    """
    return sorted(name for name, text in before.items() if now.get(name) != text)
