"""The Dockerfile is read as a builder reads it."""

from tests.k8s.image import DOCKERFILE, instructions
from tests.k8s.tools import K8S


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
