"""Migrations of all services run in one sequence, by the numbers in their names."""

from collections import Counter
from pathlib import Path

SERVICES = Path(__file__).parents[2] / "services"


def test_no_two_have_the_same_number() -> None:
    """Or the second would count as run already."""
    numbers = Counter(path.name.partition("_")[0] for path in SERVICES.glob("*/migrations/*.sql"))
    assert [number for number, count in numbers.items() if count > 1] == []
    assert len(numbers) > 5
