"""What every object store must do; the fake and the real server stand the same tests."""

from hashlib import sha256
from io import BytesIO
from uuid import uuid4

import pytest

from deploy.local import Servers
from shared.errors import EdgeDown
from shared.storage import Changed, Storage
from shared.storage.s3 import IN_MEMORY, PART, S3
from tests.fakes.storage import MemoryStorage

KEYS = [
    "north/plain.dcm",
    "north/Müller, Jürgen (Knie) +1 100%.dcm",
    "north/a b+c%20d%.dcm",
    "north/ünïcödé/日本/🦴.dcm",
    "north/u\u0308 is not \u00fc.dcm",
    "north/q=1&r=2;#frag?x.dcm",
    "north/quote'\"<>`|~^{}[].dcm",
    "north/" + "deep/" * 20 + "x",
]


@pytest.fixture
def s3_endpoint(servers: Servers) -> str:
    return servers.environment("owner")["SCANPASS_S3_ENDPOINT"]


@pytest.fixture
def s3(servers: Servers) -> S3:
    names = ("ENDPOINT", "ACCESS_KEY", "SECRET_KEY", "REGION")
    owner = servers.environment("owner")
    endpoint, access, secret, region = (owner[f"SCANPASS_S3_{name}"] for name in names)
    return S3(endpoint, access, secret, region)


@pytest.fixture(params=["memory", "s3"])
def store(request: pytest.FixtureRequest) -> Storage:
    if request.param == "memory":
        return MemoryStorage()
    store: S3 = request.getfixturevalue("s3")
    return store


@pytest.fixture
def place() -> str:
    """Give each test its own prefix on the shared server."""
    return f"north/{uuid4()}"


@pytest.mark.parametrize("key", KEYS)
def test_what_is_put_comes_back(store: Storage, place: str, key: str) -> None:
    """Whatever the key is made of, the bytes are the same and the object knows itself."""
    where = store.put("archive", f"{place}/{key}", b"pixels")

    with store.open(where.bucket, where.key) as found:
        assert found.read() == b"pixels"
    assert store.read("archive", where.key, 2, 3) == b"xel"
    assert (where.key, where.size) == (f"{place}/{key}", 6)
    assert where.sha256 == sha256(b"pixels").hexdigest()


@pytest.mark.parametrize("key", KEYS)
def test_an_odd_key_is_listed_copied_and_removed_by_version(
    store: Storage, place: str, key: str
) -> None:
    """A name that a hospital gave goes the whole way from the listing to the removal."""
    store.put("drop", f"{place}/{key}", b"pixels")

    (listed,) = store.list("drop", place)
    assert listed.key == f"{place}/{key}"
    assert (listed.size, listed.modified_at.tzinfo is not None) == (6, True)
    store.copy(listed, "archive", f"{place}/copy")
    store.remove("drop", listed.key, listed.version)

    assert list(store.list("drop", place)) == []
    assert store.read("archive", f"{place}/copy", 0, 99) == b"pixels"


def test_an_opened_object_can_be_read_from_anywhere(store: Storage, place: str) -> None:
    """It is a file: it seeks, tells, and is closed."""
    store.put("archive", place, bytes(range(100)))

    with store.open("archive", place) as found:
        assert found.seek(-10, 2) == 90
        assert found.read() == bytes(range(90, 100))
        assert found.seek(5) == 5
        assert found.read(2) == b"\x05\x06"


@pytest.mark.parametrize("size", [0, 1, IN_MEMORY + 1, PART, PART + 1])
def test_a_file_is_put_from_where_it_stands(store: Storage, place: str, size: int) -> None:
    """Empty, small, spooled, one part, two parts: the digest is of what was stored."""
    body = (b"0123456789abcdef" * (size // 16 + 1))[:size]
    file = BytesIO(b"skipped" + body)
    file.seek(7)

    where = store.put("archive", place, file)

    assert (where.size, where.sha256) == (size, sha256(body).hexdigest())
    with store.open("archive", place) as found:
        assert found.read() == body


@pytest.mark.parametrize(
    ("offset", "length", "expected"),
    [
        (0, 4, b"0123"),
        (8, 4, b"89"),
        (10, 4, b""),
        (11, 4, b""),
        (3, 0, b""),
        (0, 100, b"0123456789"),
    ],
)
def test_a_range_is_what_is_there_of_it(
    store: Storage, place: str, offset: int, length: int, expected: bytes
) -> None:
    """Fewer at the end, none past it."""
    store.put("archive", place, b"0123456789")

    assert store.read("archive", place, offset, length) == expected


def test_a_missing_key_is_a_missing_file(store: Storage, place: str) -> None:
    """No driver's own error reaches a handler."""
    with pytest.raises(FileNotFoundError):
        store.open("archive", place)
    with pytest.raises(FileNotFoundError):
        store.read("archive", place, 0, 1)
    assert store.look("archive", place) is None


def test_a_missing_version_is_a_missing_file(store: Storage, place: str) -> None:
    """Also where the key has other versions, and for a copy."""
    store.put("drop", place, b"first")
    (first,) = store.list("drop", place)
    store.put("drop", place, b"second")
    store.remove("drop", place, first.version)

    with pytest.raises(FileNotFoundError):
        store.open("drop", place, first.version)
    with pytest.raises(FileNotFoundError):
        store.copy(first, "archive", place)


def test_a_name_used_again_loses_no_bytes(store: Storage, place: str) -> None:
    """In `drop` every version is listed, opened and removed for itself."""
    contents = [b"one", b"two", b"three"]
    for content in contents:
        store.put("drop", place, content)

    listed = list(store.list("drop", place))
    opened = set()
    for each in listed:
        with store.open("drop", place, each.version) as found:
            opened.add(found.read())
    assert opened == set(contents)

    store.remove("drop", place, listed[0].version)
    assert {each.version for each in store.list("drop", place)} == {
        each.version for each in listed[1:]
    }


def test_a_listing_goes_on_behind_a_key(store: Storage, place: str) -> None:
    """In the order of bytes, also where folders begin alike: nothing behind one is left out."""
    names = ("a", "fold-er/1", "fold.er/1", "fold/1", "fold/2", "fold/sub/3", "fold0", "z")
    for name in reversed(names):
        store.put("drop", f"{place}/{name}", b"x")

    def listed(after: str = "") -> list[str]:
        found = store.list("drop", f"{place}/", after and f"{place}/{after}")
        return [each.key.removeprefix(f"{place}/") for each in found]

    assert listed() == list(names)
    assert listed("fold/1") == ["fold/2", "fold/sub/3", "fold0", "z"]
    assert listed("fold/\U0010ffff") == ["fold0", "z"]


def test_a_level_tells_objects_and_folders(store: Storage, place: str) -> None:
    """Each version of what lies there, and nothing of what lies deeper."""
    for name in ("a", "a", "fold/1", "fold/2", "other/sub/3"):
        store.put("drop", f"{place}/{name}", b"x")
    objects, folders = store.level("drop", f"{place}/")
    assert [each.key for each in objects] == [f"{place}/a"] * 2
    assert len({each.version for each in objects}) == 2
    assert sorted(folders) == [f"{place}/fold/", f"{place}/other/"]
    assert store.level("drop", f"{place}/nothing/") == ([], [])


def test_look_tells_size_and_user_metadata(store: Storage, place: str) -> None:
    """Of the newest version, names in lower case."""
    store.put("archive", place, b"old")
    store.put("archive", place, b"newer", metadata={"sha256": "ab"})

    found = store.look("archive", place)

    assert found is not None
    assert (found.size, dict(found.metadata)["sha256"]) == (5, "ab")


def test_a_copy_is_of_the_very_content_that_was_read(store: Storage, place: str) -> None:
    """Another ETag than the one that was listed is refused, and nothing is copied."""
    store.put("archive", place, b"read by us")
    (read,) = store.list("archive", place)
    store.put("archive", place, b"put by another")

    with pytest.raises(Changed):
        store.copy(read, "archive", f"{place}/copy")
    assert store.look("archive", f"{place}/copy") is None


def test_a_copy_and_a_put_may_come_twice(store: Storage, place: str) -> None:
    """A redelivery is boring."""
    store.put("drop", place, b"pixels")
    (source,) = store.list("drop", place)
    for _ in range(2):
        store.copy(source, "archive", place)
        store.put("quarantine", place, b"pixels")

    assert len(list(store.list("archive", place))) == 1
    assert len(list(store.list("quarantine", place))) == 1


def test_removing_what_is_gone_is_no_error(store: Storage, place: str) -> None:
    """By version and without, and a removed object is gone."""
    store.put("drop", place, b"pixels")
    (one,) = store.list("drop", place)
    for _ in range(2):
        store.remove("drop", place, one.version)
    store.put("archive", place, b"pixels")
    for _ in range(2):
        store.remove("archive", place)

    assert list(store.list("drop", place)) == []
    assert store.look("archive", place) is None


def test_a_listing_is_of_its_prefix_only_and_goes_past_one_page(store: Storage, place: str) -> None:
    """S3 answers with at most 1,000 entries at a time."""
    for number in range(1005):
        store.put("archive", f"{place}/in/{number}", b"")
    store.put("archive", f"{place}/out", b"")

    listed = [each.key for each in store.list("archive", f"{place}/in/")]

    assert len(listed) == len(set(listed)) == 1005


def test_a_server_that_does_not_answer_is_an_edge_that_is_down() -> None:
    """Nothing listens on port 1; the handler must not see the driver's own error."""
    nobody = S3("http://127.0.0.1:1", "key", "secret", "us-east-1")
    with pytest.raises(EdgeDown, match=r"^s3$"):
        nobody.look("archive", "x")
    with pytest.raises(EdgeDown, match=r"^s3$"):
        list(nobody.list("archive"))


def test_a_wrong_secret_is_an_edge_that_is_down(s3: S3, s3_endpoint: str) -> None:
    """The deployment's fault makes no dead letter, and the log says what to mend."""
    assert s3.look("archive", "nowhere") is None
    stranger = S3(s3_endpoint, "nobody", "wrong", "us-east-1")
    with pytest.raises(EdgeDown, match=r"^s3$"):
        stranger.read("archive", "x", 0, 1)


def test_a_missing_bucket_is_an_edge_that_is_down(s3: S3) -> None:
    """A bucket is the deployment's to make: its absence says nothing about an object."""
    with pytest.raises(EdgeDown, match=r"^s3$"):
        s3.read(f"never-{uuid4()}", "x", 0, 1)
    with pytest.raises(EdgeDown, match=r"^s3$"):
        list(s3.list(f"never-{uuid4()}"))
