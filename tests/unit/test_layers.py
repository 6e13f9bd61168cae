"""The rules of who may import whom, so that data keeps flowing one way."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = [p for top in ("services", "shared") for p in sorted((ROOT / top).rglob("*.py"))]
EVERY_FILE = sorted((ROOT / "tests" / "every_file").rglob("*.py"))
JUDGES = [
    ROOT / "tests" / "judge.py",
    *sorted((ROOT / "tests" / "judging").rglob("*.py")),
    ROOT / "tests" / "viewer" / "seen.py",
    *(path for path in EVERY_FILE if path.name != "carry.py"),  # the one edge to the product
]
# What knows of each hostile file what must become of it, and whom else of us each may know.
ORACLE: dict[str, set[str]] = {
    "layout": set(),
    "sources": {"layout"},
    "mutations": {"layout", "sources"},
    "bombs": {"mutations", "sources"},
}
OURS = {"services", "shared", "deploy", "tests", "benchmarks", "docs"}

# Each driver, and the only folders or modules that may know it.
HOMES = {
    "pika": ("shared/broker",),
    "minio": ("shared/storage",),
    "urllib3": ("shared/storage", "services/portal/signin/identity"),
    "psycopg": ("shared/db",),
    "psycopg_pool": ("shared/db",),
    "prometheus_client": ("shared/metrics.py",),
    "pebble": ("shared/children.py",),
    "smtplib": ("services/notify/channels",),
    "pydicom": ("shared/dicom", "services/transcode", "services/index"),
    "typer": ("services/ops",),
    "rich": ("services/ops",),
    "fastapi": ("services/portal",),
    "starlette": ("services/portal",),
    "uvicorn": ("services/portal",),
    "phonenumbers": ("services/portal/signin",),
    "webauthn": ("services/portal/signin",),
    "joserfc": ("services/portal/signin/identity",),
}
# Modules of pure thought, by their names: what they need comes in, what they find goes out.
PURE = {
    *("recode", "picture", "inspect", "letter", "presented", "completeness", "metadata"),
    *("catalogue", "waiting", "masking", "life", "mending", "reasons", "declared", "directory"),
    *("colour", "codestream", "decoders", "edit", "turn"),
    *("repertoire", "text", "texts"),
    "zipped",
    *("contact", "birth", "browser", "ceremony", "token", "prompt", "release", "sheet"),
    *("packing", "describing", "record_types", "spreading"),
    *("brought", "disc", "rules"),
}
EDGES = {
    *("shared.db", "shared.storage", "shared.broker", "shared.outbox", "shared.service"),
    *("shared.consumer", "shared.children", "shared.metrics", "shared.config"),
    *("socket", "socketserver", "http", "urllib", "urllib3", "requests", "ssl", "smtplib"),
    *(
        "subprocess",
        "multiprocessing",
        "threading",
        "asyncio",
        "tempfile",
        "shutil",
        "os",
        "sqlite3",
    ),
    *("pika", "minio", "psycopg", "psycopg_pool", "prometheus_client", "pebble"),
}
# Names of modules that are made at run time: only where a comment there says why.
BY_NAME = {"services/ops/configuration.py", "services/ops/__main__.py"}
BENIGN = {
    "urllib.parse",
    "os.SEEK_END",
    "shared.db.Row",
    "shared.consumer.Message",
}  # words, no doors


def imports(path: Path) -> Iterator[str]:
    """Yield what `path` imports, `package.name` for `from package import name` too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: imports are absolute, so that rules can read them"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(name: str, packages: set[str]) -> bool:
    """Say whether a dotted name is one of `packages` or inside one."""
    parts = name.split(".")
    return any(".".join(parts[: count + 1]) in packages for count in range(len(parts)))


def broken(place: str, names: Iterator[str]) -> list[str]:
    """Return which rules a module at `place` (`services/index/handler.py`) breaks."""
    path = Path(place)
    found = []
    for name in names:
        top, *rest = name.split(".")
        if top == "services" and path.parts[0] == "shared":
            found.append(f"shared must not know the services: {name}")
        elif top == "services" and rest[:1] != [path.parts[1]]:
            found.append(f"services speak by events only: {name}")
        elif top in {"deploy", "tests", "benchmarks", "docs"}:
            found.append(f"the product does not stand on {name}")
        if not any(path.is_relative_to(home) for home in HOMES.get(top, (place,))):
            found.append(f"{top} has its home in {HOMES[top]}")
        if top == "importlib" and place not in BY_NAME:
            found.append(f"an import that no rule can read: {name}")
        if path.stem in PURE and path.parts[0] == "services" and is_door(name):
            found.append(f"a pure module has no door: {name}")
    return found


def is_door(name: str) -> bool:
    """Say whether an import leads to files, networks, processes or servers."""
    return within(name, EDGES) and not within(name, BENIGN)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_imports_only_downwards(path: Path) -> None:
    """Services never meet; shared knows no service; each driver has one home; pure is pure."""
    assert broken(path.relative_to(ROOT).as_posix(), imports(path)) == []


@pytest.mark.parametrize("path", JUDGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_the_judge_imports_nothing_of_ours(path: Path) -> None:
    """What judges the product cannot share its mistakes; its own parts are its own."""
    theirs = [
        name for name in imports(path) if not within(name, {"tests.judging", "tests.every_file"})
    ]
    assert [name for name in theirs if name.split(".")[0] in OURS] == []


@pytest.mark.parametrize("module", ORACLE)
def test_the_oracle_of_hostile_files_knows_nothing_of_the_product(module: str) -> None:
    """Not even by way of another module of the proof: those it may know are named one by one."""
    assert strangers(module, imports(ROOT / "tests" / "malformed" / f"{module}.py")) == []


@pytest.mark.parametrize(
    "name", ["shared.dicom.walk", "tests.malformed.door", "tests.judging.pixels", "tests.fakes"]
)
def test_an_oracle_that_asks_the_product_is_found(name: str) -> None:
    """The rule can fail."""
    assert strangers("mutations", iter([name, "tests.malformed.layout.Length"])) == [name]


def strangers(module: str, names: Iterator[str]) -> list[str]:
    """Return what a module of the oracle imports of us and may not."""
    known = {f"tests.malformed.{each}" for each in ORACLE[module]}
    return [name for name in names if name.split(".")[0] in OURS and not within(name, known)]


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("services/index/handler.py", "services.ingest.handler.handle"),
        ("services/ops/dead.py", "services.notify.letter"),
        ("services/index/handler.py", "services"),
        ("shared/consumer.py", "services.ingest"),
        ("shared/consumer.py", "tests.fakes.MemoryStorage"),
        ("services/ops/drop.py", "deploy.local.Servers"),
        ("services/index/store.py", "psycopg.sql"),
        ("shared/consumer.py", "pika"),
        ("services/notify/dispatch.py", "smtplib"),
        ("services/notify/handler.py", "pydicom.dcmread"),
        ("services/index/completeness.py", "shared.db.Database"),
        ("services/transcode/recode.py", "urllib.request.urlopen"),
        ("services/index/handler.py", "importlib.import_module"),
    ],
)
def test_a_forbidden_import_is_found(place: str, name: str) -> None:
    """The rules can fail: each of these breaks one."""
    assert len(broken(place, iter([name]))) == 1


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("services/index/handler.py", "services.index.store.Catalogue"),
        ("services/index/handler.py", "shared.db.Connection"),
        ("services/index/completeness.py", "urllib.parse.quote"),
        ("shared/broker/link.py", "pika.SelectConnection"),
        ("services/notify/channels/email.py", "smtplib.SMTP"),
    ],
)
def test_an_allowed_import_is_let_through(place: str, name: str) -> None:
    """The rules do not stand in the way of what they allow."""
    assert broken(place, iter([name])) == []
