"""A server of the portal's routes for the viewer, over files in memory. For tests only."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from services.portal import headers
from services.portal.files import accepted, kind, packed
from shared import wording
from tests.viewer.hospital import Hospital

ROOT = Path(__file__).parents[2] / "services" / "portal"
STATIC = ROOT / "static"
VIEWING = "v" * 43
HERE = f"/v/{VIEWING}/here"  # what pages ask whether they are over
STEM = r"/dicomweb/(?:north|me)/studies"
SERIES = STEM + r"/(?P<study>[\d.]+)/series/(?P<series>[\d.]+)"
INSTANCE = SERIES + r"/instances/(?P<sop>[\d.]+)"
FRAME = INSTANCE + r"/frames/(?P<frame>\d+)"


class Server(ThreadingHTTPServer):
    """Knows what there is, and remembers what was asked."""

    daemon_threads = True
    hospital: Hospital
    words: wording.Wordings

    def __init__(self, hospital: Hospital) -> None:
        """Listen on a free port."""
        super().__init__(("127.0.0.1", 0), Handler)
        self.hospital = hospital
        self.words = wording.load(ROOT, "portal")
        self.asked: list[str] = []
        self.ended = False  # the viewing
        self.packs = True  # sends what is compressed already

    def page(self, study: str, **query: str) -> str:
        """Return the address of a study's page."""
        asked = "&".join(f"{name}={value}" for name, value in query.items())
        return f"http://127.0.0.1:{self.server_port}/v/{VIEWING}/north/{study}?{asked}"


@contextmanager
def serving(hospital: Hospital) -> Iterator[Server]:
    """Serve until the end of the block."""
    server = Server(hospital)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Handler(BaseHTTPRequestHandler):
    """Answers GET."""

    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Answer."""
        self.server.asked.append(self.path)
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        try:
            if url.path.startswith("/static/"):
                self.static(url.path.removeprefix("/static/"))
            elif self.server.ended:
                self.missing()
            else:
                self.route(url.path.removeprefix(f"/v/{VIEWING}"), query)
        except KeyError:
            self.missing()

    def route(self, path: str, query: dict[str, str]) -> None:
        """Answer what stands behind a viewing."""
        for pattern, answer in ROUTES.items():
            if found := re.fullmatch(pattern, path):
                answer(self, query, **found.groupdict())
                return
        self.missing()

    def reply(
        self,
        media: str,
        body: bytes,
        status: int = 200,
        *,
        policy: str = headers.VIEWER,
        coding: str = "",
    ) -> None:
        """Send one answer, with the headers that the portal sends."""
        self.send_response(status)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(body)))
        if coding:
            self.send_header("Content-Encoding", coding)
        if self.path.startswith("/static/"):
            self.send_header("Cache-Control", "max-age=600")
        for name, value in {**headers.COMMON, "Content-Security-Policy": policy}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def missing(self) -> None:
        """Answer as to anything unknown."""
        self.reply("application/json", b'{"reference":"ABCD-EF","message":"Not Found"}', 404)

    def static(self, name: str) -> None:
        """Answer with a part of the built viewer."""
        path = (STATIC / name).resolve()
        if not path.is_relative_to(STATIC) or not path.is_file():
            raise KeyError(name)
        policy = headers.OHIF_PARTS if name.startswith("ohif/") else headers.VIEWER
        taken = accepted(self.headers.get("accept-encoding", ""))
        packing, coding = packed(str(path), taken if self.server.packs else set())
        self.reply(kind(str(path)), Path(packing).read_bytes(), policy=policy, coding=coding)

    def dicom_json(self, found: list[dict[str, Any]]) -> None:
        """Answer a query."""
        self.reply("application/dicom+json", json.dumps(found).encode())

    def studies(self, _query: dict[str, str]) -> None:
        """QIDO: studies."""
        self.dicom_json(self.server.hospital.query())

    def series_list(self, _query: dict[str, str], study: str) -> None:
        """QIDO: series."""
        self.dicom_json(self.server.hospital.query_series(study))

    def metadata(self, _query: dict[str, str], study: str, series: str) -> None:
        """Headers of a series."""
        self.reply("application/dicom+json", self.server.hospital.metadata(study, series))

    def frame(self, _query: dict[str, str], study: str, series: str, sop: str, frame: str) -> None:
        """One frame as it is stored (PS3.18 §8.7.1)."""
        instance = self.server.hospital.find(study, series, sop)
        content = instance.frames[int(frame) - 1]
        body = b"--edge\r\nContent-Type: %s\r\n\r\n%s\r\n--edge--\r\n"
        kind = instance.media()
        outer = f'multipart/related; type="{kind.split(";", maxsplit=1)[0]}"; boundary=edge'
        self.reply(outer, body % (kind.encode(), content))

    def rendered(
        self, query: dict[str, str], study: str, series: str, sop: str, frame: str
    ) -> None:
        """Draw one frame."""
        instance = self.server.hospital.find(study, series, sop)
        longest = int(query.get("viewport", "1024").split(",")[0])
        parts = query.get("window", "").split(",")
        window = (float(parts[0]), float(parts[1])) if len(parts) > 1 else None
        self.reply("image/jpeg", instance.rendered(int(frame) - 1, longest, window))

    def bulk(self, _query: dict[str, str], study: str, series: str, sop: str, tag: str) -> None:
        """One value that is too long for the header."""
        value = self.server.hospital.find(study, series, sop).dataset[int(tag, 16)].value
        body = b"--edge\r\nContent-Type: application/octet-stream\r\n\r\n%s\r\n--edge--\r\n"
        kind = 'multipart/related; type="application/octet-stream"; boundary=edge'
        self.reply(kind, body % bytes(value))

    def thumbnail(self, _query: dict[str, str], study: str, series: str) -> None:
        """Draw the middle of a series."""
        instances = self.server.hospital.studies[study][series]
        middle = instances[len(instances) // 2]
        self.reply("image/jpeg", middle.rendered(len(middle.frames) // 2, 256, None))

    def small(self, _query: dict[str, str], study: str, series: str, sop: str) -> None:
        """Draw an instance small."""
        instance = self.server.hospital.find(study, series, sop)
        self.reply("image/jpeg", instance.rendered(0, 256, None))

    def page(self, query: dict[str, str], study: str) -> None:
        """Render the page as the portal does."""
        words = self.server.words[query.get("language", "en")]
        html = words.render("viewer.html", values(self.server.hospital, study, query))
        self.reply("text/html; charset=utf-8", html.encode())

    def here(self, _query: dict[str, str]) -> None:
        """Say that the viewing goes on."""
        self.reply("text/plain", b"", 204)

    def ohif(self, _query: dict[str, str], study: str) -> None:
        """Render OHIF's page as the portal does."""
        given = {
            "language": "en",
            "static": "/static/ohif",
            "here": HERE,
            "above": f"/v/{VIEWING}/north/{study}",
            "dicomweb": f"/v/{VIEWING}/dicomweb/north",
        }
        html = self.server.words["en"].render("ohif.html", given)
        self.reply("text/html; charset=utf-8", html.encode(), policy=headers.OHIF)


ROUTES: dict[str, Callable[..., None]] = {
    STEM: Handler.studies,
    STEM + r"/(?P<study>[\d.]+)/series": Handler.series_list,
    SERIES + "/metadata": Handler.metadata,
    SERIES + "/thumbnail": Handler.thumbnail,
    INSTANCE + "/thumbnail": Handler.small,
    INSTANCE + r"/bulkdata/(?P<tag>[0-9A-F]{8})": Handler.bulk,
    FRAME: Handler.frame,
    FRAME + "/rendered": Handler.rendered,
    "/here": Handler.here,
    r"/north/(?P<study>[\d.]+)": Handler.page,
    r"/north/(?P<study>[\d.]+)/viewer": Handler.ohif,
}


def values(hospital: Hospital, study: str, query: dict[str, str]) -> dict[str, Any]:
    """Return what the template names."""
    series = hospital.studies[study]
    chosen = query.get("series", next(iter(series)))
    places = [(each.uid, frame + 1) for each in series[chosen] for frame in range(len(each.frames))]
    n = min(max(1, int(query.get("n", "1"))), len(places))
    return {
        "language": query.get("language", "en"),
        "direction": "rtl" if query.get("direction") == "rtl" else "ltr",
        "static": "/static/viewer",
        "here": HERE,
        "back": "http://127.0.0.1/scans",
        "guest": query.get("guest") == "1",
        "dicomweb": f"/v/{VIEWING}/dicomweb/north",
        "mine": f"/v/{VIEWING}/dicomweb/me",
        "ohif": f"/v/{VIEWING}/north/{study}/viewer?StudyInstanceUIDs={study}",
        "rendered": query.get("rendered") == "1",
        "patient": "María Fernández Quiroga",
        "birth_date": "12 May 1968",
        "hospital": "North General Hospital",
        "date": "4 March 2026",
        "description": hospital.told[study]["words"],
        "study_uid": study,
        "series": [
            {
                "uid": uid,
                "title": str(instances[0].dataset.get("SeriesDescription") or "Pictures"),
                "count": sum(len(each.frames) for each in instances),
                "bytes": sum(len(frame) for each in instances for frame in each.frames),
            }
            for uid, instances in series.items()
        ],
        "shown": {
            "series_uid": chosen,
            "sop_uid": places[n - 1][0],
            "frame": places[n - 1][1],
            "n": n,
            "m": len(places),
        },
    }
