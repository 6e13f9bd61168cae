"""Whether what scales reads queues that are there, and alone says how many pods run. Pure."""

from collections.abc import Iterator, Sequence

from deploy.local.accounts import QUEUES
from shared.broker.topology import TOPOLOGY
from tests.k8s.manifests import Document, deployments, named

KINDS = ("ScaledObject", "HorizontalPodAutoscaler")


def findings(documents: Sequence[Document]) -> list[str]:
    """Return what is wrong with the scaling."""
    return [*_targets(documents), *_queues(documents)]


def _targets(documents: Sequence[Document]) -> Iterator[str]:
    found = {each.name: each.document for each in deployments(documents)}
    for kind in KINDS:
        for name, each in named(documents, kind).items():
            target = found.get(each["spec"]["scaleTargetRef"]["name"])
            if target is None:
                yield f"{kind} {name}: scales nothing"
            elif "replicas" in target["spec"]:
                yield f"{kind} {name}: an apply undoes what it has decided"
            least = each["spec"].get("minReplicaCount", each["spec"].get("minReplicas", 0))
            if least < 1:
                yield f"{kind} {name}: may go down to nothing"


def _queues(documents: Sequence[Document]) -> Iterator[str]:
    there = {each.name for each in TOPOLOGY.queues}
    for name, each in named(documents, "ScaledObject").items():
        read = {trigger["metadata"]["queueName"] for trigger in each["spec"]["triggers"]}
        yield from (f"ScaledObject {name}: no queue {queue}" for queue in sorted(read - there))
        own = set(QUEUES[each["spec"]["scaleTargetRef"]["name"]])
        if read - own:
            yield f"ScaledObject {name}: reads another service's queue"
        for trigger in each["spec"]["triggers"]:
            if trigger["metadata"].get("protocol") != "http":
                yield f"ScaledObject {name}: does not count what is in hand"
