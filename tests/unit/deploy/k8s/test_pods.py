"""A pod is started, asked and ended here as the kubelet would do it."""

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from deploy.local.setting import choose
from deploy.local.waiting import NotUp
from tests.k8s.manifests import Workload
from tests.k8s.pods import Machine, Pod

if TYPE_CHECKING:
    from deploy.local.servers import Servers

# Answers its probes, and takes `LINGER` seconds to end once it is told to.
PROGRAM = """
import json, os, signal, sys, time
from http.server import BaseHTTPRequestHandler, HTTPServer
class Asked(BaseHTTPRequestHandler):
    def do_GET(self):
        body = b'scanpass_done_total{queue="a"} 2.0\\nscanpass_done_total{queue="b"} 3.0\\n'
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass
def stop(*_):
    time.sleep(float(os.environ["SCANPASS_LINGER"]))
    print(json.dumps({"event": "service_stopped", "drained": True}), flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
HTTPServer(("127.0.0.1", int(os.environ["SCANPASS_PROBE_PORT"])), Asked).serve_forever()
"""


@dataclass
class Beside:
    """As much of the servers as a pod needs."""

    root: Path
    ports: dict[str, int] = field(default_factory=lambda: choose({}))

    @property
    def setting(self) -> SimpleNamespace:
        """Return where logs and records go."""
        return SimpleNamespace(logs=self.root, records=self.root)

    def environment(self, name: str) -> dict[str, str]:
        """Return what a service sees here."""
        return {"SCANPASS_PROBE_PORT": str(self.ports["index"]), "SCANPASS_KEY": f"of {name}"}


def pod(folder: Path, grace: float, linger: float, program: str = PROGRAM) -> Pod:
    probe: dict[str, Any] = {"httpGet": {"path": "/livez", "port": "probes"}}
    container = {
        "args": ["-c", program],
        "env": [
            {"name": "SCANPASS_PROBE_PORT", "value": "9000"},
            {"name": "SCANPASS_LINGER", "value": str(linger)},
        ],
        "startupProbe": {**probe, "periodSeconds": 0.1, "failureThreshold": 100},
        "readinessProbe": probe,
    }
    security = {"runAsUser": 65532, "runAsGroup": 65532}
    spec = {
        "containers": [container],
        "securityContext": security,
        "terminationGracePeriodSeconds": grace,
    }
    workload = Workload("Deployment", "index", {}, {"spec": spec, "metadata": {"labels": {}}})
    folder.chmod(0o755)
    return Pod(Machine(cast("Servers", Beside(folder)), []), workload)


def test_what_ends_within_its_grace_time_has_drained(tmp_path: Path) -> None:
    """It was asked at the port of this machine, not at the manifest's."""
    one = pod(tmp_path, grace=30, linger=0)
    one.come_up()
    assert one.counted("scanpass_done_total") == 5
    assert one.counted("scanpass_done_total", queue="b") == 3
    assert one.used()["mib"] > 1
    ending = one.end()
    assert (ending.killed, ending.drained) == (False, True)


def test_a_grace_time_that_is_too_short_is_seen(tmp_path: Path) -> None:
    """What the kubelet would kill is killed, and does not count as drained."""
    one = pod(tmp_path, grace=0.2, linger=60)
    one.come_up()
    ending = one.end()
    assert (ending.killed, ending.drained) == (True, False)


def test_what_ends_at_once_does_not_come_up(tmp_path: Path) -> None:
    """A service that refuses its variables is no service."""
    one = pod(tmp_path, grace=1, linger=0, program="raise SystemExit(2)")
    with pytest.raises(NotUp):
        one.come_up()
