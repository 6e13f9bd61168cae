"""What every pod must be like, whoever wrote its manifest. Pure: each rule yields its findings."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from tests.k8s.manifests import (
    NAMESPACE,
    Document,
    Workload,
    chosen,
    deployments,
    named,
    port,
    size,
    variables,
    workloads,
)

Rule: TypeAlias = Callable[[Workload, Sequence[Document]], Iterator[str]]

DIGEST = re.compile(r"[^@\s]+@sha256:[0-9a-f]{64}")
LABELS = ("name", "component", "part-of", "managed-by", "instance", "version")
CLOSING = 20.0  # seconds a service may take after its drain: both servers of the portal, 10 s each
BESIDE = 512 << 20  # bytes of memory that a service needs beside its children
PATHS = {"startupProbe": "/livez", "livenessProbe": "/livez", "readinessProbe": "/readyz"}
LASTING = 900.0  # seconds: a handler that takes longer counts as stuck
CONSUMERS = {"ingest", "transcode", "index", "notify"}


def restricted(workload: Workload, _documents: Sequence[Document]) -> Iterator[str]:
    """Yield where Pod Security's level `restricted` is not met, and where the root is writable."""
    pod, container = workload.pod, workload.container
    security, own = pod.get("securityContext", {}), container.get("securityContext", {})
    must = {
        "runAsNonRoot": security.get("runAsNonRoot") is True,
        "runAsUser": security.get("runAsUser", 0) > 0,
        "seccompProfile": security.get("seccompProfile", {}).get("type") == "RuntimeDefault",
        "allowPrivilegeEscalation": own.get("allowPrivilegeEscalation") is False,
        "capabilities": own.get("capabilities") == {"drop": ["ALL"]},
        "readOnlyRootFilesystem": own.get("readOnlyRootFilesystem") is True,
        "privileged": not own.get("privileged"),
        "host": not any(pod.get(each) for each in ("hostNetwork", "hostPID", "hostIPC")),
    }
    yield from (name for name, met in must.items() if not met)
    for volume in pod.get("volumes", []):
        if "sizeLimit" not in volume.get("emptyDir", {}):
            yield f"volume {volume['name']} is no emptyDir with a limit"


def identity(workload: Workload, documents: Sequence[Document]) -> Iterator[str]:
    """Yield what is missing of an account of its own without a token."""
    if workload.pod.get("automountServiceAccountToken") is not False:
        yield "mounts a token of the cluster"
    account = workload.pod.get("serviceAccountName")
    if account not in named(documents, "ServiceAccount"):
        yield f"no ServiceAccount {account}"
    if workload.kind == "Deployment" and account != workload.name:
        yield "shares its ServiceAccount"


def image(workload: Workload, _documents: Sequence[Document]) -> Iterator[str]:
    """Yield an image that may be another one tomorrow."""
    if not DIGEST.fullmatch(workload.container.get("image", "")):
        yield "its image is not named by a digest"


def labels(workload: Workload, _documents: Sequence[Document]) -> Iterator[str]:
    """Yield which of Kubernetes' recommended labels a pod has not."""
    for each in LABELS:
        if f"app.kubernetes.io/{each}" not in workload.labels:
            yield f"no label {each}"


def probes(workload: Workload, documents: Sequence[Document]) -> Iterator[str]:
    """Yield what is wrong with how a service is asked, by the paths that it really answers."""
    if workload.kind != "Deployment":
        return
    listening = variables(workload, documents).values
    if listening.get("SCANPASS_PROBE_HOST") != "0.0.0.0":  # noqa: S104  a pod's own address
        yield "its probes listen where the kubelet does not ask"
    for kind, path in PATHS.items():
        asked = workload.container.get(kind, {}).get("httpGet", {})
        if asked.get("path") != path:
            yield f"{kind} does not ask {path}"
        elif str(port(workload, asked["port"])) != listening.get("SCANPASS_PROBE_PORT"):
            yield f"{kind} asks a port where nobody answers"


def ending(workload: Workload, documents: Sequence[Document]) -> Iterator[str]:
    """Yield where a pod would be killed with work in hand that it could finish."""
    if workload.kind != "Deployment":
        return
    given = variables(workload, documents).values
    drain = float(given.get("SCANPASS_DRAIN_SECONDS", 30))
    if workload.grace < workload.pause + drain + CLOSING:
        yield "its grace time ends before its drain does"
    stuck = float(given.get("SCANPASS_STUCK_SECONDS", LASTING))
    if workload.name in CONSUMERS and drain < stuck:
        yield "its drain is shorter than its longest handler"
    served = {"scanpass.org/pages", "scanpass.org/arrivals"} & set(workload.labels)
    if served and workload.pause <= 0:
        yield "it ends while others are still sent to it: no preStop"


def resources(workload: Workload, documents: Sequence[Document]) -> Iterator[str]:
    """Yield what a pod does not say of its needs, and limits that its own children would break."""
    told = workload.container.get("resources", {})
    for each in ("cpu", "memory"):
        if each not in told.get("requests", {}):
            yield f"requests no {each}"
    limit = size(told.get("limits", {}).get("memory", "0"))
    given = variables(workload, documents).values
    children = int(given.get("SCANPASS_CHILDREN", 0))
    needed = BESIDE + children * (int(given.get("SCANPASS_CHILD_MEMORY_MB", 0)) << 20)
    if limit < needed:
        yield "its memory ends before its children's limits do"


def availability(workload: Workload, documents: Sequence[Document]) -> Iterator[str]:
    """Yield what lets a service go away as a whole: in a drain, in a roll-out, with one machine."""
    if workload.kind != "Deployment":
        return
    spec = workload.document["spec"]
    if spec.get("strategy", {}).get("rollingUpdate", {}).get("maxUnavailable") != 0:
        yield "a roll-out may stop it"
    spread = {each["topologyKey"] for each in workload.pod.get("topologySpreadConstraints", [])}
    if "kubernetes.io/hostname" not in spread:
        yield "may lie on one machine"
    for kind, selector in (("PodDisruptionBudget", "selector"), ("Service", "selector")):
        found = named(documents, kind).get(workload.name)
        if found is None:
            yield f"has no {kind}"
            continue
        wanted = found["spec"][selector]
        if not chosen(wanted if kind != "Service" else {"matchLabels": wanted}, workload.labels):
            yield f"is not meant by its {kind}"
    service = named(documents, "Service").get(workload.name, {"spec": {"ports": []}})
    for each in service["spec"]["ports"]:
        if port(workload, each["targetPort"]) is None:
            yield f"has no port {each['targetPort']} for its Service"


RULES: tuple[Rule, ...] = (
    *(restricted, identity, image, labels),
    *(probes, ending, resources, availability),
)


def findings(documents: Sequence[Document]) -> list[str]:
    """Return all that is wrong with the pods, and with what holds them together."""
    return [*_pods(documents), *_whole(documents)]


def _pods(documents: Sequence[Document]) -> Iterator[str]:
    for workload in workloads(documents):
        for rule in RULES:
            yield from (f"{workload}: {each}" for each in rule(workload, documents))


def _whole(documents: Sequence[Document]) -> Iterator[str]:
    names = {each.name for each in deployments(documents)}
    if names != CONSUMERS | {"portal"}:
        yield f"not the five services: {sorted(names)}"
    spaces = [each for each in documents if each["kind"] == "Namespace"]
    found = {each["metadata"]["name"]: each["metadata"].get("labels", {}) for each in spaces}
    if found.get(NAMESPACE, {}).get("pod-security.kubernetes.io/enforce") != "restricted":
        yield f"namespace {NAMESPACE} does not enforce restricted pods"
    for each in documents:
        if each["kind"] == "Secret":
            yield f"Secret {each['metadata']['name']} lies in Git"
