"""Everything the demo stands on, running: servers, post office, services."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from deploy.local.demo.dropping import make_known
from deploy.local.demo.progress import Counts, look
from deploy.local.demo.scanpass import Scanpass
from deploy.local.post import Ports, Post
from deploy.local.servers import Servers
from deploy.local.services import Services
from shared.db import Database
from shared.storage.s3 import S3


@dataclass(frozen=True)
class Stage:
    """What runs, and how it is asked."""

    servers: Servers
    services: Services
    post: Post
    scanpass: Scanpass
    database: Database  # with the operator's rights
    look: Callable[[], Counts]
    portal: str  # its address

    @property
    def folder(self) -> Path:
        """Return where the demo keeps what is its own."""
        return self.servers.root / "demo"

    @property
    def mailbox(self) -> Path:
        """Return where letters and text messages come out."""
        return self.folder / "post"


@contextmanager
def stage(root: Path, host: str | None = None) -> Iterator[Stage]:
    """Start everything under `root`, make the hospitals known, and stop everything at the end.

    With `host`, an address of this machine, the portal can be reached from the network.

    Raises:
        InUse: another process looks after this folder.
        NotUp: a server or a service does not come up.
        CommandFailed: a hospital could not be made known.

    """
    with ExitStack() as running:
        servers = running.enter_context(Servers(root, supervise=True))
        ports = Ports(*(servers.ports[f"demo.{name}"] for name in ("smtp", "sms", "web")))
        token = servers.setting.passwords["sms.token"]
        post = running.enter_context(Post(servers.root / "demo" / "post", token, ports))
        ops = servers.environment("ops")
        # What was uploaded before is uploaded again: a second run is a redelivery.
        state = {"XDG_STATE_HOME": str(servers.root / "demo" / "state")}
        scanpass = Scanpass(ops | state)
        with ThreadPoolExecutor(1) as meanwhile:
            known = meanwhile.submit(make_known, servers.root / "demo" / "logos", scanpass)
            services = running.enter_context(Services(servers, extra=reached_by(host, servers)))
            known.result()
        database = Database(ops["SCANPASS_DATABASE_URL"], pool_size=2, name="demo")
        running.callback(database.close)
        endpoint, access, secret, region = (
            ops[f"SCANPASS_S3_{name}"]
            for name in ("ENDPOINT", "ACCESS_KEY", "SECRET_KEY", "REGION")
        )
        store = S3(endpoint, access, secret, region)
        seen = partial(look, database, partial(pending, store))
        yield Stage(
            servers, services, post, scanpass, database, seen, address(host or NAME, servers)
        )


def pending(store: S3) -> int:
    """Return how many objects lie in the drop."""
    return sum(1 for _ in store.list("drop"))


NAME = "localhost"


def address(host: str, servers: Servers, of: str = "pages") -> str:
    """Return where the portal's pages are, or the viewer."""
    return f"http://{host}:{servers.ports[f'portal.{of}']}"


def reached_by(host: str | None, servers: Servers) -> dict[str, dict[str, str]]:
    """Return what services are told beyond their own, so that `host` is where the portal is."""
    if host is None:
        return {}
    pages = {"SCANPASS_PORTAL_URL": address(host, servers)}
    listening = {
        "SCANPASS_PORTAL_HOST": "0.0.0.0",  # noqa: S104  asked for, by LAN=1
        "SCANPASS_VIEWER_HOST": "0.0.0.0",  # noqa: S104
        "SCANPASS_VIEWER_URL": address(host, servers, "viewer"),
    }
    return {"portal": pages | listening, "notify": pages}
