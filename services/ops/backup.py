"""A dump of the database and its return, by PostgreSQL's own programs."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from services.ops.migrate import MigrationFailed, migrate


class BackupFailed(Exception):
    """A program is missing or gave up; the text is its own last line, and holds no password."""


def dump(url: str, path: Path) -> int:
    """Write all of the database to `path`, whole or not at all; return its size in bytes.

    One snapshot: what is committed while it is written is not in it.

    Raises:
        BackupFailed: it could not be written.

    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))  # it holds patients
    try:
        run(url, "pg_dump", ["--format=custom", f"--file={draft}"])
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return path.stat().st_size


def restore(url: str, path: Path) -> None:
    """Make the database what it was in `path`, in one transaction; roles are made where missing.

    Services have to be stopped: their tables are dropped and made anew.

    Raises:
        BackupFailed: it could not be done, and nothing has changed.

    """
    try:
        migrate(url)
    except MigrationFailed as why:
        raise BackupFailed(str(why)) from None
    words = ["--clean", "--if-exists", "--single-transaction", "--exit-on-error"]
    run(url, "pg_restore", [*words, f"--dbname={urlsplit(url).path[1:]}", str(path)])


def run(url: str, program: str, words: Sequence[str]) -> None:
    """Run one of PostgreSQL's programs on the database at `url`.

    Raises:
        BackupFailed: it is missing, or ended with an error.

    """
    found = shutil.which(program)
    if found is None:
        msg = f"the program {program} is missing: apt-get install postgresql-client"
        raise BackupFailed(msg)
    done = subprocess.run(  # noqa: S603  the words are ours
        [found, "--no-password", *words],
        env={"PATH": os.defpath, **variables(url)},  # not in the arguments, which all may read
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        # The first line says what; the ones after quote statements, and those hold rows.
        raise BackupFailed((done.stderr.splitlines() or [program])[0])


def variables(url: str) -> Mapping[str, str]:
    """Return libpq's variables for `url`.

    >>> variables("postgresql://a:b%2F@h:1/d?sslmode=disable")["PGPASSWORD"]
    'b/'
    """
    parts = urlsplit(url)
    told = {
        "PGHOST": parts.hostname or "",
        "PGPORT": str(parts.port or 5432),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": parts.path[1:],
        "PGSSLMODE": parse_qs(parts.query).get("sslmode", ["prefer"])[0],
    }
    return {name: value for name, value in told.items() if value}
