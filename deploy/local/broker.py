"""A private RabbitMQ: its own node name, ports, cookie, data, and even its own name daemon.

Erlang nodes find each other through `epmd`, which a machine shares on port 4369 and which would
stay behind; ours listens on a port of its own and ends with us. The system's is never touched.
"""

import base64
import json
import os
import shutil
import time
from http import HTTPStatus, client
from pathlib import Path

from deploy.local.accounts import amqp_url, management_url, users
from deploy.local.processes import Command
from deploy.local.setting import HOST, Setting, write_private
from deploy.local.waiting import listening, until
from shared.broker.apply import Refused, apply
from shared.errors import EdgeDown

PROGRAM = "/usr/lib/rabbitmq/bin/rabbitmq-server"  # the wrapper in /usr/sbin runs it as `rabbitmq`
# New queues are written down each half second; a node killed before that has them for ever, but
# dead: nobody can take from them (3.10.8). Nothing tells when it has happened.
FLUSH = 1.0  # seconds
PLUGINS = ("rabbitmq_management", "rabbitmq_prometheus")


class Names:
    """The name daemon that our node registers with."""

    name = "names"

    def __init__(self, setting: Setting) -> None:
        """Take the port from `setting`."""
        self._setting = setting

    def configure(self) -> None:
        """Need nothing."""

    def command(self) -> Command:
        """Return how it is started."""
        port = str(self._setting.ports["broker.names"])
        arguments = ["/usr/bin/epmd", "-port", port, "-address", HOST]
        return Command(arguments, {"PATH": os.defpath}, self._setting.root)

    def ready(self) -> bool:
        """Say whether it answers."""
        return listening(self._setting.ports["broker.names"])

    def provision(self) -> None:
        """Need nothing."""

    def tidy(self) -> None:
        """Leave nothing."""


class Broker:
    """The node, with one user a service."""

    name = "broker"

    def __init__(self, setting: Setting) -> None:
        """Lie in `root/broker`."""
        self._setting = setting
        self._home = setting.folder(self.name)
        self._settled = self._home / "settled"

    @property
    def node(self) -> str:
        """Return the node's name."""
        return f"{self._setting.name}@localhost"

    def configure(self) -> None:
        """Write what the node reads when it boots; its users come with it, `guest` does not.

        A node that was killed before it had all its queues for sure has nothing to lose.
        """
        if not self._settled.exists():
            shutil.rmtree(self._home / "data", ignore_errors=True)
        definitions = self._home / "definitions.json"
        write_private(definitions, json.dumps(users(self._setting), indent=1))
        write_private(self._home / "rabbitmq.conf", self._conf(definitions))
        write_private(self._home / "enabled_plugins", f"[{','.join(PLUGINS)}].\n")
        write_private(self._home / "rabbitmq-env.conf", "")  # instead of /etc/rabbitmq's

    def command(self) -> Command:
        """Return how the node is started."""
        return Command([PROGRAM], self._environment(), self._home)

    def ready(self) -> bool:
        """Say whether users may connect."""
        return listening(self._setting.ports["broker"]) and self._answers("/api/overview")

    def provision(self) -> None:
        """Make exchanges, queues, bindings and policies."""
        # A node that has just booted may not have found its own streams yet.
        until(self._applied, 60, f"{self.name}: its queues do not come up")
        if not self._settled.exists():
            time.sleep(FLUSH)
            self._settled.touch()

    def tidy(self) -> None:
        """Leave nothing."""

    def _conf(self, definitions: Path) -> str:
        ports = self._setting.ports
        lines = {
            "listeners.tcp.1": f"{HOST}:{ports['broker']}",
            "management.tcp.ip": HOST,
            "management.tcp.port": ports["broker.management"],
            "prometheus.tcp.ip": HOST,
            "prometheus.tcp.port": ports["broker.prometheus"],
            "default_user": "ops",  # so that `guest` is never made
            "default_pass": self._setting.passwords["broker.ops"],
            "load_definitions": definitions,
            "log.console": "false",
            "log.file.level": "warning",
        }
        return "".join(f"{key} = {value}\n" for key, value in lines.items())

    def _environment(self) -> dict[str, str]:
        home, ports = self._home, self._setting.ports
        kernel = "-kernel inet_dist_use_interface {127,0,0,1}"
        places = {
            "CONF_ENV_FILE": home / "rabbitmq-env.conf",
            "CONFIG_FILE": home / "rabbitmq.conf",
            "ADVANCED_CONFIG_FILE": home / "advanced.config",
            "ENABLED_PLUGINS_FILE": home / "enabled_plugins",
            "MNESIA_BASE": home / "data",
            "LOG_BASE": self._setting.logs,
            "LOGS": self._setting.logs / f"{self.name}-node.log",
            "PID_FILE": home / "node.pid",
            "NODENAME": self.node,
            "DIST_PORT": ports["broker.distribution"],
            "SERVER_ADDITIONAL_ERL_ARGS": kernel,
            # Without the shell that would wait for it, the node itself is the process we started.
            "ALLOW_INPUT": "true",
            "SERVER_START_ARGS": "-noinput +B i",
        }
        return {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG": "C.UTF-8",
            "HOME": str(home),
            "ERL_EPMD_PORT": str(ports["broker.names"]),
            "ERL_CRASH_DUMP_BYTES": "0",
            **{f"RABBITMQ_{key}": str(value) for key, value in places.items()},
        }

    def _applied(self) -> bool:
        try:
            apply(amqp_url(self._setting, "ops"), management_url(self._setting))
        except (Refused, EdgeDown):
            return False
        return True

    def _answers(self, path: str) -> bool:
        connection = client.HTTPConnection(
            HOST, self._setting.ports["broker.management"], timeout=2
        )
        login = base64.b64encode(f"ops:{self._setting.passwords['broker.ops']}".encode()).decode()
        try:
            connection.request("GET", path, headers={"Authorization": f"Basic {login}"})
            return connection.getresponse().status == HTTPStatus.OK
        except (OSError, client.HTTPException):
            return False
        finally:
            connection.close()
