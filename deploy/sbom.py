"""What is in the image, as a CycloneDX 1.6 document: `python deploy/sbom.py >sbom.cdx.json`.

Run by the Dockerfile as its last line, in the image itself: it tells what is there, not what was
asked for. Nothing but Python's own library is needed. The same image gives the same document.
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any
from urllib.parse import quote

APP = Path(__file__).parents[1]
VIEWER = APP / "services" / "portal" / "viewer" / "package-lock.json"
OHIF = APP / "services" / "portal" / "static" / "ohif" / ".stamp"  # `name@version hash …`
QUERY = ("/usr/bin/dpkg-query", "--show", "--showformat=${Package}\t${Version}\t${Architecture}\n")
LONGEST = 100  # characters of a license's name; longer is its text

Component = dict[str, Any]


def component(purl: str, name: str, version: str, licenses: Iterable[Any] = ()) -> Component:
    """Return one library."""
    told = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
    found = list(licenses)
    return told | ({"licenses": found} if found else {})


def of_python(found: Iterable[Distribution]) -> Iterator[Component]:
    """Yield Python's packages."""
    for each in found:
        name, version = each.metadata["Name"], each.version
        purl = f"pkg:pypi/{quote(name.lower().replace('_', '-'))}@{quote(version)}"
        yield component(purl, name, version, licenses(each))


def licenses(package: Distribution) -> Iterator[Any]:
    """Yield what a package says of its license: an SPDX expression, else names."""
    told = package.metadata
    for expression in told.get_all("License-Expression") or ():
        yield {"expression": expression}
        return
    trove = [each for each in told.get_all("Classifier") or () if each.startswith("License ::")]
    names = [each.rpartition(" :: ")[2] for each in trove]
    if not names:
        short = [each.strip() for each in told.get_all("License") or ()]
        names = [each for each in short if each and "\n" not in each and len(each) <= LONGEST]
    yield from ({"license": {"name": name}} for name in names)


def of_npm(lock: Path, ohif: Path) -> Iterator[Component]:
    """Yield what the viewers are built of, and OHIF as its makers built it."""
    for place, told in json.loads(lock.read_text())["packages"].items():
        if place and not told.get("dev"):
            name = place.rpartition("node_modules/")[2]
            said = [{"expression": told["license"]}] if "license" in told else []
            yield component(npm(name, told["version"]), name, told["version"], said)
    if ohif.exists():
        name, _, version = ohif.read_text().split()[0].rpartition("@")
        yield component(npm(name, version), name, version)


def npm(name: str, version: str) -> str:
    """Return a package URL; a scope's `@` is written as %40.

    >>> npm("@a/b", "1.0")
    'pkg:npm/%40a/b@1.0'
    """
    return f"pkg:npm/{quote(name)}@{quote(version)}"


def of_debian(listed: str) -> Iterator[Component]:
    """Yield Debian's packages, as dpkg-query lists them."""
    for line in listed.splitlines():
        name, version, architecture = line.split("\t")
        purl = f"pkg:deb/debian/{quote(name)}@{quote(version, safe='')}?arch={architecture}"
        yield component(purl, name, version)


def document(components: Iterable[Component]) -> dict[str, Any]:
    """Return the whole."""
    by_name = {each["bom-ref"]: each for each in components}  # npm may have one at two places
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "bom-ref": "scanpass", "name": "scanpass"}
        },
        "components": [by_name[ref] for ref in sorted(by_name)],
    }


def main() -> None:
    """Write the document."""
    done = subprocess.run(QUERY, capture_output=True, text=True, check=True)  # noqa: S603  a constant
    found = [*of_python(distributions()), *of_npm(VIEWER, OHIF), *of_debian(done.stdout)]
    json.dump(document(found), sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
