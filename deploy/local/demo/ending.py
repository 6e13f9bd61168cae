"""What the demo shows when all has arrived. The patients are made up, so their names are shown."""

from rich.console import Console
from rich.table import Table

from deploy.local.demo.scanpass import Scanpass
from shared.db import Database

COMMANDS = (("find", "quintero"), ("quarantine", "list"), ("status",))
LETTERS = """
SELECT study.site, study.reference, contact.name, contact.language,
    coalesce(channel, delivery.state) AS how, coalesce(email, phone, 'nowhere yet') AS reached
FROM notify.delivery JOIN catalogue.study USING (site, study_uid)
JOIN catalogue.contact ON contact.record = delivery.record
ORDER BY study.site, delivery.created_at, study.reference
"""


def show(database: Database, scanpass: Scanpass, console: Console) -> None:
    """Show the letters, a search, the quarantine with its reasons, and the status."""
    console.rule("Letters")
    console.print(letters(database))
    for command, printed in zip(COMMANDS, scanpass.together(COMMANDS), strict=True):
        console.rule(" ".join(("scanpass", *command)))
        console.out(printed.rstrip(), highlight=False)


def letters(database: Database) -> Table:
    """Return who was told, and how."""
    table = Table("site", "reference", "to", "language", "how", "reached by")
    with database.transaction() as connection:
        for row in connection.execute(LETTERS).fetchall():
            table.add_row(*(str(row[name] or "") for name in row))
    return table
