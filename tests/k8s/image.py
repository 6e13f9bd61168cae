"""Do what the Dockerfile says without a builder: `python -m tests.k8s.image`, as root on Debian.

Each stage is a folder; `RUN` is a chroot into it. The base is Debian's own, by mmdebstrap, which is
unpacked and not installed. What this machine needs to reach package registries is lent to the
build and taken away at its end. Then the services are started in what came out, as its user, with
a root that is mounted read-only: each has to refuse its missing variables by name, and no more.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from deploy.local.environment import SERVICES
from shared.config import MISCONFIGURED
from tests.k8s import sbom
from tests.k8s.tools import ROOT

DOCKERFILE = ROOT / "deploy" / "Dockerfile"
PLACE = ROOT / ".local" / "image"
SUITE = "bookworm"
SOURCES = Path("/etc/apt/sources.list.d/debian.sources")
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")


@dataclass(frozen=True)
class Stage:
    """A file system on its way, and what the next lines run with."""

    root: Path
    folder: str = "/"
    user: str = "0:0"
    environment: Mapping[str, str] = field(default_factory=dict)
    entry: tuple[str, ...] = ()


def instructions(text: str) -> Iterator[tuple[str, str]]:
    r"""Yield the instructions with their words, comments and line ends taken out.

    >>> list(instructions("# a\nRUN a \\\n  b\n"))
    [('RUN', 'a   b')]
    """
    code = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for line in code.replace("\\\n", " ").splitlines():
        if line.strip():
            name, _, rest = line.strip().partition(" ")
            yield name, rest.strip()


def build(text: str) -> Stage:
    """Return the last stage."""
    stages: dict[str, Stage] = {}
    stage = Stage(PLACE)
    for name, rest in instructions(text):
        match name:
            case "FROM":
                parent, _, alias = rest.partition(" AS ")
                stage = begun(stages.get(parent), alias or "last")
                stages[alias or "last"] = stage
            case "RUN":
                say(rest)
                with lent(stage.root):
                    run(stage, ["/bin/sh", "-euc", rest])
            case "COPY":
                copied(stage, rest, stages)
            case "WORKDIR":
                (stage.root / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)
                stage = replace(stage, folder=rest)
            case "ENV":
                told = dict(each.split("=", 1) for each in shlex.split(rest))
                stage = replace(stage, environment={**stage.environment, **told})
            case "USER":
                stage = replace(stage, user=rest)
            case "ENTRYPOINT":
                stage = replace(stage, entry=tuple(json.loads(rest)))
            case "ARG":
                pass
            case _:
                msg = f"{name} is not known here"
                raise ValueError(msg)
        stages = {key: stage if each.root == stage.root else each for key, each in stages.items()}
    return stage


def begun(parent: Stage | None, name: str) -> Stage:
    """Return a new stage: a copy of another one, or Debian as it is."""
    root = PLACE / name
    source = parent.root if parent else base()
    subprocess.run(["/bin/cp", "-a", source, root], check=True)  # noqa: S603
    return replace(parent, root=root) if parent else Stage(root)


def base() -> Path:
    """Return Debian's smallest system, made once."""
    root, tool = PLACE / "base", PLACE / "mmdebstrap"
    if not root.exists():
        tool.mkdir()
        subprocess.run(["/usr/bin/apt-get", "-qq", "download", "mmdebstrap"], cwd=tool, check=True)
        (package,) = tool.glob("*.deb")
        subprocess.run(["/usr/bin/dpkg", "-x", package, tool], check=True)  # noqa: S603
        words = [str(tool / "usr/bin/mmdebstrap"), "--mode=root", "--variant=minbase", "--quiet"]
        subprocess.run([*words, SUITE, str(root), str(SOURCES)], check=True)  # noqa: S603
    return root


def copied(stage: Stage, rest: str, stages: Mapping[str, Stage]) -> None:
    """Copy from the checkout, or from another stage, as `COPY` does: a folder's content."""
    words = shlex.split(rest)
    origin = ROOT
    if words[0].startswith("--from="):
        origin = stages[words.pop(0).removeprefix("--from=")].root
    *sources, target = words
    place = stage.root / str(Path(stage.folder, target)).lstrip("/")
    for source in sources:
        found = origin / source.lstrip("/")
        if found.is_dir():
            shutil.copytree(found, place, dirs_exist_ok=True, symlinks=True, ignore=ignored)
            continue
        into = place / found.name if target.endswith("/") or len(sources) > 1 else place
        into.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(found, into)


def ignored(folder: str, names: list[str]) -> set[str]:
    """Return what `.dockerignore` keeps away from the builder."""
    away = {"__pycache__", "node_modules"}
    return away | ({"viewer", "ohif"} if folder.endswith("portal/static") else set()) & set(names)


@contextmanager
def lent(root: Path) -> Iterator[None]:
    """Let `root` have what this machine reaches registries by, for a while."""
    names, authorities = root / "etc/resolv.conf", root / AUTHORITIES.name
    before = names.read_bytes() if names.exists() else None
    subprocess.run(["/bin/mount", "-t", "proc", "proc", root / "proc"], check=True)  # noqa: S603
    try:
        names.unlink(missing_ok=True)
        shutil.copy("/etc/resolv.conf", names)
        shutil.copy(AUTHORITIES, authorities)
        yield
    finally:
        subprocess.run(["/bin/umount", root / "proc"], check=True)  # noqa: S603
        authorities.unlink(missing_ok=True)
        names.unlink(missing_ok=True)
        if before is not None:
            names.write_bytes(before)


def run(stage: Stage, words: list[str]) -> None:
    """Run words in a stage's file system."""
    words = ["/usr/sbin/chroot", str(stage.root), "/usr/bin/env", "-C", stage.folder, *words]
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    trusted = f"/{AUTHORITIES.name}"
    ours = {"PATH": path, "DEBIAN_FRONTEND": "noninteractive", "HOME": "/root"}
    ours |= dict.fromkeys(("PIP_CERT", "NPM_CONFIG_CAFILE", "NODE_EXTRA_CA_CERTS"), trusted)
    subprocess.run(words, env=ours | dict(stage.environment), check=True)  # noqa: S603


def started(stage: Stage, module: str) -> tuple[int, str]:
    """Return how a service ends that is given no variables, in a root that is read-only."""
    root = shlex.quote(str(stage.root))
    entry = shlex.join([*stage.entry, "-m", module])
    user, group = stage.user.split(":")
    inside = (
        f"mount --bind {root} {root} && mount -o remount,ro,bind {root}"
        f" && mount -t tmpfs tmpfs {root}/tmp && mount -t proc proc {root}/proc"  # noqa: S108
        f" && exec chroot --userspec={user}:{group} {root} /usr/bin/env -C {stage.folder} {entry}"
    )
    done = subprocess.run(  # noqa: S603
        ["/usr/bin/unshare", "--mount", "/bin/sh", "-euc", inside],
        env={**stage.environment, "PATH": f"{stage.environment['PATH']}:/usr/sbin:/sbin"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


def refuses_well(stage: Stage, name: str) -> bool:
    """Say whether a service starts as far as its variables, and names one that is missing."""
    code, said = started(stage, f"services.{name}")
    sound = code == MISCONFIGURED and re.match(r"SCANPASS_\w+ is not set", said) is not None
    if not sound:
        say(f"{name}: exit code {code}: {said.strip()[-400:]}")
    return sound


def say(line: str) -> None:
    """Print one line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Build, start, tell; 0 where all is well."""
    if os.geteuid() != 0 or not SOURCES.exists():
        say("This needs root, on Debian.")
        return 1
    shutil.rmtree(PLACE, ignore_errors=True)
    PLACE.mkdir(parents=True)
    stage = build(DOCKERFILE.read_text())
    sound = [name for name in SERVICES if refuses_well(stage, name)]
    text = (stage.root / "app" / "sbom.cdx.json").read_text()
    wrong = sbom.findings(text)
    for each in wrong:
        say(f"sbom: {each}")
    size = sum(each.lstat().st_size for each in stage.root.rglob("*") if not each.is_symlink())
    ran = sum(name == "RUN" for name, _ in instructions(DOCKERFILE.read_text()))
    told = {"lines_run": ran, "services_start": len(sound), "mib": size >> 20}
    say(json.dumps(told | {"sbom": sbom.counted(json.loads(text)), "sbom_errors": len(wrong)}))
    shutil.rmtree(PLACE)
    return 0 if len(sound) == len(SERVICES) and not wrong else 1


if __name__ == "__main__":
    sys.exit(main())
