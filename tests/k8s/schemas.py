"""Read manifests and judge them by Kubernetes' own schemas, strictly: an unknown field is an error.

Run as a program with `.local/k8s/python` on its path, which has what reads YAML: at standard input
a JSON object of YAML texts, the Kubernetes version as the one argument, JSON at standard output.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

import kubernetes_validate  # type: ignore[import-not-found]  # lies under .local/k8s
import yaml  # type: ignore[import-untyped]  # the same

OTHERS = ("keda.sh", "monitoring.coreos.com", "gateway.networking.k8s.io")
UNKNOWN = ("rabbitmq.com", "postgresql.cnpg.io")


def errors(document: dict[str, Any], version: str) -> Iterator[str]:
    """Yield what is wrong with a document of Kubernetes' own."""
    group = document.get("apiVersion", "").partition("/")[0]
    if group in OTHERS or group in UNKNOWN:
        return  # judged elsewhere, or by nobody
    name = f"{document.get('kind')} {document.get('metadata', {}).get('name')}"
    try:
        kubernetes_validate.validate(document, version, strict=True)
    except kubernetes_validate.ValidationError as wrong:
        where = "/".join(map(str, wrong.path))
        yield f"{name}: {where}: {wrong.message.splitlines()[0][:200]}"
    except kubernetes_validate.SchemaNotFoundError:
        yield f"{name}: no such kind in Kubernetes {version}"


def main() -> None:
    """Read, judge, tell."""
    known: dict[str, list[str]] = {}  # overlays have most documents in common
    told = {}
    for name, text in json.load(sys.stdin).items():
        documents = [each for each in yaml.load_all(text, yaml.CSafeLoader) if each]
        found = []
        for document in documents:
            key = json.dumps(document, sort_keys=True)
            if key not in known:
                known[key] = list(errors(document, sys.argv[1]))
            found += known[key]
        told[name] = {"documents": documents, "errors": found}
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
