"""Render every overlay, judge it, and run what it says: `make k8s-check`."""

import json
import sys
from collections.abc import Sequence
from typing import Any

from tests.k8s import planted, promql, tools
from tests.k8s.manifests import Document, deployments, variables
from tests.k8s.tools import ROOT
from tests.k8s.working import Told, drill, say

PLANTED_IN = "production"
MOST = "production-operators"  # the overlay with all that there is


def read() -> tuple[dict[str, Any], dict[str, list[Document]]]:
    """Return what reading tells, and the overlays."""
    overlays = tools.rendered()
    schema, policy = [], []
    for name, overlay in overlays.items():
        schema += [f"{name}: {each}" for each in overlay.errors]
        policy += [f"{name}: {each}" for each in planted.findings(overlay.documents)]
    everything = overlays[MOST].documents
    wrong, unvalidated = tools.custom(everything)
    schema += wrong
    policy += promql.findings(everything)
    tools.promtool([*promql.groups(everything), promql.recorded(everything)])
    for each in (*schema, *policy):
        say(each)
    found = {
        name: planted.found(overlays[PLANTED_IN].documents, plant)
        for name, plant in planted.PLANTS.items()
    }
    for name in (name for name, there in found.items() if not there):
        say(f"planted and not found: {name}")
    return {
        "overlays": len(overlays),
        "resources": sum(len(each.documents) for each in overlays.values()),
        "schema_errors": len(schema),
        "unvalidated_kinds": unvalidated,
        "policy_errors": len(policy),
        "planted": len(found),
        "planted_found": sum(found.values()),
    }, {name: each.documents for name, each in overlays.items()}


def distinct(overlays: dict[str, list[Document]]) -> dict[str, list[Document]]:
    """Return the overlays to run: whose pods no other one before them has in the same way."""
    seen: dict[str, str] = {}
    for name, documents in overlays.items():
        if tools.PLACES[name].parent == tools.JUDGED:
            continue
        pods = [
            (each.template["spec"], dict(variables(each, documents).values))
            for each in deployments(documents)
        ]
        seen.setdefault(json.dumps(pods, sort_keys=True), name)
    return {name: overlays[name] for name in seen.values()}


def run(name: str, documents: list[Document]) -> Told:
    """Run one overlay, and say how each service ended and what it took."""
    say(f"{name}:")
    told = drill(ROOT / ".local" / f"k8s-{name}", documents)
    for service, used in told.used.items():
        say(f"{name} {service:10} {used['mib']:.0f} MiB, {used['cpu_s']:.1f} s of CPU")
    for finding in told.findings:
        say(f"{name}: {finding}")
    return told


def main(words: Sequence[str]) -> int:
    """Return 0 where nothing is wrong, else 1; `--read` runs nothing."""
    numbers, overlays = read()
    chosen = {} if "--read" in words else distinct(overlays)
    everything = overlays[MOST]
    boards = [each for each in everything if each["kind"] == "ConfigMap"]
    told = [
        run(name, documents + [each for each in boards if each not in documents])
        for name, documents in chosen.items()
    ]
    numbers |= {
        "deployments_run": sum(each.run for each in told),
        "drained": sum(each.drained for each in told),
        "lost": sum(each.lost for each in told),
    }
    order = (
        *("overlays", "resources", "schema_errors", "unvalidated_kinds", "policy_errors"),
        *("deployments_run", "drained", "lost", "planted", "planted_found"),
    )
    say(json.dumps({name: numbers[name] for name in order}))
    wrong = (
        *(numbers["schema_errors"], numbers["policy_errors"], numbers["lost"]),
        *(len(each.findings) for each in told),
        numbers["deployments_run"] - numbers["drained"],
        numbers["planted"] - numbers["planted_found"],
    )
    return 1 if any(wrong) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
