"""ops.configuration: what is in force, with every secret masked."""

import os
from pathlib import Path

import pytest
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from services.ops.configuration import SERVICES, environment, masked, one, only, settings_of


class Sample(BaseSettings):
    """Settings of nobody."""

    url: SecretStr = Field(description="A place with a password.")
    key: SecretStr = SecretStr("hush")
    seconds: float = 5.0


FIELDS = Sample.model_fields


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_settings(service: str) -> None:
    """Each field says what it is for, or the documentation would not."""
    for name, field in settings_of(service).model_fields.items():
        assert field.description, name


def test_a_secret_shows_its_place_at_most() -> None:
    """Scheme and host are what an operator looks for."""
    assert masked("amqp://u:hush@h:1/v", FIELDS["url"]) == "amqp://********@h:1"
    assert masked("smtp://h:25", FIELDS["url"]) == "smtp://h:25"
    assert masked("hush", FIELDS["key"]) == "********"
    assert masked("7.5", FIELDS["seconds"]) == "7.5"


def test_where_a_value_comes_from_is_told() -> None:
    """Set, left to its default, or missing."""
    given = {"SCANPASS_SECONDS": ("7", "environment")}
    assert one("seconds", FIELDS["seconds"], given)["source"] == "environment"
    assert one("seconds", FIELDS["seconds"], {}) == {
        "variable": "SCANPASS_SECONDS",
        "value": "5.0",
        "source": "default",
    }
    assert one("url", FIELDS["url"], {})["source"] == "not set"
    assert "hush" not in one("key", FIELDS["key"], {})["value"]


def test_a_service_is_shown_its_own_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What ops took from its own file is not the service's; what a person set is."""
    folder = tmp_path / ".local" / "env"
    folder.mkdir(parents=True)
    (folder / "ops.env").write_text("SCANPASS_AMQP_URL=amqp://ops@h/\n")
    (folder / "ingest.env").write_text("SCANPASS_AMQP_URL=amqp://ingest@h/\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SCANPASS_AMQP_URL", "amqp://ops@h/")  # as `adopt` has left it
    monkeypatch.setenv("SCANPASS_WORKERS", "9")

    given = environment("ingest")

    assert given["SCANPASS_AMQP_URL"] == ("amqp://ingest@h/", ".local/env/ingest.env")
    assert given["SCANPASS_WORKERS"] == ("9", "environment")


def test_the_environment_is_as_before_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look at another service's settings leaves no trace."""
    monkeypatch.setenv("SCANPASS_AMQP_URL", "amqp://ops@h/")
    before = dict(os.environ)
    with only({"SCANPASS_S3_REGION": ("x", "file")}):
        assert "SCANPASS_AMQP_URL" not in os.environ
        assert os.environ["SCANPASS_S3_REGION"] == "x"
    assert dict(os.environ) == before
