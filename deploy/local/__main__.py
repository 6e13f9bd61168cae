"""Run the embedded servers and services: `python -m deploy.local run|up|down|env|clean`."""

import signal
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from contextlib import ExitStack, suppress
from pathlib import Path
from types import FrameType

from deploy.local.environment import IDENTITIES, exports
from deploy.local.keeper import InUse, keeper
from deploy.local.leftovers import reap
from deploy.local.servers import Servers
from deploy.local.services import Services
from deploy.local.setting import HOST, Setting, load, private
from deploy.local.waiting import NotUp, until

ROOT = Path(__file__).parents[2]
UP, DOWN = 180.0, 90.0  # seconds
READY = "ready"  # a file in the set's folder while everything serves


def main() -> int:
    """Do what the command line asks, and return the exit code."""
    asked = options()
    asked.root = asked.root.resolve()
    try:
        return int(asked.act(asked))
    except (InUse, NotUp, PermissionError) as error:
        sys.stderr.write(f"{error}\n")
        return 1


def options() -> Namespace:
    """Return what the command line says."""
    parser = ArgumentParser("python -m deploy.local", description=__doc__)
    parser.add_argument("--root", type=Path, default=ROOT / ".local", help="where the set lies")
    verbs = parser.add_subparsers(required=True)
    for act in (run, up, down, env, clean):
        verb = verbs.add_parser(act.__name__, help=act.__doc__)
        verb.set_defaults(act=act)
        if act in (run, up):
            verb.add_argument("--servers-only", action="store_true", help="no services")
        if act is env:
            verb.add_argument("service", choices=IDENTITIES)
    return parser.parse_args()


def run(asked: Namespace) -> int:
    """Run servers and services until Ctrl-C or SIGTERM."""
    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, interrupt)
    with suppress(KeyboardInterrupt), ExitStack() as running:
        servers = running.enter_context(Servers(asked.root, supervise=True))
        if not asked.servers_only:
            running.enter_context(Services(servers))
        ready = asked.root / READY
        ready.touch()
        running.callback(ready.unlink, missing_ok=True)
        say(addresses(servers.setting))
        while True:
            signal.pause()
    return 0


def interrupt(_signum: int, _frame: FrameType | None) -> None:
    """Begin the clean stop; from here on it is not interrupted, for it takes seconds only."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def up(asked: Namespace) -> int:
    """Run servers and services in the background; return when they serve."""
    ready, log = asked.root / READY, private(asked.root / "log") / "supervisor.log"
    if keeper(asked.root) is None:
        ready.unlink(missing_ok=True)
        words = [sys.executable, "-m", "deploy.local", "--root", str(asked.root), "run"]
        words += ["--servers-only"] if asked.servers_only else []
        with log.open("wb") as output:
            behind = subprocess.Popen(  # noqa: S603  the words are ours
                words, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True,
            )  # fmt: skip
        until(lambda: ready.exists() or behind.poll() is not None, UP, f"not up: see {log}")
        if behind.poll() is not None:
            raise NotUp(log.read_text().strip())
    elif not ready.exists():
        msg = "another process is starting or stopping them: try again"
        raise InUse(msg)
    if setting := load(asked.root):
        say(addresses(setting))
    return 0


def down(asked: Namespace) -> int:
    """Stop what runs, also what a killed supervisor left."""
    if mark := keeper(asked.root):
        mark.send(signal.SIGTERM)
        until(lambda: not mark.alive(), DOWN, f"process {mark.pid} does not stop")
    reap(asked.root / "run")
    return 0


def env(asked: Namespace) -> int:
    """Print a service's environment as lines for a shell's eval."""
    setting = load(asked.root)
    if setting is None:
        msg = f"there are no servers under {asked.root}: start them with `make up`"
        raise NotUp(msg)
    sys.stdout.write(exports(asked.service, setting))
    return 0


def clean(asked: Namespace) -> int:
    """Stop what runs, and remove all its data."""
    down(asked)
    for inner in asked.root.glob("*/ports.json"):  # sets of test runs that were killed
        Servers(inner.parent).remove()
    Servers(asked.root).remove()
    return 0


def addresses(setting: Setting) -> str:
    """Return who listens where, in a few lines."""
    seen = {"RabbitMQ management": "broker.management", "S3": "s3", "PostgreSQL": "database"}
    lines = (f"{name}: {HOST}:{setting.ports[port]}" for name, port in seen.items())
    return "\n".join([*lines, f"passwords and variables: {setting.root / 'env'}"])


def say(text: str) -> None:
    """Print `text` at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
