"""scanpass: an edge that is down is named in one line, with why and how to mend it."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.integration.ops.conftest import Scanpass

NOBODY = "127.0.0.1:1"
NO_HOST = "nowhere.invalid:1"


def replaced(url: str, place: str | None = None, password: str | None = None) -> str:
    """Return `url` with another `host:port` or password."""
    parts = urlsplit(url)
    here = place or f"{parts.hostname}:{parts.port}"
    user = f"{parts.username}:{password or parts.password}@" if parts.username else ""
    return parts._replace(netloc=user + here).geturl()


EDGES = {
    "SCANPASS_DATABASE_URL": ("site", "list"),
    "SCANPASS_AMQP_URL": ("dead", "list"),
    "SCANPASS_MANAGEMENT_URL": ("topology", "check"),
}
FAULTS = [
    ({"password": "wrong"}, "refuses this user and password"),
    ({"place": NOBODY}, "nobody listens at 127.0.0.1:1"),
    ({"place": NO_HOST}, "no host has the name in nowhere.invalid"),
]


@pytest.mark.parametrize("variable", EDGES)
@pytest.mark.parametrize(("change", "said"), FAULTS, ids=["password", "server", "host"])
def test_a_fault_of_a_server_is_one_line(
    scanpass: Scanpass,
    environment: Callable[[str], dict[str, str]],
    variable: str,
    change: dict[str, str],
    said: str,
) -> None:
    """A wrong password, a missing server and a wrong host are three different sentences."""
    wrong = replaced(environment("ops")[variable], **change)

    done = scanpass(*EDGES[variable], "--json", variables={variable: wrong})

    assert done.code == 3
    assert said in done.err
    assert variable in done.err
    assert done.err.count("\n") == 1
    assert done.out == ""
    assert str(urlsplit(wrong).password) not in done.err


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"SCANPASS_S3_SECRET_KEY": "wrong"}, "refuses this user and password"),
        ({"SCANPASS_S3_ACCESS_KEY": "nobody"}, "refuses this user and password"),
        ({"SCANPASS_S3_ENDPOINT": f"http://{NOBODY}"}, "nobody listens at 127.0.0.1:1"),
        ({"SCANPASS_S3_ENDPOINT": f"http://{NO_HOST}"}, "no host has the name in nowhere"),
    ],
)
def test_a_fault_of_the_store_is_one_line(
    scanpass: Scanpass, site: str, variables: dict[str, str], said: str
) -> None:
    """The same for S3, whose password is two variables."""
    done = scanpass("drop", ".", "--site", site, variables=variables)
    assert done.code == 3
    assert said in done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("variable", "other"),
    [
        ("SCANPASS_MANAGEMENT_URL", "SCANPASS_S3_ENDPOINT"),
        ("SCANPASS_S3_ENDPOINT", "SCANPASS_MANAGEMENT_URL"),
    ],
)
def test_a_port_of_something_else_is_found(
    scanpass: Scanpass,
    site: str,
    environment: Callable[[str], dict[str, str]],
    variable: str,
    other: str,
) -> None:
    """Two ports swapped is what happens most."""
    ours = environment("ops")
    parts = urlsplit(ours[other])
    wrong = replaced(ours[variable], f"{parts.hostname}:{parts.port}")
    words = ("topology", "check") if "MANAGEMENT" in variable else ("drop", ".", "--site", site)
    done = scanpass(*words, variables={variable: wrong})
    assert done.code == 3
    assert "something else answers" in done.err


@pytest.mark.parametrize("variable", EDGES)
def test_what_is_no_url_is_said_to_be_none(scanpass: Scanpass, variable: str) -> None:
    """Before anything is asked, and without a trace."""
    done = scanpass(*EDGES[variable], variables={variable: "nonsense"})
    assert done.code in {2, 3}
    assert variable in done.err
    assert done.err.count("\n") == 1


def test_the_broker_down_does_not_hide_who_waits(
    scanpass: Scanpass, environment: Callable[[str], dict[str, str]]
) -> None:
    """What can be known is shown; the exit code tells that it is not all."""
    url = replaced(environment("ops")["SCANPASS_MANAGEMENT_URL"], NOBODY)
    done = scanpass("status", "--json", variables={"SCANPASS_MANAGEMENT_URL": url})
    assert done.code == 3
    assert done.json["sentence"]
    assert "nobody listens" in done.json["broker"]


def test_variables_of_the_embedded_servers_are_found(
    scanpass: Scanpass, environment: Callable[[str], dict[str, str]], tmp_path: Path
) -> None:
    """Beside a running demo nothing has to be set; a variable that is set wins."""
    folder = tmp_path / ".local" / "env"
    folder.mkdir(parents=True)
    name = "SCANPASS_DATABASE_URL"
    assert scanpass("site", "list", variables={name: None}).code == 2
    (folder / "ops.env").write_text(f"{name}={environment('ops')[name]}\n")
    assert scanpass("site", "list", variables={name: None}).code == 0
    nobody = replaced(environment("ops")[name], NOBODY)
    assert scanpass("site", "list", variables={name: nobody}).code == 3


def test_config_check_says_what_is_in_force(
    scanpass: Scanpass, environment: Callable[[str], dict[str, str]]
) -> None:
    """Versions, encryption, sources; and no secret anywhere."""
    done = scanpass("config", "check", "ops", "--json")

    assert done.code == 0, done.err
    (report,) = done.json["services"]
    servers = {each["edge"]: each for each in report["servers"]}
    assert servers["broker"]["version"].startswith("RabbitMQ ")
    assert servers["database"]["version"].startswith("PostgreSQL ")
    assert servers["s3"]["version"].startswith("SeaweedFS")
    assert {each["transit"] for each in report["servers"]} == {"not encrypted"}
    assert {each["source"] for each in report["settings"]} <= {"environment", "default"}
    ours = environment("ops")
    secrets = [str(urlsplit(url).password) for url in ours.values() if urlsplit(url).password]
    secrets.append(ours["SCANPASS_S3_SECRET_KEY"])
    assert not [
        each for each in secrets if each in done.out + scanpass("config", "check", "ops").out
    ]


def test_config_check_finds_a_fault(
    scanpass: Scanpass, environment: Callable[[str], dict[str, str]]
) -> None:
    """The first fault is the one line on standard error; the report has them all."""
    url = replaced(environment("ops")["SCANPASS_DATABASE_URL"], password="wrong")  # noqa: S106
    done = scanpass("config", "check", "ops", "--json", variables={"SCANPASS_DATABASE_URL": url})
    assert done.code == 3
    assert done.err.startswith("ops: the database is down")
    assert len(done.json["services"][0]["faults"]) == 1
    done = scanpass("config", "check", "index", "--json", variables={"SCANPASS_DUE_SECONDS": "x"})
    assert done.code == 2
    assert "SCANPASS_DUE_SECONDS is wrong" in done.err
