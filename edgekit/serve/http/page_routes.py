"""The page: a few files, read once, so that no path of a request ever reaches the disk."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import Response

from edgekit.serve.http.access import asks_for
from edgekit.serve.http.refusals import documented, refused

FOLDER = Path(__file__).resolve().parent.parent / "page"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".wav": "audio/wav",
    ".woff2": "font/woff2",
}
_INDEX = "index.html"


@dataclass(frozen=True)
class PageFile:
    """One file of the page."""

    content: bytes
    media_type: str
    etag: str


def read_page(folder: Path) -> dict[str, PageFile]:
    """Return the files that browsers may have, by name."""
    return {
        path.name: _read(path)
        for path in sorted(folder.iterdir())
        if path.is_file() and path.suffix in _TYPES
    }


def page_routes(files: dict[str, PageFile]) -> APIRouter:
    """Return the routes of the page, which needs no token and holds no data."""
    router = APIRouter(tags=["page"])
    answers = {**documented(404, 422), 304: {"description": "As you have it"}}

    @router.get("/", response_class=Response, responses=answers, openapi_extra=asks_for(None))
    async def index(request: Request) -> Response:
        """The page."""
        return _answer(files.get(_INDEX), request)

    @router.get(
        "/static/{file}",
        response_class=Response,
        responses=answers,
        openapi_extra=asks_for(None),
    )
    async def page_file(request: Request, file: str) -> Response:
        """A file of the page."""
        return _answer(files.get(file), request)

    return router


def _read(path: Path) -> PageFile:
    content = path.read_bytes()
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    return PageFile(content, _TYPES[path.suffix], etag)


def _answer(file: PageFile | None, request: Request) -> Response:
    if file is None:
        raise refused(404)
    # Asked for again at each visit: an update of the daemon must not meet an old page.
    headers = {"etag": file.etag, "cache-control": "no-cache"}
    if request.headers.get("if-none-match") == file.etag:
        return Response(status_code=304, headers=headers)
    return Response(file.content, headers=headers, media_type=file.media_type)
