"""A pod of one container, run on this machine as its manifest says.

The manifest's program runs with its variables, as its user, without capabilities, and may write to
its volumes only. What differs is where things are: this machine's ports, the servers' addresses,
and secrets that are the embedded servers' own, of that service alone.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus, client
from pathlib import Path
from sysconfig import get_paths

from deploy.local.processes import Child, Command
from deploy.local.servers import Servers
from deploy.local.setting import HOST, private
from deploy.local.waiting import NotUp
from tests.chaos.processes import tree
from tests.k8s.manifests import Document, Workload, variables
from tests.k8s.tools import ROOT

# What a manifest names and another machine has at another place.
PLACES = {
    *("SCANPASS_PROBE_PORT", "SCANPASS_PORTAL_PORT", "SCANPASS_VIEWER_PORT"),
    *("SCANPASS_PORTAL_URL", "SCANPASS_VIEWER_URL", "SCANPASS_SMS_GATEWAY_URL"),
    *("SCANPASS_S3_ENDPOINT", "SCANPASS_S3_REGION"),
}
# Whose secrets a Secret holds: `scanpass-<service>`, and the key that two have in common.
SHARED = {"codes": "portal"}
STRAGGLERS = 1.0  # seconds of preStop that are for who is on the way already
READY = 90.0  # seconds from the first start to the first /readyz
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Ending:
    """How a pod ended: within its grace time or killed, with its work finished or given back."""

    seconds: float
    killed: bool
    drained: bool

    def __str__(self) -> str:
        """Say it in words."""
        how = "killed" if self.killed else "drained" if self.drained else "cut short"
        return f"{how} in {self.seconds:.1f} s"


# What a pod's user must be able to do: read this checkout, and start an interpreter as children do.
REACHES = "import services.ops, subprocess, sys; subprocess.check_call([sys.executable, '-c', ''])"


@dataclass(frozen=True)
class Runner:
    """The words before a program's own, and the variables that its interpreter needs."""

    words: tuple[str, ...] = (sys.executable,)
    variables: Mapping[str, str] = field(default_factory=dict)
    confined: bool = False


@cache
def runner(user: int, group: int) -> Runner:
    """Return how a program runs as a pod's user, without any privilege.

    The interpreter of this virtual environment may lie where that user cannot go; then the system's
    own of the same version runs with the same packages. Where neither can, or we may not say who
    runs, it is ourselves.
    """
    setpriv = shutil.which("setpriv") or "/usr/bin/setpriv"
    who = (f"--reuid={user}", f"--regid={group}", "--clear-groups")
    bare = ("--no-new-privs", "--bounding-set=-all", "--inh-caps=-all", "--pdeathsig", "TERM", "--")
    system = f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"
    packages = {"PYTHONPATH": get_paths()["purelib"]}
    for interpreter, more in ((sys.executable, {}), (system, packages)):
        words = (setpriv, *who, *bare, interpreter)
        with suppress(OSError, subprocess.CalledProcessError):
            tried = [*words, "-c", REACHES]
            subprocess.run(tried, cwd=ROOT, env=more, capture_output=True, check=True)  # noqa: S603
            return Runner(words, more, confined=True)
    return Runner()


def runner_of(workload: Workload) -> Runner:
    """Return how a workload's program runs."""
    security = workload.pod["securityContext"]
    return runner(security["runAsUser"], security["runAsGroup"])


@dataclass(frozen=True)
class Machine:
    """Where pods run."""

    servers: Servers
    documents: Sequence[Document]

    def environment(self, workload: Workload) -> dict[str, str]:
        """Return what the container finds, and nothing of ours."""
        given = variables(workload, self.documents)
        here = self.servers.environment(workload.name)
        values = {
            name: here[name] if name in PLACES and name in here else value
            for name, value in given.values.items()
        }
        for name, (secret, key) in given.secrets.items():
            owner = secret.removeprefix("scanpass-")
            values[name] = self.servers.environment(SHARED.get(owner, owner))[key]
        if workload.kind != "Deployment" and "SCANPASS_S3_ENDPOINT" in values:
            values |= {each: self.servers.environment("ops")[each] for each in PLACES & set(values)}
        return values | {
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",  # of the image
            "LANG": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "HOME": "/",
            "TMPDIR": str(self.volume(workload)),
            **runner_of(workload).variables,
        }

    def volume(self, workload: Workload) -> Path:
        """Return the folder that stands for the pod's `/tmp`, anew."""
        folder = self.servers.root / "pods" / workload.name
        folder.parent.mkdir(exist_ok=True)
        folder.parent.chmod(0o755)
        private(folder)
        if runner_of(workload).confined:
            security = workload.pod["securityContext"]
            shutil.chown(folder, security["runAsUser"], security["runAsGroup"])
        return folder

    def words(self, workload: Workload) -> list[str]:
        """Return the program, as the pod's user and without any privilege where we may say so."""
        return [*runner_of(workload).words, *workload.container["args"]]

    def finish(self, workload: Workload) -> str:
        """Run a Job to its end; return what it says.

        Raises:
            NotUp: it failed.

        """
        done = subprocess.run(  # noqa: S603  the manifest's own words
            self.words(workload),
            env=self.environment(workload),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            msg = f"{workload}: {done.stderr.strip()}"
            raise NotUp(msg)
        return done.stdout.strip()


class Pod:
    """One pod of a Deployment, from its start to its end."""

    def __init__(self, machine: Machine, workload: Workload) -> None:
        """Start it."""
        self.workload = workload
        self._port = machine.servers.ports[workload.name]
        self._log = machine.servers.setting.logs / f"{workload.name}.jsonl"
        self._from = self._log.stat().st_size if self._log.exists() else 0
        command = Command(machine.words(workload), machine.environment(workload), ROOT)
        self._child = Child(workload.name, command, machine.servers.setting.records, self._log)
        self.pid = self._child.pid

    def come_up(self) -> None:
        """Wait as the kubelet does: for the startup probe at its pace, then for readiness.

        Raises:
            NotUp: the pod would be killed, or would never get any traffic.

        """
        probe = self.workload.container["startupProbe"]
        for _ in range(int(probe["failureThreshold"])):
            if self.asked("startupProbe"):
                break
            self.alive()
            time.sleep(float(probe["periodSeconds"]))
        else:
            msg = f"{self.workload}: its startup probe fails"
            raise NotUp(msg)
        deadline = time.monotonic() + READY
        while not self.asked("readinessProbe"):
            self.alive()
            if time.monotonic() > deadline:
                msg = f"{self.workload}: not ready: {self.get('/readyz')[1]}"
                raise NotUp(msg)
            time.sleep(0.2)

    def alive(self) -> None:
        """Say nothing while it runs.

        Raises:
            NotUp: it has ended by itself; the text is the last that it said.

        """
        if self._child.ended():
            msg = f"{self.workload} ended: {self.said()}"
            raise NotUp(msg)

    def said(self) -> str:
        """Return the last that it has said."""
        with self._log.open(errors="replace") as log:
            log.seek(self._from)
            return " / ".join(log.read().splitlines()[-5:])

    def asked(self, probe: str) -> bool:
        """Say whether a probe of the manifest's is answered well."""
        path = self.workload.container[probe]["httpGet"]["path"]
        return self.get(path)[0] == HTTPStatus.OK

    def get(self, path: str) -> tuple[int, str]:
        """Return what the probes' port answers; 0 where nobody does."""
        connection = client.HTTPConnection(HOST, self._port, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, client.HTTPException):
            return 0, ""
        finally:
            connection.close()

    def counted(self, metric: str, **labels: str) -> float:
        """Return a metric's sum over all series that have `labels`."""
        wanted = [f'{name}="{value}"' for name, value in labels.items()]
        return sum(
            float(line.rpartition(" ")[2])
            for line in self.get("/metrics")[1].splitlines()
            if line.startswith((f"{metric}{{", f"{metric} ")) and all(e in line for e in wanted)
        )

    def end(self, left: Callable[[], object] = lambda: None) -> Ending:
        """End it as the kubelet does: preStop, SIGTERM, and SIGKILL when the grace time is over.

        `left` is called shortly before preStop is over, when the last proxy sends nobody more.
        """
        began = time.monotonic()
        time.sleep(max(self.workload.pause - STRAGGLERS, 0))
        left()
        time.sleep(min(self.workload.pause, STRAGGLERS))
        self._child.ask()
        in_time = self._child.wait(began + self.workload.grace - time.monotonic())
        if not in_time:
            self._child.kill()
        stopped = [line for line in self.lines() if line.get("event") == "service_stopped"]
        drained = bool(stopped and stopped[-1].get("drained"))
        return Ending(time.monotonic() - began, killed=not in_time, drained=drained)

    def lines(self) -> list[dict[str, object]]:
        """Return what this pod has logged."""
        with self._log.open("rb") as log:
            log.seek(self._from)
            text = log.read().decode(errors="replace")
        found = []
        for line in text.splitlines():
            with suppress(ValueError):
                found.append(json.loads(line))
        return found

    def used(self) -> Mapping[str, float]:
        """Return the memory (MiB, shared pages counted once) and CPU time (s) of its processes."""
        memory = ticks = 0
        for pid in tree(self.pid):
            with suppress(OSError):
                stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                ticks += sum(map(int, stat[11:15]))
                rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
                memory += next(
                    int(line.split()[1]) for line in rollup.splitlines() if line[:4] == "Pss:"
                )
        return {"mib": memory / 1024, "cpu_s": ticks / TICKS}
