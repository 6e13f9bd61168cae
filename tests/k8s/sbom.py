"""Whether a bill of materials is one: judged by CycloneDX's own schema, and by the lock."""

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from tests.k8s.tools import PLACE, ROOT

# Run with the tools' packages: the schema comes with CycloneDX's own library.
SCHEMA = """
import json, sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
found = JsonStrictValidator(SchemaVersion.V1_6).validate_str(sys.stdin.read(), all_errors=True)
json.dump([str(each.data.message)[:200] for each in found or ()], sys.stdout)
"""
LOCKED = re.compile(r"^([a-z0-9.-]+)==(\S+)", re.MULTILINE)


def findings(text: str) -> list[str]:
    """Return what is wrong with a document."""
    done = subprocess.run(  # noqa: S603  our own words
        [sys.executable, "-c", SCHEMA],
        input=text,
        env={"PYTHONPATH": str(PLACE / "python")},
        capture_output=True,
        text=True,
        check=True,
    )
    wrong: list[str] = json.loads(done.stdout)
    return [*wrong, *unlocked(json.loads(text))]


def unlocked(document: dict[str, Any], lock: Path = ROOT / "requirements.lock") -> list[str]:
    """Return Python's packages that the lock does not name in this version."""
    locked = dict(LOCKED.findall(lock.read_text()))
    found = (purl(each) for each in document["components"])
    return [
        f"{name} {version} is not in the lock"
        for kind, name, version in found
        if kind == "pypi" and locked.get(name) != version
    ]


def purl(component: dict[str, Any]) -> tuple[str, str, str]:
    """Return kind, name and version."""
    kind, _, rest = component["purl"].removeprefix("pkg:").partition("/")
    name = re.sub(r"[-_.]+", "-", rest.partition("@")[0])
    return kind, name, component["version"]


def counted(document: dict[str, Any]) -> dict[str, int]:
    """Return how many there are of each kind: `pypi`, `npm`, `deb`."""
    return dict(Counter(purl(each)[0] for each in document["components"]))
