"""What the faults are done to: servers, post office and services as real processes."""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import boto3
import psycopg
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from psycopg.rows import dict_row

from deploy.local.demo.dropping import make_known
from deploy.local.demo.judged import variables
from deploy.local.demo.scanpass import ROOT, Scanpass
from deploy.local.environment import SERVICES
from deploy.local.post import Ports, Post
from deploy.local.processes import Command
from deploy.local.servers import Servers
from deploy.local.services import Services
from deploy.local.waiting import until

SERVERS = ("s3", "broker", "database")
THREADS = 8
PATIENCE = 180.0  # seconds until a server takes what is dropped


class Staged(Services):
    """Services of which one may run with a fault built in: `plants[service]` is its name."""

    plants: dict[str, str] = {}  # noqa: RUF012  each stage sets its own
    planting = "tests.chaos.planted"  # the module that builds the fault in

    def _command(self, name: str) -> Command:
        command = super()._command(name)
        plant = self.plants.get(name)
        if plant is None:
            return command
        words = [command.arguments[0], "-m", self.planting, plant, name]
        return replace(command, arguments=words)


@dataclass
class Standing:
    """All that runs, and how it is asked; `extra[service]` overlays its next environment."""

    servers: Servers
    services: Staged
    post: Post
    scanpass: Scanpass
    extra: dict[str, dict[str, str]]
    dropped: int = 0  # contents of instances
    folder: Path = field(init=False)

    def __post_init__(self) -> None:
        """Name the folder of what is dropped and what comes out."""
        self.folder = self.servers.root / "chaos"
        self.owner = self.servers.environment("owner")
        self.ops = self.servers.environment("ops")
        self.s3 = client(self.owner)

    def owner_scanpass(self, *words: str) -> str:
        """Run a command line as the owner of the database."""
        url = {"SCANPASS_DATABASE_URL": self.owner["SCANPASS_DATABASE_URL"]}
        return replace(self.scanpass, variables=self.scanpass.variables | url)(*words)

    @property
    def data(self) -> Path:
        """Return what was dropped, as the judge reads it."""
        return self.folder / "data"

    def judging(self) -> dict[str, str]:
        """Return the judge's environment."""
        return variables(self.servers.environment, self.data, self.folder / "post", 0)

    def drop(self, files: Mapping[str, bytes]) -> None:
        """Put `files` into the drop, however often that takes."""
        with ThreadPoolExecutor(THREADS) as threads:
            list(threads.map(self.put, files.items()))

    def put(self, file: tuple[str, bytes]) -> None:
        """Put one file; a hospital tries again until it is taken."""
        key, content = file

        def taken() -> bool:
            try:
                self.s3.put_object(Bucket="drop", Key=key, Body=content)
            except (ClientError, BotoCoreError):
                return False
            return True

        until(taken, PATIENCE, f"{key} is not taken")

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        """Return rows, as the owner; over a connection of its own, for servers come and go."""
        url = self.owner["SCANPASS_DATABASE_URL"]
        with psycopg.connect(url, connect_timeout=3, row_factory=dict_row) as connection:
            connection.execute("SET statement_timeout = '20s'")
            return connection.execute(query.encode(), values).fetchall()

    def run(self, query: str, *values: object) -> None:
        """Run a statement, as the owner."""
        with psycopg.connect(self.owner["SCANPASS_DATABASE_URL"]) as connection:
            connection.execute(query.encode(), values)

    def lines(self, service: str, event: str) -> list[dict[str, Any]]:
        """Return the lines with this event in the log of a service."""
        text = self.services.log(service).read_text(errors="replace")
        return [
            json.loads(line)
            for line in text.splitlines()
            if f'"{event}"' in line and line[-1:] == "}"
        ]


def client(told: Mapping[str, str]) -> Any:  # noqa: ANN401  boto3 publishes no types
    """Return an S3 client that gives up soon and does not try again by itself."""
    return boto3.client(
        "s3",
        endpoint_url=told["SCANPASS_S3_ENDPOINT"],
        aws_access_key_id=told["SCANPASS_S3_ACCESS_KEY"],
        aws_secret_access_key=told["SCANPASS_S3_SECRET_KEY"],
        region_name=told["SCANPASS_S3_REGION"],
        config=Config(
            s3={"addressing_style": "path"},
            max_pool_connections=THREADS,
            connect_timeout=3,
            read_timeout=10,
            retries={"max_attempts": 0},
        ),
    )


@contextmanager
def standing(  # noqa: PLR0913  each is asked for by one of the proofs
    root: Path,
    *,
    quiet: float = 3.0,
    names: Iterable[str] = SERVICES,
    overlay: Callable[[Servers], Mapping[str, Mapping[str, str]]] = lambda _servers: {},
    plants: Mapping[str, str] | None = None,
    kind: type[Servers] = Servers,
    checkout: Path = ROOT,
) -> Iterator[Standing]:
    """Start all under `root`, from nothing, and remove every byte at the end.

    The code of `checkout` makes the hospitals known.
    """
    Servers(root).remove()
    try:
        with ExitStack() as running:
            servers = running.enter_context(kind(root, supervise=True))
            ports = Ports(*(servers.ports[f"demo.{name}"] for name in ("smtp", "sms", "web")))
            token = servers.setting.passwords["sms.token"]
            post = running.enter_context(Post(servers.root / "chaos" / "post", token, ports))
            told_ops = servers.environment("ops") | {"HOME": os.environ.get("HOME", "/")}
            scanpass = Scanpass(told_ops, checkout)
            make_known(servers.root / "chaos" / "logos", scanpass)
            told = overlay(servers)
            extra = {name: dict(told.get(name, {})) for name in SERVICES}
            services = Staged(servers, names, extra)
            services.plants = dict(plants or {})
            stage = Standing(servers, services, post, scanpass, extra)
            stage.run("UPDATE sites.site SET quiet_seconds = %s", quiet)
            running.enter_context(services)
            yield stage
    finally:
        Servers(root).remove()
