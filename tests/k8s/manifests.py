"""Manifests as what they mean: pods that run with variables, behind doors. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]
NAMESPACE = "scanpass"
UNITS = {"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "": 1}


@dataclass(frozen=True)
class Workload:
    """What runs pods: a Deployment, a Job, or a CronJob."""

    kind: str
    name: str
    document: Document
    template: Document

    @property
    def pod(self) -> Document:
        """Return the pod's `spec`."""
        spec: Document = self.template["spec"]
        return spec

    @property
    def container(self) -> Document:
        """Return the one container."""
        (container,) = self.pod["containers"]
        found: Document = container
        return found

    @property
    def labels(self) -> Mapping[str, str]:
        """Return the pod's labels."""
        found: Mapping[str, str] = self.template["metadata"]["labels"]
        return found

    @property
    def pause(self) -> float:
        """Return the seconds between the wish to end a pod and its SIGTERM."""
        stop = self.container.get("lifecycle", {}).get("preStop", {})
        return float(stop.get("sleep", {}).get("seconds", 0))

    @property
    def grace(self) -> float:
        """Return the seconds between the wish to end a pod and its SIGKILL."""
        return float(self.pod.get("terminationGracePeriodSeconds", 30))

    def __str__(self) -> str:
        """Name it."""
        return f"{self.kind} {self.name}"


@dataclass(frozen=True)
class Variables:
    """What a container finds in its environment: values, and keys of secrets by (name, key)."""

    values: Mapping[str, str]
    secrets: Mapping[str, tuple[str, str]]
    missing: Sequence[str]  # ConfigMaps that are not there

    @property
    def names(self) -> set[str]:
        """Return all their names."""
        return {*self.values, *self.secrets}


def named(documents: Sequence[Document], kind: str) -> dict[str, Document]:
    """Return the documents of a kind by their names; in the namespace of the services."""
    return {
        each["metadata"]["name"]: each
        for each in documents
        if each["kind"] == kind and each["metadata"].get("namespace", NAMESPACE) == NAMESPACE
    }


def workloads(documents: Sequence[Document]) -> list[Workload]:
    """Return all that runs pods."""
    return list(_workloads(documents))


def _workloads(documents: Sequence[Document]) -> Iterator[Workload]:
    for each in documents:
        kind, name = each["kind"], each["metadata"]["name"]
        if kind in {"Deployment", "Job"}:
            yield Workload(kind, name, each, each["spec"]["template"])
        elif kind == "CronJob":
            yield Workload(kind, name, each, each["spec"]["jobTemplate"]["spec"]["template"])


def deployments(documents: Sequence[Document]) -> list[Workload]:
    """Return the Deployments."""
    return [each for each in workloads(documents) if each.kind == "Deployment"]


def variables(workload: Workload, documents: Sequence[Document]) -> Variables:
    """Return the environment of a workload's container; a later source wins over an earlier one."""
    maps = named(documents, "ConfigMap")
    values: dict[str, str] = {}
    secrets: dict[str, tuple[str, str]] = {}
    missing = []
    for source in workload.container.get("envFrom", []):
        name = source.get("configMapRef", {}).get("name")
        if name in maps:
            values |= maps[name].get("data", {})
        else:
            missing.append(str(name or source))
    for each in workload.container.get("env", []):
        if "value" in each:
            values[each["name"]] = each["value"]
        else:
            ref = each["valueFrom"]["secretKeyRef"]
            secrets[each["name"]] = (ref["name"], ref["key"])
    return Variables(values, secrets, missing)


def port(workload: Workload, named_or_number: str | int) -> int | None:
    """Return the number of a container's port; None where no port has this name."""
    if isinstance(named_or_number, int):
        return named_or_number
    ports = {each["name"]: each["containerPort"] for each in workload.container.get("ports", [])}
    found: int | None = ports.get(named_or_number)
    return found


def chosen(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Say whether a selector of labels means a pod with `labels`; an empty one means all."""
    wanted = selector.get("matchLabels", {})
    return all(labels.get(key) == value for key, value in wanted.items())


def size(quantity: str) -> int:
    """Return a quantity in bytes.

    >>> size("2Gi")
    2147483648
    """
    unit = quantity[-2:] if quantity[-1:] == "i" else ""
    return int(quantity.removesuffix(unit)) * UNITS[unit]
