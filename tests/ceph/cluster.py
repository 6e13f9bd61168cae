"""A private Ceph of one monitor, one store in memory and one gateway, from Debian's packages.

Nothing is installed: the packages that the machine lacks are unpacked under `.local/ceph/`.
"""

import os
import re
import secrets
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from deploy.local.processes import Child, Command, end
from deploy.local.setting import HOST
from deploy.local.waiting import listening, until

PACKAGES = ("radosgw", "ceph-mon", "ceph-osd")
LIBRARIES = "usr/lib/x86_64-linux-gnu"
LINKED = (LIBRARIES, f"{LIBRARIES}/ceph", "usr/lib", "lib/x86_64-linux-gnu")
START = 90.0  # seconds
# What the gateway's daemons would otherwise take from the system, or want more of than one store.
CONF = """\
[global]
fsid = {fsid}
mon host = [v2:{host}:{mon},v1:{host}:{mon_v1}]
public addr = {host}
auth cluster required = none
auth service required = none
auth client required = none
ms mon client mode = crc
osd objectstore = memstore
memstore device bytes = 1073741824
osd crush chooseleaf type = 0
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 2
osd pool default pgp num = 2
mon allow pool size one = true
mon max pg per osd = 2000
osd class dir = {libraries}/rados-classes
erasure code dir = {libraries}/ceph/erasure-code
plugin dir = {libraries}/ceph
run dir = {home}
admin socket = {home}/$name.asok
log file = {home}/$name.log
mon cluster log file = {home}/cluster.log
mon data = {home}/mon
osd data = {home}/osd
crash dir = {home}
keyring = {home}/keyring
rgw frontends = beast endpoint={host}:{s3} ssl_endpoint={host}:{tls} ssl_certificate={home}/tls.pem
"""


class Ceph:
    """The cluster, its data under `home`."""

    def __init__(self, packages: Path, home: Path) -> None:
        """Fetch the packages into `packages`, where that was not done yet."""
        self.root, self.home = packages / "root", home
        self.access_key, self.secret_key = "hospital", secrets.token_hex(16)
        self._children: list[Child] = []
        if not (packages / "complete").exists():
            fetch(packages, self.root)
        for folder in ("mon", "osd", "records"):
            (home / folder).mkdir(parents=True)
        self.ports = dict(zip(("mon", "mon_v1", "s3", "tls"), free(4), strict=True))
        self._environment = {
            "PATH": f"{self.root}/usr/bin:{os.defpath}",
            "LD_LIBRARY_PATH": ":".join(str(self.root / folder) for folder in LINKED),
            "PYTHONPATH": f"{self.root}/usr/lib/python3/dist-packages",
            "CEPH_CONF": f"{home}/ceph.conf",
        }

    def up(self) -> None:
        """Start all, and make one user of the gateway."""
        home, fsid = self.home, str(uuid4())
        values = {"fsid": fsid, "host": HOST, "home": home, "libraries": self.root / LIBRARIES}
        (home / "ceph.conf").write_text(CONF.format(**values, **self.ports))
        keys = ("-keyout", f"{home}/tls.pem", "-out", f"{home}/cert.pem")
        self.run(
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *keys, "-subj", "/CN=x"
        )
        with (home / "tls.pem").open("a") as both:
            both.write((home / "cert.pem").read_text())
        key = ("--gen-key", "-n", "mon.", "--cap", "mon", "allow *")
        self.run("ceph-authtool", "-C", f"{home}/keyring", *key)
        address = f"[v2:{HOST}:{self.ports['mon']},v1:{HOST}:{self.ports['mon_v1']}]"
        self.run("monmaptool", "--create", "--fsid", fsid, "--addv", "a", address, f"{home}/monmap")
        self.run("ceph-mon", "-i", "a", "--mkfs", "--monmap", f"{home}/monmap")
        self._start("mon", "ceph-mon", "-i", "a", "-f")
        until(lambda: listening(self.ports["mon"]), START, "the monitor does not come up")
        store = str(uuid4())
        self.run("ceph", "osd", "new", store)
        self.run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", store)
        self._start("osd", "ceph-osd", "-i", "0", "-f")
        self.run("ceph", "osd", "crush", "add", "0", "1.0", "root=default", "host=one")
        self._start("gateway", "radosgw", "-n", "client.admin", "-f")
        until(lambda: listening(self.ports["tls"]), START, "the gateway does not come up")
        keys = ("--access-key", self.access_key, "--secret-key", self.secret_key)
        user = ("user", "create", "--uid=hospital", "--display-name=hospital")
        self.run("radosgw-admin", *user, *keys)

    def run(self, *arguments: str) -> None:
        """Run one of its programs to its end."""
        subprocess.run(  # noqa: S603  the words are ours
            arguments, env=self._environment, check=True, capture_output=True, timeout=START
        )

    def down(self) -> None:
        """End all, the gateway first."""
        for child in reversed(self._children):
            end([child])

    def _start(self, name: str, *arguments: str) -> None:
        command = Command(arguments, self._environment, self.home, patience=5)
        records, log = self.home / "records", self.home / f"{name}.out"
        self._children.append(Child(f"ceph-{name}", command, records, log))


@contextmanager
def ceph(packages: Path, home: Path) -> Iterator[Ceph]:
    """Give a running cluster, ended afterwards."""
    one = Ceph(packages, home)
    try:
        one.up()
        yield one
    finally:
        one.down()


def fetch(packages: Path, root: Path, names: Sequence[str] = PACKAGES) -> None:
    """Unpack what the machine lacks of `names`, by its own package manager: needs root."""
    debs = packages / "debs"
    debs.mkdir(parents=True, exist_ok=True)
    try:
        download(debs, names)
    except subprocess.CalledProcessError:  # its lists are old, or none are there yet
        apt(debs, "update")
        download(debs, names)
    for deb in sorted(debs.glob("*.deb")):
        subprocess.run(["/usr/bin/dpkg-deb", "-x", deb, root], check=True)  # noqa: S603
        deb.unlink()
    (packages / "complete").touch()


def download(debs: Path, names: Sequence[str]) -> None:
    """Fetch what an installation would fetch."""
    said = apt(debs, "--simulate", "install", "--no-install-recommends", *names)
    apt(debs, "download", *re.findall(r"^Inst (\S+)", said, re.MULTILINE))


def apt(folder: Path, *arguments: str) -> str:
    """Return what apt-get says."""
    words: Sequence[str] = ("/usr/bin/apt-get", "-q", *arguments)
    environment = {"PATH": f"{os.defpath}:/usr/sbin:/sbin", "LC_ALL": "C"}
    done = subprocess.run(  # noqa: S603  the words are ours
        words, cwd=folder, env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout


def free(count: int) -> list[int]:
    """Return that many free ports."""
    taken = [socket.create_server((HOST, 0)) for _ in range(count)]
    ports = [int(each.getsockname()[1]) for each in taken]
    for each in taken:
        each.close()
    return ports
