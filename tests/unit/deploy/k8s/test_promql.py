"""What an expression names is looked up in the list of metrics."""

import pytest

from tests.k8s import promql


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("sum by (queue) (rate(scanpass_messages_handled_total[5m]))", []),
        ("histogram_quantile(0.9, sum by (le) (rate(scanpass_confirm_seconds_bucket[5m])))", []),
        ("sum by (operation) (rate(scanpass_s3_requests_total[5m]))", []),
        ("sum(scanpass_messages_total)", ["no metric scanpass_messages_total"]),
        ('scanpass_paused{site="x"}', ["scanpass_paused has no label site"]),
        ("sum by (site) (scanpass_paused)", ["no metric of it has a label site"]),
    ],
)
def test_what_nobody_tells_is_found(expression: str, said: list[str]) -> None:
    """A metric or a label that no service tells is named."""
    assert list(promql.unknown(expression)) == said
