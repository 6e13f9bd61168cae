"""tests.judge and what it is made of: whoever judges the product knows nothing of its code."""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]
MODULES = [TESTS / "judge.py", *sorted((TESTS / "judging").glob("*.py"))]


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_the_judge_imports_nothing_of_the_product(module: Path) -> None:
    """It shares no mistake with what it judges."""
    imported = set()
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").split(".")[0])
    assert imported.isdisjoint({"services", "shared", "deploy"})
