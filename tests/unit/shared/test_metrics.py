"""shared.metrics: every metric named once, with unit and meaning."""

import re
from pathlib import Path

from prometheus_client.metrics import MetricWrapperBase

from shared import metrics

ROOT = Path(__file__).parents[3]
MADE = [one for one in vars(metrics).values() if isinstance(one, MetricWrapperBase)]
# What could name a person, or have as many values as there are people.
PERSONAL = {"patient", "record", "name", "study", "study_uid", "sop_uid", "key", "address"}


def test_the_table_and_the_code_are_the_same() -> None:
    """No metric without its row, no row without its metric."""
    assert {row.name.removesuffix("_total") for row in metrics.TABLE} == {
        family.name for one in MADE for family in one.describe()
    }
    assert len({row.name for row in metrics.TABLE}) == len(metrics.TABLE) == len(MADE)


def test_every_row_says_what_it_counts() -> None:
    """And no label carries a person."""
    for row in metrics.TABLE:
        assert re.fullmatch(r"scanpass_[a-z0-9_]+", row.name)
        assert row.name.endswith("_total") == (row.kind == "counter")
        assert row.unit
        assert row.meaning.endswith(".")
        assert not PERSONAL & set(row.labels)


def test_the_exposition_has_them() -> None:
    """As Prometheus reads it, with the process's own memory."""
    metrics.S3_REQUESTS.labels(operation="seen-by-nobody-else").inc()
    text = metrics.exposition().decode()
    assert 'scanpass_s3_requests_total{operation="seen-by-nobody-else"} 1.0' in text
    assert "process_resident_memory_bytes" in text


def test_somebody_tells_each() -> None:
    """A metric that no line of a service or of `shared` touches would be an empty promise."""
    code = "".join(
        path.read_text()
        for folder in ("services", "shared")
        for path in (ROOT / folder).rglob("*.py")
        if path != Path(metrics.__file__)
    )
    names = [name for name, one in vars(metrics).items() if isinstance(one, MetricWrapperBase)]
    assert [name for name in names if f"metrics.{name}" not in code] == []
