"""Faults that the check must find: each a small change of sound manifests. Pure."""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy

from tests.k8s import network, policies, scaling, settings
from tests.k8s.manifests import Document, Workload, deployments, named

Plant = Callable[[list[Document]], None]


def service(documents: Sequence[Document], name: str) -> Workload:
    """Return the Deployment of a service."""
    (found,) = (each for each in deployments(documents) if each.name == name)
    return found


def config(documents: Sequence[Document], name: str) -> dict[str, str]:
    """Return the values of the ConfigMap whose name begins with `name`."""
    (found,) = (
        each for key, each in named(documents, "ConfigMap").items() if key.startswith(f"{name}-")
    )
    values: dict[str, str] = found["data"]
    return values


def wrong_variable(documents: list[Document]) -> None:
    """Misspell a variable: pydantic-settings would ignore it in silence."""
    values = config(documents, "scanpass-transcode")
    values["SCANPASS_CHILDERN"] = values.pop("SCANPASS_CHILDREN")


def missing_variable(documents: list[Document]) -> None:
    """Take away what a service cannot start without."""
    service(documents, "index").container["env"].pop()


def refused_value(documents: list[Document]) -> None:
    """Give a value that the settings refuse."""
    config(documents, "scanpass-ingest")["SCANPASS_WORKERS"] = "many"


def borrowed_secret(documents: list[Document]) -> None:
    """Let a service connect as another one."""
    first = service(documents, "notify").container["env"][0]
    first["valueFrom"]["secretKeyRef"]["name"] = "scanpass-ops"


def missing_probe(documents: list[Document]) -> None:
    """Let a service that is stuck be taken for well."""
    del service(documents, "notify").container["livenessProbe"]


def wrong_probe(documents: list[Document]) -> None:
    """Ask at a path that nobody answers."""
    service(documents, "portal").container["readinessProbe"]["httpGet"]["path"] = "/healthz"


def short_grace(documents: list[Document]) -> None:
    """Kill a service before its drain is over."""
    service(documents, "transcode").pod["terminationGracePeriodSeconds"] = 30


def no_pause(documents: list[Document]) -> None:
    """End the portal while readers are still sent to it."""
    del service(documents, "portal").container["lifecycle"]


def open_egress(documents: list[Document]) -> None:
    """Let transcode, which parses what strangers send, reach the database."""
    service(documents, "transcode").labels["scanpass.org/database"] = "yes"  # type: ignore[index]


def no_default(documents: list[Document]) -> None:
    """Forget the policy that closes everything."""
    documents.remove(named(documents, "NetworkPolicy")["default-deny"])


def writable_root(documents: list[Document]) -> None:
    """Let a service write beside its code."""
    service(documents, "ingest").container["securityContext"]["readOnlyRootFilesystem"] = False


def moving_image(documents: list[Document]) -> None:
    """Name an image by a tag."""
    service(documents, "ingest").container["image"] = "registry.example/scanpass:latest"


def small_memory(documents: list[Document]) -> None:
    """Let the kernel kill what a child may rightly need."""
    service(documents, "transcode").container["resources"]["limits"]["memory"] = "1Gi"


PLANTS: Mapping[str, Plant] = {
    each.__name__.replace("_", "-"): each
    for each in (
        *(wrong_variable, missing_variable, refused_value, borrowed_secret),
        *(missing_probe, wrong_probe, short_grace, no_pause),
        *(open_egress, no_default, writable_root, moving_image, small_memory),
    )
}


def findings(documents: Sequence[Document]) -> list[str]:
    """Return all that is wrong with an overlay, as far as reading can tell."""
    rules = (policies, settings, network, scaling)
    return [each for rule in rules for each in rule.findings(documents)]


def found(documents: Sequence[Document], plant: Plant) -> bool:
    """Say whether a fault that is built into sound manifests is found."""
    faulty = deepcopy(list(documents))
    plant(faulty)
    return bool(findings(faulty))
