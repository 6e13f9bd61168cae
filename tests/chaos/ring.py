"""A standing system with a wire on each of its ways, in which faults can be made."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

from deploy.local.servers import Servers
from deploy.local.setting import HOST
from tests.chaos.cluster import OTHERS, Cluster
from tests.chaos.faults import Ring
from tests.chaos.schedule import OF_PORTAL, WIRES
from tests.chaos.standing import SERVERS, standing
from tests.chaos.wires import Wire, Wires

VARIABLES = {"broker": "AMQP_URL", "s3": "S3_ENDPOINT", "database": "DATABASE_URL"}
# Sooner than in production, so that what only the receipts can heal is healed within a run.
SOON = {"SCANPASS_RECONCILE_SECONDS": "3", "SCANPASS_RECONCILE_AFTER_SECONDS": "15"}
NEVER = {"SCANPASS_RECONCILE_SECONDS": "3600", "SCANPASS_RECONCILE_AFTER_SECONDS": "36000"}


@contextmanager
def ring(
    root: Path,
    seed: int,
    *,
    reconcile: Mapping[str, str] = SOON,
    plants: Mapping[str, str] | None = None,
    cluster: bool = False,
) -> Iterator[Ring]:
    """Start everything with wires between, and remove it at the end.

    In a `cluster` RabbitMQ has three nodes, and each service has a wire to each.
    """
    nodes = OTHERS if cluster else ()
    with Wires() as wires:
        wire: dict[tuple[str, str], Wire] = {}

        def overlay(servers: Servers) -> dict[str, dict[str, str]]:
            told: dict[str, dict[str, str]] = {"ingest": dict(reconcile), "index": dict(reconcile)}
            for service, server in (*WIRES, *OF_PORTAL):
                wire[service, server] = made = wires.wire(servers.ports[server])
                name = f"SCANPASS_{VARIABLES[server]}"
                url = servers.environment(service)[name]
                told.setdefault(service, {})[name] = moved(url, made.port)
                if server == "broker":
                    for node in nodes:
                        wire[service, node] = other = wires.wire(servers.ports[node])
                        told[service][name] += f",{moved(url, other.port)}"
            probes = free()
            wire["store", "ingest"] = wires.wire(probes, servers.ports["ingest"])
            told["ingest"]["SCANPASS_PROBE_PORT"] = str(probes)
            return told

        kind = Cluster if cluster else Servers
        with standing(root, overlay=overlay, plants=plants, kind=kind) as stage:
            dice = Random(seed)  # noqa: S311  no secret is made of it
            yield Ring(stage, wires, wire, dice, (*SERVERS, *nodes))


def moved(url: str, port: int) -> str:
    """Return `url` with another port."""
    parts = urlsplit(url)
    return parts._replace(netloc=f"{parts.netloc.rpartition(':')[0]}:{port}").geturl()


def free() -> int:
    """Return a port that nobody listens at."""
    with socket.create_server((HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
