"""The Secrets that are written are those that the manifests name, key by key."""

import json
from typing import Any

import pytest

from deploy.k8s import secrets
from deploy.local.accounts import QUEUES, hashed
from tests.k8s.manifests import variables, workloads
from tests.k8s.tools import Rendered

PLACES = secrets.Places(
    broker="amqps://broker:5671/%2F",
    management="https://broker:15671/",
    database="postgresql://database:5432/scanpass?sslmode=require",
    smtp="smtps://mail",
    sms_token="t",  # noqa: S106  of nobody
)


@pytest.fixture(scope="module")
def known() -> dict[str, str]:
    return secrets.passwords()


@pytest.fixture(scope="module")
def made(known: dict[str, str]) -> dict[str, dict[str, str]]:
    found: list[Any] = secrets.written(PLACES, known)
    return {each["metadata"]["name"]: each["stringData"] for each in found}


def test_every_reference_is_met_and_nothing_lies_idle(
    made: dict[str, dict[str, str]], overlays: dict[str, Rendered]
) -> None:
    """A key that nobody reads would be a right that nobody needs."""
    documents = overlays["production-operators"].documents
    asked = {
        reference
        for each in workloads(documents)
        for reference in variables(each, documents).secrets.values()
    }
    written = {
        (name, key)
        for name, told in made.items()
        for key in told
        if name.startswith("scanpass-") and name != "scanpass-keda"
    }
    assert written == asked


def test_a_service_has_its_own_user(made: dict[str, dict[str, str]]) -> None:
    """Each connects as itself, with a password that no other has."""
    urls = [made[f"scanpass-{name}"]["SCANPASS_AMQP_URL"] for name in QUEUES]
    assert [url.split("//")[1].split(":")[0] for url in urls] == list(QUEUES)
    assert len({url.split(":")[2] for url in urls}) == len(urls)


def test_the_broker_is_told_the_same_passwords(
    made: dict[str, dict[str, str]], known: dict[str, str]
) -> None:
    """As hashes; and who counts messages may do nothing else."""
    told = json.loads(made["broker-users"]["definitions.json"])
    users = {each["name"]: each for each in told["users"]}
    assert {*QUEUES, "ops", "keda"} == set(users)
    assert users["ingest"]["password_hash"] == hashed(known["broker.ingest"])
    (keda,) = (each for each in told["permissions"] if each["user"] == "keda")
    assert {keda[each] for each in ("configure", "write", "read")} == {"^$"}
    assert known["broker.ingest"] not in made["broker-users"]["definitions.json"]


def test_it_is_a_list_for_kubectl(capsys: pytest.CaptureFixture[str]) -> None:
    """One document on standard output."""
    secrets.main(["--smtp", "smtps://mail", "--sms-token", "t"])
    told = json.loads(capsys.readouterr().out)
    assert told["kind"] == "List"
    assert len(told["items"]) == len(secrets.written(PLACES, secrets.passwords()))
