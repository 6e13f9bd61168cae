"""`scanpass db`: the schema, and a dump of all that is in it."""

from pathlib import Path
from typing import Annotated

import typer

from services.ops import backup
from services.ops.edges import read, trouble
from services.ops.ends import Problem
from services.ops.migrate import MigrationFailed, migrate
from services.ops.screen import Json, tell
from shared.config import DatabaseSettings
from shared.db import why_not

app = typer.Typer(help="The database: its schema, its dump, its return.")
MAKES = "no-such-database-or-role"  # the migration makes a database that is not there yet


@app.command("migrate")
def up(*, as_json: Json = False) -> None:
    """Bring the database to the newest schema. SCANPASS_DATABASE_URL has to be its owner's."""
    url = read(DatabaseSettings).database_url.get_secret_value()
    code = why_not(url)
    trouble("database", None if code == MAKES else code, url)
    try:
        applied = migrate(url)
    except MigrationFailed as why:
        raise Problem(" ".join(str(why).split())) from None
    sentence = f"{len(applied)} applied: {', '.join(applied)}." if applied else "Nothing to apply."
    tell({"applied": applied}, [sentence], as_json=as_json)


@app.command("dump")
def dump(
    path: Annotated[Path, typer.Argument(help="The file to write; nobody else may read it.")],
    *,
    as_json: Json = False,
) -> None:
    """Write all of the database to a file, as it is at one moment. Services run on."""
    url = reached()
    try:
        size = backup.dump(url, path)
    except (backup.BackupFailed, OSError) as why:
        raise Problem(str(why)) from None
    tell({"bytes": size}, [f"{size} bytes written."], as_json=as_json)


@app.command("restore")
def restore(
    path: Annotated[Path, typer.Argument(help="What `db dump` has written.", exists=True)],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Make the database what it was in a dump. Stop the services first.

    After it: `rebuild receipts`, and `access reconcile`.
    """
    if not yes:
        typer.confirm("Replace everything in the database?", abort=True, err=True)
    url = reached()
    try:
        backup.restore(url, path)
    except backup.BackupFailed as why:
        raise Problem(str(why)) from None
    told = (
        "Restored. Start the services, then run `scanpass rebuild receipts` and"
        " `scanpass access reconcile`: until then nothing that is shared can be opened."
    )
    tell({"restored": str(path)}, [told], as_json=as_json)


def reached() -> str:
    """Return the URL of a database that answers, or that can be made."""
    url = read(DatabaseSettings).database_url.get_secret_value()
    code = why_not(url)
    trouble("database", None if code == MAKES else code, url)
    return url
