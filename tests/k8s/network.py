"""Who may reach whom. Pure: policies are added up for each pod, as Kubernetes does."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.k8s.manifests import Document, Workload, chosen, named, port, variables, workloads
from tests.k8s.settings import needs

PORTS = {  # where a door may lead
    "broker": {5671, 5672},
    "management": {15671, 15672},
    "database": {5432},
    "store": {443, 8333},
    "post": {25, 443, 465, 587},
    "identity": {443},
    "names": {53},
}
OPEN = {"post"}  # doors that lead to places nobody knows beforehand


def findings(documents: Sequence[Document]) -> list[str]:
    """Return where more, or less, is open than a program needs."""
    policies = named(documents, "NetworkPolicy")
    return [
        *_closed(policies),
        *(
            f"{each}: {what}"
            for each in workloads(documents)
            for what in _doors(each, policies, variables(each, documents).values)
        ),
        *_useless(policies, workloads(documents)),
    ]


def _closed(policies: Mapping[str, Document]) -> Iterator[str]:
    spec = policies.get("default-deny", {}).get("spec", {})
    all_pods = spec.get("podSelector") == {}
    if not all_pods or set(spec.get("policyTypes", [])) != {"Ingress", "Egress"}:
        yield "not everything is closed by default"
    if spec.get("ingress") or spec.get("egress"):
        yield "the policy that closes everything opens something"


def of(workload: Workload, policies: Mapping[str, Document], way: str) -> dict[str, list[Any]]:
    """Return the rules of one way (`egress`, `ingress`) that count for a pod, by policy."""
    return {
        name: policy["spec"][way]
        for name, policy in policies.items()
        if policy["spec"].get(way) and chosen(policy["spec"]["podSelector"], workload.labels)
    }


def _doors(
    workload: Workload, policies: Mapping[str, Document], values: Mapping[str, str]
) -> Iterator[str]:
    out = of(workload, policies, "egress")
    open_ = {name.removeprefix("to-") for name in out}
    wanted = needs(workload, values) | {"names"}
    yield from (f"may not reach {each}" for each in sorted(wanted - open_))
    yield from (f"may reach {each}, which it does not read" for each in sorted(open_ - wanted))
    for name, rules in out.items():
        door = name.removeprefix("to-")
        for rule in rules:
            if {each.get("port") for each in rule.get("ports", [{}])} - PORTS.get(door, set()):
                yield f"{name} leads to other ports than {door}'s"
            if not rule.get("to") and door not in OPEN:
                yield f"{name} leads everywhere"
    for name, rules in of(workload, policies, "ingress").items():
        for rule in rules:
            if not rule.get("from"):
                yield f"{name} lets everybody in"
            for each in rule.get("ports", [{"port": "any"}]):
                if port(workload, each["port"]) is None:
                    yield f"{name} opens a port that it has not: {each['port']}"


def _useless(policies: Mapping[str, Document], pods: Sequence[Workload]) -> Iterator[str]:
    for name, policy in policies.items():
        if not any(chosen(policy["spec"]["podSelector"], each.labels) for each in pods):
            yield f"nobody uses the door {name}"
