"""What the hospitals of the demo do: they are made known, and they drop."""

import time
from pathlib import Path

from deploy.local.demo.data import WAVES
from deploy.local.demo.hospitals import HOSPITALS, QUIET_SECONDS, Hospital
from deploy.local.demo.scanpass import DOWN, CommandFailed, Scanpass

LONGEST = "240"  # seconds that a wave may take
TRIES, PAUSE = 8, 2.0  # seconds between two


def make_known(folder: Path, scanpass: Scanpass) -> None:
    """Tell the system who drops; again changes nothing. Logos lie in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    scanpass.together([naming(hospital, folder) for hospital in HOSPITALS])


def naming(hospital: Hospital, folder: Path) -> tuple[str, ...]:
    """Return the command that makes one hospital known."""
    logo = folder / f"{hospital.site}.svg"
    logo.write_text(hospital.logo)
    options = {
        "title": hospital.title,
        "help-phone": hospital.help_phone,
        "help-hours": hospital.help_hours,
        "help-languages": ",".join(hospital.help_languages),
        "logo": str(logo),
        "language": hospital.language,
        "timezone": hospital.timezone,
        "quiet": str(QUIET_SECONDS),
    }
    told = (f"--{key}={value}" for key, value in options.items())
    return ("site", "add", hospital.site, *told)


def drop_all(data: Path, scanpass: Scanpass) -> None:
    """Drop wave after wave, each when the one before it has its receipts; all sites at once."""
    for wave in WAVES:
        folders = [data / wave / hospital.site for hospital in HOSPITALS]
        persist(scanpass, [dropping(folder) for folder in folders if folder.exists()])


def persist(scanpass: Scanpass, commands: list[tuple[str, ...]]) -> None:
    """Run the commands, and again while a server does not answer: they go on where they were.

    Raises:
        CommandFailed: one ended with another error, or the server stays away.

    """
    for left in reversed(range(TRIES)):
        try:
            scanpass.together(commands)
        except CommandFailed as failed:
            if failed.code != DOWN or not left:
                raise
            time.sleep(PAUSE)
        else:
            return


def dropping(folder: Path) -> tuple[str, ...]:
    """Return the command that drops one folder at the site it is named after."""
    wait = ("--wait", "--wait-seconds", LONGEST)
    return ("drop", str(folder), "--site", folder.name, *wait, "--json")
