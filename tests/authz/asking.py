"""One request: what is asked by whom, what must come of it, and what came."""

import json
import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from hashlib import md5
from http.client import HTTPConnection
from itertools import product
from random import Random
from threading import local
from urllib.parse import quote, urlencode, urlsplit

import imagecodecs
import numpy as np

from tests.authz import table
from tests.authz.scene import Scene
from tests.authz.table import Kind

BEHIND = {table.OHIF: "/viewer", table.PICTURE: "/picture"}  # the address of a study
AS_STORED = 'multipart/related; type="application/octet-stream"; transfer-syntax=*'
BAD = {"unauthorised", "over_refused", "errors_5xx"}
TIMEOUT = 60
JUNK = ("0", "-1", "99999999999999999999", "1e9", "*", "%00", "'--", "../..", "\u0661", "a" * 3000)
UIDS = ("..", "1.2.3", "1..2", "0", "1.2.3/../4", "\u0661.\u0662", "1" * 65, "%2e%2e", "1.2.3 ")
ACCEPTS = ("text/html", "*/*;q=0", 'a/"', ",,,", "image/*", "multipart/related", "x" * 5000)
QUERIES = (
    *("limit", "offset", "StudyDate", "PatientName", "fuzzymatching", "includefield", "viewport"),
    *(
        "window",
        "quality",
        "accept",
        "StudyInstanceUID",
        "00100020",
        "nonsense",
        "ModalitiesInStudy",
    ),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request; `where` is root and study, `fuzzed` that it may be refused whatever it asks."""

    reader: str
    viewing: bool
    route: str
    where: tuple[str, str]
    path: str
    headers: Mapping[str, str]
    fuzzed: bool = False
    gone: bool = False  # the reader's session or right has ended meanwhile
    header: bool = False  # the reader's secret stands in a header

    @property
    def sees(self) -> Mapping[tuple[str, str], str]:
        """Return what the table says that the reader sees."""
        if self.gone and self.reader in table.LEAVING:
            return table.NOTHING
        by = table.BY_VIEWING if self.viewing else table.BY_COOKIE
        return (table.BY_HEADER if self.header else by)[self.reader]


@dataclass(frozen=True, slots=True)
class Came:
    """An answer."""

    status: int
    body: bytes


def every(scene: Scene, *, gone: bool = False) -> Iterator[Asked]:
    """Yield every route by every reader of every root and study, as they are meant to be asked."""
    for route, kind in table.DICOMWEB.items():
        for viewing, readers in ((False, table.BY_COOKIE), (True, table.BY_VIEWING)):
            for reader in readers:
                for root in table.ROOTS:
                    for study in ("",) if kind is Kind.LIST else table.STUDIES:
                        yield asked(scene, reader, (root, study), route, viewing=viewing, gone=gone)
        for reader, root in product(table.BY_HEADER, table.ROOTS):
            for study in ("",) if kind is Kind.LIST else table.STUDIES:
                yield by_header(scene, reader, (root, study), route, gone=gone)
    yield from pages(scene, gone=gone)
    yield from takes(scene, gone=gone)
    yield from fhir(scene, gone=gone)


def fhir(scene: Scene, *, gone: bool) -> Iterator[Asked]:
    """Yield FHIR searches of every type, by every reader of every root; and single studies."""
    for header, readers in ((False, table.BY_COOKIE), (True, table.BY_HEADER)):
        for reader, root in product(readers, table.ROOTS):
            if header:
                headers = {"authorization": f"Bearer {scene.viewings[reader]}"}
            else:
                headers = {"cookie": scene.cookies[reader]} if reader in scene.cookies else {}
            above = f"/fhir/{scene.site(root)}"
            for kind in table.KINDS:
                told = (reader, False, table.FHIR, (root, kind), f"{above}/{kind}", headers)
                yield Asked(*told, gone=gone, header=header)
            for copy, study in product(("north", "south"), table.STUDIES):
                place = f"{scene.site(copy)}|{scene.study(study)}"
                name = md5(place.encode(), usedforsecurity=False).hexdigest()
                path = f"{above}/ImagingStudy/{name}"
                told = (reader, False, table.FHIR_ONE, (root, f"{copy} {study}"), path, headers)
                yield Asked(*told, gone=gone, header=header)


def by_header(
    scene: Scene, reader: str, where: tuple[str, str], route: str, *, gone: bool
) -> Asked:
    """Return a request to the pages' origin that bears a reader's secret; the owner's cookie too.

    A header says who asks: whatever cookie a browser adds counts for nothing beside it.
    """
    one = asked(scene, "owner", where, route, viewing=False, gone=gone)
    headers = {**one.headers, "authorization": f"Bearer {scene.viewings[reader]}"}
    return Asked(reader, False, route, where, one.path, headers, gone=gone, header=True)  # noqa: FBT003


def pages(scene: Scene, *, gone: bool) -> Iterator[Asked]:
    """Yield the pages of one study, by every reader of every root and study."""
    for reader in table.BY_VIEWING:
        path = f"/v/{scene.viewings[reader]}"
        yield Asked(reader, True, table.SHARED_VIEW, ("me", ""), path, {}, gone=gone)  # noqa: FBT003  by viewing
    for route in (table.SCAN, table.PICTURE, table.VIEW, table.OHIF):
        viewing = route in {table.VIEW, table.OHIF}
        for reader in table.BY_VIEWING if viewing else table.BY_COOKIE:
            for root, study in product(table.ROOTS, table.STUDIES):
                place = f"{scene.site(root)}/{scene.study(study)}"
                above = f"/v/{scene.viewings[reader]}" if viewing else "/scans"
                path = f"{above}/{place}{BEHIND.get(route, '')}"
                cookie = {"cookie": scene.cookies[reader]} if reader in scene.cookies else {}
                headers = {} if viewing else cookie
                yield Asked(reader, viewing, route, (root, study), path, headers, gone=gone)


def takes(scene: Scene, *, gone: bool) -> Iterator[Asked]:
    """Yield what was frozen of every study, by every reader."""
    for reader in table.BY_COOKIE:
        headers = {"cookie": scene.cookies[reader]} if reader in scene.cookies else {}
        for place, take in scene.takes.items():
            for route in (table.TAKE, table.TAKEN):
                path = route.format(take=take)
                yield Asked(reader, False, route, place, path, headers, gone=gone)  # noqa: FBT003


def asked(  # noqa: PLR0913  each is an axis of the matrix
    scene: Scene,
    reader: str,
    where: tuple[str, str],
    route: str,
    *,
    viewing: bool,
    gone: bool = False,
) -> Asked:
    """Return a request as it is meant."""
    root, study = where
    uid = scene.study(study) if study else ""
    names = {
        "study": uid,
        "series": f"{uid}.1",
        "sop": f"{uid}.1.1",
        "numbers": "1",
        "path:path": "00281201",
    }
    below = re.sub(r"{([a-z:]+)}", lambda found: names[found[1]], route)
    path = f"/dicomweb/{scene.site(root)}{below}"
    headers = {"accept": AS_STORED} if route.endswith("{numbers}") else {}
    if viewing:
        path = f"/v/{scene.viewings[reader]}{path}"
    elif reader in scene.cookies:
        headers["cookie"] = scene.cookies[reader]  # its name is put before it when it is sent
    return Asked(reader, viewing, route, where, path, headers, gone=gone)


def fuzzed(one: Asked, random: Random) -> Asked:
    """Return a request like `one` that nobody means."""
    path, headers, query = one.path, dict(one.headers), {}
    for _ in range(random.randint(1, 3)):
        choice = random.randrange(4)
        if choice == 0:
            query[random.choice(QUERIES)] = random.choice(JUNK)
        elif choice == 1:
            headers["accept"] = random.choice(ACCEPTS)
        elif choice == 2:
            steps = path.split("/")
            place = random.randrange(min(4 if one.viewing else 2, len(steps)), len(steps) + 1)
            steps[place : place + 1] = [quote(random.choice((*UIDS, *JUNK)), safe="%/.")]
            path = "/".join(steps)
        else:
            query[random.choice(QUERIES)] = random.choice(("1", "CT", "20230101-", "muster*"))
    if query:
        path = f"{path}?{urlencode(query)}"
    return Asked(
        *(one.reader, one.viewing, one.route, one.where, path, headers),
        fuzzed=True,
        gone=one.gone,
        header=one.header,
    )


class Portal:
    """The two origins of a running portal; each thread has its own connections."""

    def __init__(self, pages: str, viewer: str, cookie: str) -> None:
        """Take the addresses, and the session cookie's name."""
        self._places = {False: urlsplit(pages).netloc, True: urlsplit(viewer).netloc}
        self._cookie = cookie
        self._mine = local()
        self._all: list[HTTPConnection] = []  # of every thread

    def close(self) -> None:
        """Close all connections; who asks again opens them again."""
        for connection in self._all:
            connection.close()

    def ask(self, one: Asked) -> Came:
        """Ask, once more where a kept connection was closed."""
        headers = dict(one.headers)
        if "cookie" in headers:
            headers["cookie"] = f"{self._cookie}={headers['cookie']}"
        for last in (False, True):
            connection = self._connection(viewing=one.viewing)
            try:
                connection.request("GET", one.path, headers=headers)
                answer = connection.getresponse()
                return Came(answer.status, answer.read())
            except OSError:
                connection.close()
                if last:
                    raise
        raise AssertionError

    def _connection(self, *, viewing: bool) -> HTTPConnection:
        name = f"viewing_{viewing}"
        found = getattr(self._mine, name, None)
        if found is None:
            found = HTTPConnection(self._places[viewing], timeout=TIMEOUT)
            setattr(self._mine, name, found)
            self._all.append(found)
        return found


def verdict(scene: Scene, one: Asked, came: Came) -> str:  # noqa: PLR0911  one for each rule
    """Return what is wrong with an answer, a key of `BAD`, or an empty text."""
    if came.status >= 500:
        return "errors_5xx"
    kind = table.DICOMWEB.get(one.route)
    if foreign(scene, one, came):
        return "unauthorised"
    if one.route in {table.FHIR, table.FHIR_ONE} and not one.fuzzed:
        return resources(scene, one, came)
    if one.fuzzed:
        # What is left of a path after it was changed may be another address: its answer holds no
        # pictures then, or those of a study that is seen.
        return "unauthorised" if came.status == 200 and not one.sees and holds(came) else ""
    if kind is None:
        return page(scene, one, came)
    if kind is Kind.LIST:
        return listed(scene, one, came)
    looks = kind is Kind.FILE and one.viewing and one.reader not in table.KEEPING
    due = None if looks else one.sees.get(one.where)
    if due is None:
        return "" if came.status == 404 else "unauthorised"
    if came.status != 200:
        return "over_refused"
    return "" if the_right_one(scene, one, came, due) else "unauthorised"


def known(one: Asked) -> bool:
    """Say whether a reader is anybody at all."""
    signed = one.reader in table.SIGNED and not (one.gone and one.reader in table.UNKNOWN)
    return signed and not (one.header and one.reader not in table.KEEPING)


def resources(scene: Scene, one: Asked, came: Came) -> str:
    """Judge FHIR: of studies as lists are, of a single one as if it were not there."""
    root, about = one.where
    if one.route == table.FHIR_ONE:
        copy, study = about.split(" ")
        due = one.sees.get((root, study)) == copy
        shown = came.status == 200 and f"urn:oid:{scene.study(study)}".encode() in came.body
        if shown is due and came.status in {200, 404}:
            return ""
        return "over_refused" if due else "unauthorised"
    if not known(one) or (about in table.PERSONS and one.header):
        return "" if came.status == 404 else "unauthorised"
    if came.status != 200:
        return "over_refused"
    if about != "ImagingStudy":
        return ""  # others' words were looked for above
    due_all = {study for (at, study) in one.sees if at == root}
    told = {each for each in table.STUDIES if f':{scene.study(each)}"'.encode() in came.body}
    return differs(told, due_all)


def differs(told: AbstractSet[str], due: AbstractSet[str]) -> str:
    """Say whether a list holds too much, or too little."""
    if told - due:
        return "unauthorised"
    return "over_refused" if due - told else ""


def foreign(scene: Scene, one: Asked, came: Came) -> bool:
    """Say whether an answer holds words of a copy that the reader does not see.

    The page of a study that is held tells what was examined, in the hospital's words.
    """
    told = {(copy, study) for (_, study), copy in one.sees.items()}
    if one.route is table.SCAN and one.where == ("north", "held") and one.reader in table.HELD:
        told.add(one.where)
    copies = product(("north", "south"), table.STUDIES)
    return any(scene.marker(*copy) in came.body for copy in copies if copy not in told)


def page(scene: Scene, one: Asked, came: Came) -> str:
    """Judge what a guest sees first: what is shared, of who may look, and nothing of others.

    An address for a guest's own viewer is no page.
    """
    if one.route is table.SHARED_VIEW:
        return first(scene, one, came)
    return of_study(scene, one, came)


def first(scene: Scene, one: Asked, came: Came) -> str:
    """Judge the page of all that is shared."""
    guest = one.reader.startswith(("grantee", "clinician")) and one.reader not in table.KEEPING
    due = {study for (root, study) in one.sees if root == "me"} if guest else set()
    found = {study for study in table.STUDIES if f"/{scene.study(study)}".encode() in came.body}
    if found - due or (came.status == 200 and not due):
        return "unauthorised"
    return "over_refused" if due - found else ""


def of_study(scene: Scene, one: Asked, came: Came) -> str:
    """Judge a page of a study: whole for who may see it; else not there, or asking to sign in."""
    if one.route in {table.TAKE, table.TAKEN}:
        return taken(scene, one, came)
    held = one.route is table.SCAN and one.where == ("north", "held")
    owns = one.reader in table.HELD and not (one.gone and one.reader in table.LEAVING)
    program = one.viewing and one.reader in table.KEEPING
    due = not program and one.where[0] != "me" and (one.where in one.sees or (held and owns))
    shown = came.status == 200 and scene.study(one.where[1]).encode() in came.body
    if due:
        return "" if shown else "over_refused"
    return "" if came.status in {303, 404} else "unauthorised"


def taken(scene: Scene, one: Asked, came: Came) -> str:
    """Judge what was frozen: only for who froze it, and only what they still see."""
    if one.reader != table.TAKER or one.where not in one.sees:
        held = one.route is table.TAKEN and one.where == ("north", "held")  # it may be listed
        mine = one.reader == table.TAKER and not one.gone and held
        return "" if came.status in {303, 404} or mine else "unauthorised"
    if came.status != 200:
        return "over_refused"
    whole = one.route is table.TAKEN or scene.originals[one.where] in came.body
    return "" if whole else "unauthorised"


def the_right_one(scene: Scene, one: Asked, came: Came, due: str) -> bool:
    """Say whether an answer is of the copy at `due`, where one can tell."""
    study = one.where[1]
    if one.route.endswith("/metadata"):
        return scene.marker(due, study) in came.body
    if one.route.endswith("/frames/{numbers}"):
        stream = came.body.partition(b"\r\n\r\n")[2].rpartition(b"\r\n--")[0]
        return np.array_equal(imagecodecs.jpeg2k_decode(stream), scene.pixels[due, study])
    if table.DICOMWEB[one.route] is Kind.FILE:
        return scene.originals[due, study] in came.body  # of a study, beside its other files
    return True


def holds(came: Came) -> bool:
    """Say whether an answer holds anything of anybody.

    An empty list does not, nor does FHIR's Bundle of nothing, or of where this portal answers.
    """
    body = came.body.strip()
    if not body.startswith(b"{"):
        return body not in {b"", b"[]"}
    found = json.loads(body)
    bundled = found.get("resourceType") == "Bundle"
    inside = [each["resource"] for each in found.get("entry", ())] if bundled else [found]
    return any(each.get("resourceType") not in table.OF_NOBODY for each in inside)


def listed(scene: Scene, one: Asked, came: Came) -> str:
    """Judge a list: of who is signed in, all that they see of the root, and nothing else."""
    if not known(one):
        return "" if came.status == 404 else "unauthorised"
    if came.status != 200:
        return "over_refused"
    due = {study for (root, study) in one.sees if root == one.where[0]}
    found = {study for study in table.STUDIES if f'"{scene.study(study)}"'.encode() in came.body}
    return differs(found, due)
