"""What one set of servers is known by: its place, its ports, its passwords."""

import json
import os
import random
import secrets
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

HOST = "127.0.0.1"
# Below the range that the kernel hands out for outgoing connections (32768-60999).
_FROM, _TO = 20_000, 32_000
_BLOCK = 32  # ports of one set that lie together

PORTS = (
    *("broker", "broker.distribution", "broker.names", "broker.management", "broker.prometheus"),
    *("s3", "s3.grpc", "s3.filer", "s3.filer.grpc"),
    *("s3.master", "s3.master.grpc", "s3.volume", "s3.volume.grpc"),
    "database",
    # the services' probes, and what the demo shows
    *("ingest", "transcode", "index", "notify", "portal"),
    *("portal.pages", "portal.viewer"),
    *("demo.smtp", "demo.sms", "demo.web"),
)


@dataclass(frozen=True)
class Setting:
    """One set. Two checkouts have two, and they never meet."""

    root: Path
    ports: dict[str, int]
    passwords: dict[str, str]

    @property
    def name(self) -> str:
        """Return a name that no other checkout has."""
        return f"scanpass-{sha256(str(self.root).encode()).hexdigest()[:12]}"

    @property
    def records(self) -> Path:
        """Return where running processes are written down."""
        return self.root / "run"

    @property
    def logs(self) -> Path:
        """Return where servers and services write."""
        return self.root / "log"

    def folder(self, name: str) -> Path:
        """Return `root/name`, made for nobody but us."""
        return private(self.root / name)


def private(folder: Path, mode: int = 0o700) -> Path:
    """Make `folder`, with `mode` whatever the umask."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(mode)
    return folder


def write_private(path: Path, text: str) -> None:
    """Write `text`, which nobody else may read at any moment; whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
    draft.replace(path)


def prepare(root: Path, passwords: tuple[str, ...]) -> Setting:
    """Return the set at `root`: what it had before, completed where something is missing.

    `root` may be crossed but not listed by others: PostgreSQL's own user must reach its data.
    """
    private(root, 0o711)
    kept = _read(root / "credentials.json")
    known = {name: str(kept.get(name) or secrets.token_urlsafe(24)) for name in passwords}
    write_private(root / "credentials.json", json.dumps(known, indent=1))
    ports = choose(_read(root / "ports.json"))
    write_private(root / "ports.json", json.dumps(ports, indent=1))
    setting = Setting(root, ports, known)
    for folder in ("run", "log", "env"):
        setting.folder(folder)
    return setting


def load(root: Path) -> Setting | None:
    """Return the set at `root` as it was last started, or None where there was none."""
    ports, passwords = _read(root / "ports.json"), _read(root / "credentials.json")
    if not ports or not passwords:
        return None
    return Setting(
        root,
        {name: int(str(port)) for name, port in ports.items()},
        {name: str(password) for name, password in passwords.items()},
    )


def choose(remembered: dict[str, object]) -> dict[str, int]:
    """Return a port for each of `PORTS`: the remembered one while nobody else has taken it."""
    chosen: dict[str, int] = {}
    others = blocks()
    for name in PORTS:
        port = remembered.get(name)
        while not isinstance(port, int) or port in chosen.values() or not free(port):
            port = next(others)
        chosen[name] = port
    return chosen


def blocks() -> Iterator[int]:
    """Yield the ports of a block of which none is taken, then of another.

    Not each by itself: what a set that runs has chosen and does not listen at yet would look free.
    """
    while True:
        first = random.randrange(_FROM, _TO, _BLOCK)  # noqa: S311  a port is no secret
        block = range(first, first + _BLOCK)
        if all(map(free, block)):
            yield from block


def free(port: int) -> bool:
    """Say whether nobody listens on `port`; connections that linger after a stop do not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _read(path: Path) -> dict[str, object]:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
