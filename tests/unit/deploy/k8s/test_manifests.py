"""Overlays are rendered by a real kubectl, meet Kubernetes' schemas, and keep the house's rules."""

import pytest

from tests.k8s import planted, promql, tools
from tests.k8s.tools import Rendered


@pytest.mark.parametrize("overlay", tools.OVERLAYS)
def test_an_overlay_meets_the_schemas(overlays: dict[str, Rendered], overlay: str) -> None:
    """Kubernetes would take every document, and knows every field."""
    assert overlays[overlay].errors == []


@pytest.mark.parametrize("overlay", tools.OVERLAYS)
def test_an_overlay_keeps_the_rules(overlays: dict[str, Rendered], overlay: str) -> None:
    """Pods are confined, doors are those the settings need, variables and settings meet."""
    assert planted.findings(overlays[overlay].documents) == []


@pytest.mark.parametrize("name", planted.PLANTS)
@pytest.mark.parametrize("overlay", tools.OVERLAYS)
def test_a_planted_fault_is_found(overlays: dict[str, Rendered], overlay: str, name: str) -> None:
    """The rules can fail: each of these faults breaks one."""
    assert planted.found(overlays[overlay].documents, planted.PLANTS[name])


def test_a_provider_of_identities_is_reached_by_its_own_door(
    overlays: dict[str, Rendered],
) -> None:
    """Who names a provider has to open its door, and who names none may not."""
    documents = overlays["production-identity"].documents
    door = next(each for each in documents if each["metadata"]["name"] == "to-identity")
    shut = [each for each in documents if each is not door]
    assert planted.findings(shut) == ["Deployment portal: may not reach identity"]
    others = overlays["production"].documents
    assert [each for each in others if each["metadata"]["name"] == "to-identity"] == []
    assert planted.findings([*others, door]) == ["nobody uses the door to-identity"]


def test_alerts_and_dashboards_ask_for_what_is_told(overlays: dict[str, Rendered]) -> None:
    """Every metric and label is one that a service tells; every alert has its page."""
    documents = overlays["production-operators"].documents
    assert len(promql.alerts(documents)) > promql.MOST_PAGES
    assert len(promql.panels(documents)) > promql.MOST_PAGES
    assert promql.findings(documents) == []


def test_each_alert_goes_off_and_keeps_quiet(overlays: dict[str, Rendered]) -> None:
    """Prometheus itself judges the rules, with series made for each, and reads every panel."""
    documents = overlays["production-operators"].documents
    tools.promtool([*promql.groups(documents), promql.recorded(documents)])


def test_a_rule_that_never_goes_off_is_found(overlays: dict[str, Rendered]) -> None:
    """The series can fail a rule: one whose limit is too high keeps quiet."""
    groups = promql.groups(overlays["production-operators"].documents)
    (outbox,) = (
        rule
        for group in groups
        for rule in group["rules"]
        if rule.get("alert") == "ScanpassOutboxOld"
    )
    sound = outbox["expr"]
    outbox["expr"] = sound.replace("300", "30000")
    try:
        with pytest.raises(RuntimeError, match="ScanpassOutboxOld"):
            tools.promtool(groups)
    finally:
        outbox["expr"] = sound
