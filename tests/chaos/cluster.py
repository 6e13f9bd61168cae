"""Three nodes of RabbitMQ instead of one: each queue has a member on each, and two of them lead on.

They lie on ports of one machine, find each other through the set's own name daemon, and share one
cookie. They are joined one after the other; whoever is killed later joins again by itself.
"""

import random
from dataclasses import replace
from pathlib import Path

from deploy.local.accounts import management_url
from deploy.local.broker import Broker
from deploy.local.servers import Server, Servers
from deploy.local.setting import Setting, free, write_private
from deploy.local.waiting import until
from shared.broker.apply import request
from shared.errors import EdgeDown

OTHERS = ("broker2", "broker3")
PORTS = ("", ".distribution", ".management", ".prometheus")
LOW, HIGH = 20_000, 32_000  # below the range that the kernel hands out
TIMEOUT = 80.0  # seconds until the next one has joined


class Node(Broker):
    """One of the nodes."""

    def __init__(self, setting: Setting, name: str, before: Broker | None) -> None:
        """Join the cluster of the node `before`, or begin one."""
        self.name = name
        mine = {f"broker{each}": setting.ports[f"{name}{each}"] for each in PORTS}
        super().__init__(replace(setting, ports=setting.ports | mine))
        self._before = before
        self._shared = setting

    @property
    def node(self) -> str:
        """Return the node's name."""
        return node_of(self._shared, self.name)

    def configure(self) -> None:
        """Wait for the one before; nodes that boot at the same time may miss each other."""
        super().configure()
        write_private(self._home / ".erlang.cookie", self._shared.passwords["broker.ops"])
        if self._before is not None:
            until(self._before.ready, TIMEOUT, f"{self._before.name} does not come up")

    def provision(self) -> None:
        """Make the queues when all nodes are there: each gets its members when it is made."""
        if self._before is None:
            until(self._all_run, TIMEOUT, "the nodes do not find each other")
            super().provision()

    def _all_run(self) -> bool:
        try:
            nodes = request(management_url(self._setting), "GET", "/api/nodes?columns=running")
        except EdgeDown:
            return False
        running = [each for each in nodes if each.get("running")] if isinstance(nodes, list) else []
        return len(running) == 1 + len(OTHERS)

    def _conf(self, definitions: Path) -> str:
        lines = {
            "cluster_formation.peer_discovery_backend": "classic_config",
            "cluster_partition_handling": "pause_minority",
        }
        for number, name in enumerate(("broker", *OTHERS), 1):
            lines[f"cluster_formation.classic_config.nodes.{number}"] = node_of(self._shared, name)
        return super()._conf(definitions) + "".join(f"{k} = {v}\n" for k, v in lines.items())


class Cluster(Servers):
    """The servers, with three nodes of RabbitMQ: `broker`, `broker2` and `broker3`."""

    def _made(self, setting: Setting) -> tuple[Server, ...]:
        for name in OTHERS:
            setting.ports.update({f"{name}{each}": chosen(setting) for each in PORTS})
        _broker, *others = super()._made(setting)
        nodes: list[Node] = []
        for name in ("broker", *OTHERS):
            nodes.append(Node(setting, name, nodes[-1] if nodes else None))
        return (*nodes, *others)


def node_of(setting: Setting, name: str) -> str:
    """Return the name of a node."""
    return f"{setting.name}{name.removeprefix('broker')}@localhost"


def chosen(setting: Setting) -> int:
    """Return a port that nobody has."""
    while True:
        port = random.randrange(LOW, HIGH)  # noqa: S311  a port is no secret
        if port not in setting.ports.values() and free(port):
            return port
