"""The Dockerfile is read as a builder reads it."""

import json
import re
from importlib.metadata import distributions

from deploy import sbom
from tests.k8s import sbom as judged
from tests.k8s import tools
from tests.k8s.image import DOCKERFILE, instructions
from tests.k8s.tools import K8S, PLACE, ROOT


def test_comments_and_line_ends_are_no_instructions() -> None:
    """A line that goes on is one line."""
    text = "# syntax\nFROM a AS b\nRUN x \\\n    # no\n    && y\n\nUSER 1:1\n"
    assert list(instructions(text.replace("    # no\n", "# no\n"))) == [
        ("FROM", "a AS b"),
        ("RUN", "x      && y"),
        ("USER", "1:1"),
    ]


def test_the_image_runs_as_the_pods_do() -> None:
    """Its user is theirs, and its program is what their arguments are for."""
    told = dict(instructions(DOCKERFILE.read_text()))
    assert told["USER"] == "65532:65532"
    assert told["ENTRYPOINT"] == '["python"]'
    pod = (K8S / "base" / "pod.yaml").read_text()
    assert "runAsUser: 65532" in pod
    assert "runAsGroup: 65532" in pod


def test_what_is_built_beside_the_code_comes_with_it() -> None:
    """Every folder that viewer.sh makes is in the image, and none of a developer's own."""
    script = (ROOT / "deploy" / "local" / "viewer.sh").read_text()
    made = set(re.findall(r"^\w+=(services/portal/static/\w+)$", script, re.MULTILINE))
    assert len(made) == 2
    copied = [rest for name, rest in instructions(DOCKERFILE.read_text()) if name == "COPY"]
    assert {f"--from=viewer /src/{each} /app/{each}" for each in made} <= set(copied)
    assert made <= set((ROOT / ".dockerignore").read_text().splitlines())


def test_hadolint_finds_nothing() -> None:
    """The Dockerfile is as its linter wants it, and the linter can find something."""
    linter = PLACE / "python" / "bin" / "hadolint"
    assert tools.run([linter, DOCKERFILE]) == ""
    try:
        said = tools.run([linter, "-"], "FROM debian:latest\n")
    except RuntimeError as found:
        said = str(found)
    assert "DL3007" in said


def test_what_is_in_the_image_is_told_as_cyclonedx() -> None:
    """Python's, npm's and Debian's packages, by CycloneDX's own schema; each as it is locked."""
    ours = {"pydantic", "fastapi", "numpy"}
    python = [each for each in distributions() if each.metadata["Name"] in ours]
    debian = "libc6\t2.36-9+deb12u9\tamd64\n"
    parts = [*sbom.of_python(python), *sbom.of_npm(sbom.VIEWER, sbom.OHIF)]
    told = sbom.document([*parts, *sbom.of_debian(debian)])
    counted = judged.counted(told)
    assert (counted["pypi"], counted["deb"]) == (3, 1)
    assert counted["npm"] > 10
    assert judged.findings(json.dumps(told)) == []
    assert "pkg:deb/debian/libc6@2.36-9%2Bdeb12u9?arch=amd64" in json.dumps(told)


def test_a_wrong_bill_is_found() -> None:
    """A package in another version than the lock's, and what is no CycloneDX, are named."""
    other = sbom.component("pkg:pypi/pydantic@0.1", "pydantic", "0.1")
    found = judged.findings(json.dumps(sbom.document([other | {"type": "nonsense"}])))
    assert "pydantic 0.1 is not in the lock" in found
    assert len(found) > 1
