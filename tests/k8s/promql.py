"""PromQL in rules and dashboards: which metrics and labels it names. Pure."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from shared.metrics import TABLE
from tests.k8s.manifests import Document

# What Prometheus adds to whatever it scrapes, and what the libraries of others tell.
ADDED = {"job", "instance", "le"}
OTHERS: Mapping[str, set[str]] = {
    "up": set(),
    "process_resident_memory_bytes": set(),
    "rabbitmq_detailed_queue_messages": {"queue", "vhost"},
}
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("",), "gauge": ("",)}
METRIC = re.compile(r"\b((?:scanpass|rabbitmq|process)_[a-z0-9_]+|up)\b(?:\{([^}]*)\})?")
MATCHER = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"[^\"]*\"")
GROUPING = re.compile(r"\b(?:by|without|on)\s*\(([^)]*)\)")
MOST_PAGES = 6
PAGES = Path(__file__).parents[2] / "docs" / "runbook.md"


def known() -> dict[str, set[str]]:
    """Return every series that may be asked for, with its labels."""
    ours = {
        f"{row.name}{suffix}": set(row.labels) for row in TABLE for suffix in SUFFIXES[row.kind]
    }
    return {**ours, **OTHERS}


def unknown(expression: str) -> Iterator[str]:
    """Yield what an expression names and nobody tells: a metric, or a label of it."""
    series, labels = known(), set(ADDED)
    for name, matchers in METRIC.findall(expression):
        if name not in series:
            yield f"no metric {name}"
            continue
        labels |= series[name]
        for label in MATCHER.findall(matchers):
            if label not in series[name] | ADDED:
                yield f"{name} has no label {label}"
    for group in GROUPING.findall(expression):
        for label in filter(None, map(str.strip, group.split(","))):
            if label not in labels:
                yield f"no metric of it has a label {label}"


def boards(documents: Sequence[Document]) -> dict[str, dict[str, Any]]:
    """Return the dashboards by their files' names."""
    return {
        name: json.loads(text)
        for each in documents
        if each["kind"] == "ConfigMap" and "grafana_dashboard" in each["metadata"].get("labels", {})
        for name, text in each["data"].items()
    }


def panels(documents: Sequence[Document]) -> dict[str, list[str]]:
    """Return the expressions of every panel, by `file: title`."""
    return {
        f"{name}: {panel['title']}": [target["expr"] for target in panel["targets"]]
        for name, board in boards(documents).items()
        for panel in board["panels"]
    }


def recorded(documents: Sequence[Document]) -> dict[str, Any]:
    """Return the panels as a group of rules, so that Prometheus itself reads their expressions."""
    expressions = [each for several in panels(documents).values() for each in several]
    rules = [{"record": f"panel:{n}", "expr": each} for n, each in enumerate(expressions)]
    return {"name": "panels", "rules": rules}


def groups(documents: Sequence[Document]) -> list[dict[str, Any]]:
    """Return the groups of rules."""
    return [
        group
        for each in documents
        if each["kind"] == "PrometheusRule"
        for group in each["spec"]["groups"]
    ]


def alerts(documents: Sequence[Document]) -> list[dict[str, Any]]:
    """Return the rules that alert."""
    return [rule for group in groups(documents) for rule in group["rules"] if "alert" in rule]


def findings(documents: Sequence[Document]) -> list[str]:
    """Return what is wrong with alerts and dashboards."""
    return [*_alerts(documents), *_panels(documents)]


def _alerts(documents: Sequence[Document]) -> Iterator[str]:
    found = alerts(documents)
    for rule in (each for group in groups(documents) for each in group["rules"]):
        yield from (
            f"{rule.get('alert', rule.get('record'))}: {each}" for each in unknown(rule["expr"])
        )
    anchors = {f"docs/runbook.md#{each}" for each in pages()}
    for alert in found:
        if alert["annotations"].get("runbook") not in anchors:
            yield f"{alert['alert']}: no page in the runbook"
    paging = sum(alert["labels"]["severity"] == "page" for alert in found)
    if paging > MOST_PAGES:
        yield f"{paging} alerts page"


def _panels(documents: Sequence[Document]) -> Iterator[str]:
    for title, expressions in panels(documents).items():
        for expression in expressions:
            yield from (f"{title}: {each}" for each in unknown(expression))


def pages() -> list[str]:
    """Return the anchors of the runbook's pages, as Git hosts make them of headings."""
    heads = re.findall(r"^## (.+)$", PAGES.read_text() if PAGES.exists() else "", re.MULTILINE)
    return [re.sub(r"[^a-z0-9 -]", "", each.lower()).replace(" ", "-") for each in heads]
