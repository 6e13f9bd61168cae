"""What lies in `static/`: compressed beforehand where a browser takes it, kept where it may be."""

import mimetypes
import os
import re
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope

from services.portal import headers

OHIF = "ohif/"
# Beside a file, made with it; the dearest first.
CODINGS = (("br", ".br"), ("gzip", ".gz"))
# The bundlers' hashes: what has one in its name never changes.
HASHED = re.compile(r"(^|/)parts/|(^|[./])[0-9a-f]{16}\.(js|wasm|woff2)$")
FOR_EVER = "public, max-age=31536000, immutable"
# A machine's own table of types need not know these.
TYPES = {".js": "text/javascript", ".wasm": "application/wasm", ".woff2": "font/woff2"}


class Files(StaticFiles):
    """Files of a folder, each with an ETag (RFC 9110 §8.8.3) for each of its codings."""

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """Return a file, or that the browser has it already."""
        given = Headers(scope=scope)
        name = scope["path"].removeprefix("/static/")
        told = {"vary": "accept-encoding"}
        if HASHED.search(name):
            told["cache-control"] = FOR_EVER
        if name.startswith(OHIF):
            told["content-security-policy"] = headers.OHIF_PARTS
        path, coding = packed(str(full_path), accepted(given.get("accept-encoding", "")))
        if coding:
            told["content-encoding"] = coding
            stat_result = Path(path).stat()
        answer = FileResponse(
            path, status_code, told, kind(str(full_path)), stat_result=stat_result
        )
        if not self.is_not_modified(answer.headers, given):
            return answer
        unchanged = NotModifiedResponse(answer.headers)
        if policy := told.get("content-security-policy"):
            unchanged.headers["content-security-policy"] = policy  # or that of pages replaces it
        return unchanged


def accepted(said: str) -> set[str]:
    """Return the codings that an Accept-Encoding header (RFC 9110 §12.5.3) takes by name."""
    found = set()
    for each in said[:200].lower().split(","):
        name, _, weight = each.partition(";")
        if weight.replace(" ", "").rstrip("0.") != "q=":
            found.add(name.strip())
    return found


def packed(path: str, taken: set[str]) -> tuple[str, str]:
    """Return the file to send for `path`, and its coding; none where it is sent as it is."""
    for coding, suffix in CODINGS:
        if coding in taken and Path(path + suffix).is_file():
            return path + suffix, coding
    return path, ""


def kind(path: str) -> str:
    """Return the media type that a file's name says."""
    suffix = Path(path).suffix
    return TYPES.get(suffix) or mimetypes.guess_type(path)[0] or "application/octet-stream"
