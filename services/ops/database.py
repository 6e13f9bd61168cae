"""`scanpass db`: the schema."""

from pathlib import Path

import typer

from services.ops.edges import read, trouble
from services.ops.ends import Problem
from services.ops.migrate import MigrationFailed, migrate
from services.ops.screen import Json, tell
from services.ops.settings import ENV_FILE
from shared.config import DatabaseSettings
from shared.db import why_not

app = typer.Typer(help="The database's schema.")
OWNER_FILE: Path = ENV_FILE.with_name("owner.env")  # of the role that owns the schemas
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
