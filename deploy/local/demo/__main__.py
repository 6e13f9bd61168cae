"""`make demo`: two hospitals drop real studies, and their patients are written to.

With `ONCE=1` the run is judged from outside, and the exit code is the judge's.
"""

import os
import shutil
import signal
import socket
import sys
import time
from argparse import ArgumentParser, Namespace
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from rich.console import Console

from deploy.local.demo import ending
from deploy.local.demo.data import BORN, PHONE, lay_out
from deploy.local.demo.dropping import drop_all
from deploy.local.demo.files import NotInstalled
from deploy.local.demo.judged import judge, variables
from deploy.local.demo.progress import NotDone, Progress
from deploy.local.demo.scanpass import ROOT, CommandFailed
from deploy.local.demo.stage import Stage, stage
from deploy.local.keeper import InUse
from deploy.local.setting import HOST
from deploy.local.waiting import NotUp

LONGEST = 240.0  # seconds until everything must have arrived
INTERRUPTED = 130
STOPPING = (signal.SIGINT, signal.SIGTERM)


def main() -> int:
    """Run the demo, and return the exit code."""
    for number in STOPPING:
        signal.signal(number, interrupt)
    asked, console = options(), Console()
    try:
        return run(asked, console)
    except KeyboardInterrupt:
        console.print("Stopped.")
        return INTERRUPTED if asked.once else 0
    except (NotInstalled, InUse, NotUp, CommandFailed, NotDone) as error:
        Console(stderr=True).print(str(error), style="red", highlight=False, soft_wrap=True)
        return 1


def options() -> Namespace:
    """Return what the command line and the environment ask for."""
    parser = ArgumentParser("python -m deploy.local.demo", description=__doc__)
    parser.add_argument("--root", type=Path, default=ROOT / ".local", help="where it all lives")
    once = os.environ.get("ONCE", "") not in {"", "0"}
    lan = os.environ.get("LAN", "") not in {"", "0"}
    parser.add_argument("--lan", action="store_true", default=lan, help="let telephones reach it")
    parser.add_argument("--once", action="store_true", default=once, help="judge, then end")
    return parser.parse_args()


def own_address() -> str:
    """Return this machine's address in its network; nothing is sent for that."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # TEST-NET-1 (RFC 5737): chooses the way out only
        except OSError:
            return HOST
        return str(probe.getsockname()[0])


def interrupt(_signal: int, _frame: FrameType | None) -> None:
    """Take SIGTERM for Ctrl-C: everything is stopped on the way out, and nothing hurries that."""
    for number in STOPPING:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def run(asked: Namespace, console: Console) -> int:
    """Start, drop, show, and judge or stay; return the exit code."""
    since = time.time()
    data = asked.root / "demo" / "data"
    console.print("Laying out real images …")
    lay_out(data)
    console.print("Starting RabbitMQ, SeaweedFS, PostgreSQL and five services …")
    with stage(asked.root, own_address() if asked.lan else None) as running:
        play(running, data, console)
        if asked.once:
            told = variables(running.servers.environment, data.resolve(), running.mailbox, since)
            return judge(told)
        console.print("\nEverything stays up until Ctrl-C.")
        signal.pause()
        return 0


def play(running: Stage, data: Path, console: Console) -> None:
    """Drop everything, wait until it has arrived, and show what came of it."""
    shutil.rmtree(running.folder / "state", ignore_errors=True)
    progress = Progress(running.look, console)
    with progress.shown():
        drop_all(data, running.scanpass)
        progress.wait(LONGEST)
    ending.show(running.database, running.scanpass, console)
    addresses(running, console)


def addresses(running: Stage, console: Console) -> None:
    """Say what to open."""
    management = urlsplit(running.servers.environment("ops")["SCANPASS_MANAGEMENT_URL"])
    login = f"user {management.username}, password {management.password}"
    console.rule("To open")
    for name, address in (
        ("mailbox", running.post.addresses.web),
        ("telephones", running.post.addresses.web + "phone"),
        (f"María's telephone ({PHONE}, born {BORN})", f"{running.post.addresses.web}phone#{PHONE}"),
        ("portal", running.portal),
        ("RabbitMQ", f"http://{management.hostname}:{management.port}/ ({login})"),
    ):
        console.print(f"{name}: {address}", soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())
