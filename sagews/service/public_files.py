"""The files of the client bundle, which are the same for everybody: what is told with each, whoever serves it.

A backend serves them from memory, nginx from a directory. Thinking only, no I/O.
"""

import gzip
import mimetypes
import re
from collections.abc import Mapping
from pathlib import Path, PurePath

import sagews

BUNDLE = Path(sagews.__file__).parent / "backend" / "static"
"""Where the build of the client puts its files."""
PREFIX = "/static/"
"""What their paths begin with."""
FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
SHORT = "public, max-age=300, stale-while-revalidate=86400"
HASHED = r"[-.][A-Z0-9]{8}\.\w+$"
"""Regular expression of the end of a name that holds the hash of its content."""
STABLE = r"/(embed\.js|embedded_sagecell\.js|sagecell_embed\.css|jquery\.min\.js)$"
"""Regular expression of the end of a path at which pages of other sites find a file for years: kept for a moment."""
TYPES: Mapping[str, str] = {
    # The machine's own table may say otherwise, and `nosniff` makes a browser believe it.
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".html": "text/html",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
}

_PERMISSIONS = (
    "accelerometer",
    "autoplay",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "hid",
    "idle-detection",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "publickey-credentials-get",
    "serial",
    "usb",
    "xr-spatial-tracking",
)
EVERYWHERE: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{name}=()" for name in _PERMISSIONS),
}
"""On every answer that does not say otherwise."""
TRUSTWORTHY: Mapping[str, str] = {"Cross-Origin-Opener-Policy": "same-origin"}
"""Also on every answer over HTTPS or from this machine; browsers complain of it elsewhere (HTML standard, COOP)."""
PUBLIC: Mapping[str, str] = {
    # The frame's origin is nobody's, so that even its own host is foreign to it.
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",
}
"""On the files of the client: the same for everybody, and secret from nobody."""
PLAIN = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""The Content-Security-Policy of an answer that is no page, should a browser show it as one."""
EXPOSED = "Cache-Status, Content-Disposition, Location, Retry-After"
"""The headers of an answer that a page of a listed origin may read."""

_TEXT = re.compile(r"text/.*|application/(javascript|json|manifest\+json)|image/svg\+xml")
_MIN_PACKED = 512
_ENDS_HASHED = re.compile(HASHED)
_IS_STABLE = re.compile(STABLE)


def type_of(name: str) -> str:
    """Return the media type of a file of this name."""
    return TYPES.get(PurePath(name).suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"


def is_text(kind: str) -> bool:
    """Whether a media type is text, in UTF-8, which is kept gzipped as well."""
    return _TEXT.fullmatch(kind) is not None


def packed(body: bytes, kind: str) -> bytes | None:
    """Return a file gzipped, where that makes it smaller."""
    if not is_text(kind) or len(body) < _MIN_PACKED:
        return None
    smaller = gzip.compress(body, 9, mtime=0)
    return smaller if len(smaller) < len(body) else None


def is_hashed(name: str) -> bool:
    """Whether a name holds the hash of its content, so that what is behind it never changes."""
    return _ENDS_HASHED.search(name) is not None


def cache_of(name: str) -> str:
    """Return the Cache-Control of a file of this name."""
    if is_hashed(name):
        return FOR_EVER
    return SHORT if _IS_STABLE.search(f"/{name}") else ASK_AGAIN
