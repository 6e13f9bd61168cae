"""The programs that read manifests, from `.local/k8s`: `deploy/k8s/tools.sh` fetches them."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).parents[2]
PLACE = ROOT / ".local" / "k8s"
K8S = ROOT / "deploy" / "k8s"
JUDGED = Path(__file__).with_name("overlays")  # beside those that are run: only read
PLACES = {each.name: each for folder in (K8S / "overlays", JUDGED) for each in folder.iterdir()}
OVERLAYS = tuple(sorted(name for name, place in PLACES.items() if place.is_dir()))
VERSION = "1.35"  # of Kubernetes, and of the kubectl that renders
CUSTOM = (
    *("keda.sh", "monitoring.coreos.com", "gateway.networking.k8s.io"),
    *("rabbitmq.com", "postgresql.cnpg.io"),
)
FOLDERS: Mapping[str, str] = {  # of the packages, where each kind of custom resource is described
    "keda.sh": "@kubernetes-models/keda",
    "monitoring.coreos.com": "@kubernetes-models/prometheus-operator",
    "gateway.networking.k8s.io": "@kubernetes-models/gateway-api",
}

Document = dict[str, Any]


@dataclass(frozen=True)
class Rendered:
    """What an overlay comes to, and what Kubernetes' own schemas find wrong with it."""

    documents: list[Document]
    errors: list[str]


def run(words: Sequence[str | Path], text: str = "", **more: str) -> str:
    """Return what a program prints; what it says when it fails is the error's text.

    Raises:
        RuntimeError: it failed.

    """
    done = subprocess.run(  # noqa: S603  our own words
        [str(word) for word in words],
        input=text,
        env={"PATH": os.defpath, "HOME": str(PLACE), "LANG": "C.UTF-8", **more},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr.strip() or done.stdout.strip())
    return done.stdout


def rendered() -> dict[str, Rendered]:
    """Return every overlay as `kubectl apply -k` would send it."""
    with ThreadPoolExecutor(len(OVERLAYS)) as threads:
        return read(dict(zip(OVERLAYS, threads.map(render, OVERLAYS), strict=True)))


def render(overlay: str) -> str:
    """Return an overlay as YAML."""
    return run([PLACE / "kubectl", "kustomize", PLACES[overlay]])


def read(texts: Mapping[str, str]) -> dict[str, Rendered]:
    """Return the documents in texts of YAML, by the texts' names."""
    program = Path(__file__).with_name("schemas.py")
    answer = run(
        [sys.executable, program, VERSION], json.dumps(texts), PYTHONPATH=str(PLACE / "python")
    )
    told = json.loads(answer)
    return {name: Rendered(each["documents"], each["errors"]) for name, each in told.items()}


def custom(documents: Sequence[Document]) -> tuple[list[str], list[str]]:
    """Return what is wrong with the custom resources, and the kinds that nobody can judge here.

    Two judges: the schema itself (required fields, patterns), and the types that were made from it,
    which also find a field that does not exist.
    """
    ours = [each for each in documents if each["apiVersion"].partition("/")[0] in CUSTOM]
    script = Path(__file__).with_name("crds.mjs")
    told = json.loads(run([PLACE / "node", script, PLACE / "node_modules"], json.dumps(ours)))
    unvalidated: list[str] = told["unvalidated"]
    return [*told["errors"], *typed(ours)], unvalidated


def typed(documents: Sequence[Document]) -> list[str]:
    """Return what TypeScript finds wrong with custom resources as literals of their types."""
    lines, names = [], []
    for number, each in enumerate(documents):
        group, _, version = each["apiVersion"].partition("/")
        if group in FOLDERS:
            place = f"{FOLDERS[group]}/{group}/{version}/{each['kind']}"
            head = f'import type {{ I{each["kind"]} as T{number} }} from "{place}";'
            lines.append(f"{head} export const d{number}: T{number} = {json.dumps(each)};")
            names.append(f"{each['kind']} {each['metadata']['name']}")
    file = PLACE / f"judged-{os.getpid()}.mts"
    file.write_text("\n".join(lines))
    compiler = PLACE / "node_modules" / "typescript" / "bin" / "tsc"
    options = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext"]
    options += ["--target", "es2022"]
    try:
        run([PLACE / "node", compiler, *options, file])
    except RuntimeError as wrong:
        return [named(line, names) for line in str(wrong).splitlines() if "error TS" in line]
    finally:
        file.unlink()
    return []


def promtool(groups: Sequence[Document]) -> None:
    """Let Prometheus read `groups` of rules, and try the alerts among them.

    Raises:
        RuntimeError: a rule cannot be read, goes off when it must not, or keeps quiet.

    """
    with TemporaryDirectory(dir=PLACE) as folder:
        rules = Path(folder, "rules.json")
        rules.write_text(json.dumps({"groups": list(groups)}))
        tests = [shutil.copy(each, folder) for each in Path(__file__).parent.glob("*_test.yaml")]
        run([PLACE / "promtool", "check", "rules", rules])
        run([PLACE / "promtool", "test", "rules", *tests])


def named(line: str, names: Sequence[str]) -> str:
    """Return a line of the compiler's with the resource's name for the number of its line.

    >>> named("a.mts(2,9): error TS2353: no 'x'", ["A a", "B b"])
    "B b: no 'x'"
    """
    number = int(line.partition("(")[2].partition(",")[0])
    return f"{names[number - 1]}: {line.partition('error TS')[2].partition(': ')[2]}"
