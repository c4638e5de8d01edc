"""The portal's own files: style sheets and scripts, packed once at the start and kept by browsers."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from fastapi import APIRouter, HTTPException, Request, Response

FOLDER: Final = Path(__file__).parent / "static"
KINDS: Final = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
YEAR: Final = "public, max-age=31536000, immutable"
DAY: Final = "public, max-age=86400"


@dataclass(frozen=True, slots=True)
class _File:
    packed: bytes
    kind: str
    tag: str


def _read() -> dict[str, _File]:
    found = {}
    for path in FOLDER.iterdir():
        if path.suffix in KINDS:
            content = path.read_bytes()
            tag = sha256(content).hexdigest()[:16]
            found[path.name] = _File(gzip.compress(content, 9, mtime=0), KINDS[path.suffix], tag)
    return found


_FILES: Final = _read()
router = APIRouter()


def address(name: str) -> str:
    """Return a file's address, which changes with what is in it."""
    return f"/static/{name}?v={_FILES[name].tag}"


@router.get("/static/{name}")
def static_file(request: Request, name: str, v: str = "") -> Response:
    """Give a file; browsers keep it a year under its own address, else for a day."""
    if name not in _FILES:
        raise HTTPException(404)
    one = _FILES[name]
    headers = {"ETag": f'"{one.tag}"', "Cache-Control": YEAR if v == one.tag else DAY, "Vary": "Accept-Encoding"}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(one.packed, headers=headers | {"Content-Encoding": "gzip"}, media_type=one.kind)
    return Response(gzip.decompress(one.packed), headers=headers, media_type=one.kind)
