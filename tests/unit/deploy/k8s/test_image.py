"""The Dockerfile is read as a builder reads it."""

import re

from tests.k8s.image import DOCKERFILE, instructions
from tests.k8s.tools import K8S, ROOT


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
