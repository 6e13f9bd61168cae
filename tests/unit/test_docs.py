"""docs.generate: the generated pages say what the code says, and `--check` notices when not."""

import json
from pathlib import Path

import pytest

from docs.generate import generated, main
from shared.events import CATALOGUE
from shared.metrics import TABLE


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    """And the check is content with what was written."""
    assert main([], tmp_path) == 0
    assert main(["--check"], tmp_path) == 0


@pytest.mark.parametrize(
    "name", ["events.md", "metrics.md", "settings.md", "schemas/instance.stored.v1.json"]
)
def test_a_stale_page_is_found(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The page is named, and nothing is written by a check."""
    main([], tmp_path)
    (tmp_path / name).write_text("old")
    assert main(["--check"], tmp_path) == 1
    assert name in capsys.readouterr().err
    assert (tmp_path / name).read_text() == "old"


def test_a_schema_of_no_event_is_stale_and_taken_away(tmp_path: Path) -> None:
    """An event that is gone leaves none behind."""
    main([], tmp_path)
    left = tmp_path / "schemas" / "never.heard.v1.json"
    left.write_text("{}")
    assert main(["--check"], tmp_path) == 1
    assert main([], tmp_path) == 0
    assert not left.exists()


def test_every_event_metric_and_variable_is_there() -> None:
    """Nothing of the code is missing on the pages."""
    files = {path.as_posix(): text for path, text in generated().items()}
    for event in CATALOGUE:
        assert f"## `{event.routing_key}`" in files["events.md"]
        schema = json.loads(files[f"schemas/{event.routing_key}.json"])
        assert set(schema["properties"]) == set(event.model_fields)
    for row in TABLE:
        assert f"`{row.name}`" in files["metrics.md"]
    for service in ("ingest", "transcode", "index", "notify", "ops"):
        assert f"## {service}\n" in files["settings.md"]
