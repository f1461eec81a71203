"""The headers that guard what a browser does with our answers. Thinking only, no I/O.

Two policies matter most. The page runs the client's own scripts and nothing else, and
talks to its own host alone. The frame runs whatever a session sent, and
therefore may reach nothing at all: it has an origin of its own (`sandbox`
without `allow-same-origin`), may load the client's files, and connects nowhere.

Source: Content Security Policy Level 3.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from email.utils import formatdate
from time import time
from urllib.parse import quote

from sagews.backend.languages.speech import spoken
from sagews.service.public_files import EVERYWHERE, EXPOSED, PLAIN, PUBLIC, TRUSTWORTHY

__all__ = ["EVERYWHERE", "PLAIN", "PUBLIC", "TRUSTWORTHY"]
SCRIPTED_STREAM = "default-src 'none'; script-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'self'"
"""The Content-Security-Policy of SockJS's page that is sent script by script, all of them ours (`streams.py`)."""

FILE = "sandbox; default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""The Content-Security-Policy of a session's file: shown as a page, it would have no origin and no script."""

_LONGEST_NAME = 255
_YEAR = 365 * 86400
_NAMES = re.compile(r"[A-Za-z0-9-]+(?: *, *[A-Za-z0-9-]+)*")


def file_headers(name: bytes) -> dict[str, str]:
    """Return the headers of a session's file of this name, which may be any bytes."""
    return {
        "Content-Type": "application/octet-stream",
        "Content-Disposition": attachment(name),
        "Content-Security-Policy": FILE,
        "X-Frame-Options": "DENY",
    }


def attachment(name: bytes) -> str:
    """Return the Content-Disposition of a file to be saved (RFC 6266 section 4, RFC 8187 section 3.2).

    What a name should not have on another machine becomes `_`: what is no
    text, cannot be seen or turns the direction of writing, and what parts
    the names of a path there.
    """
    text = name[:_LONGEST_NAME].decode("utf-8", "replace")
    saved = "".join(c if c.isprintable() and c not in '/\\:*?"<>|\ufffd' else "_" for c in text)
    plain = "".join(c if c.isascii() else "_" for c in saved)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(saved, safe='')}"


def page_policy(host: str) -> str:
    """Return the Content-Security-Policy of a page; `host` is the checked Host header.

    Styles may stand in attributes, since sanitised output (tables, SVG,
    formulas) has them; what a style could fetch is limited to our host.
    Sockets are named, since `'self'` does not cover them in every browser;
    only an IPv6 address has no name in the grammar of a policy.
    """
    sockets = "" if host.startswith("[") else f" ws://{host} wss://{host}"
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "media-src data: blob:",
            "font-src 'self'",
            f"connect-src 'self'{sockets}",
            "frame-src 'self'",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


def frame_policy(host: str, embedders: Iterable[str] = ()) -> str:
    """Return the Content-Security-Policy of the output frame.

    Links of an output open in a tab of their own, outside of the sandbox.
    Our host is named, since `'self'` need not mean it in an origin of its
    own; only an IPv6 address has no name in the grammar of a policy.
    `embedders`: sources that name other pages which may have it in them.
    """
    files = "'self'" if host.startswith("[") else f"{host}/static/ {host}/nbextensions/"
    return "; ".join(
        (
            "sandbox allow-scripts allow-popups allow-popups-to-escape-sandbox",
            "default-src 'none'",
            f"script-src 'unsafe-inline' 'unsafe-eval' blob: data: {files}",
            f"style-src 'unsafe-inline' data: blob: {files}",
            "img-src data: blob:",
            "media-src data: blob:",
            f"font-src data: {files}",
            "worker-src blob: data:",
            "connect-src data: blob:",
            "base-uri 'none'",
            "form-action 'none'",
            " ".join(("frame-ancestors 'self'", *embedders)),
        )
    )


def bridge_policy(host: str, script: str, embedders: Iterable[str]) -> str:
    """Return the Content-Security-Policy of SockJS's page for frames in pages of other origins (`iframe.py`).

    `script` is the source expression of the script in it.
    """
    sockets = "" if host.startswith("[") else f" ws://{host} wss://{host}"
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' {script}",
            f"connect-src 'self'{sockets}",
            "frame-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            " ".join(("frame-ancestors 'self'", *embedders)),
        )
    )


def kept_for_a_year() -> dict[str, str]:
    """Return the headers of an answer that everybody may keep."""
    return {
        "Cache-Control": f"public, max-age={_YEAR}",
        "Expires": formatdate(time() + _YEAR, usegmt=True),
    }


def names_etag(values: Iterable[str], etag: str) -> bool:
    """Whether the headers `If-None-Match` of a request name an entity tag, compared weakly (RFC 9110, 13.1.2)."""
    named = {part.strip().removeprefix("W/") for value in values for part in value.split(",")}
    return bool(named & {etag, "*"})


def language_headers() -> dict[str, str]:
    """Return the headers that say in which language a page is, and on what that rests (RFC 9110, 8.5 and 12.5.5)."""
    return {"Content-Language": spoken(), "Vary": "Accept-Language, Cookie"}


def page_headers(host: str) -> dict[str, str]:
    """Return the headers of a page that shows cells."""
    return {"Content-Security-Policy": page_policy(host), "X-Frame-Options": "DENY", **language_headers()}


def text_headers() -> dict[str, str]:
    """Return the headers of a page that has a style sheet and nothing else: no script, no picture."""
    policy = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    return {"Content-Security-Policy": policy, "X-Frame-Options": "DENY", **language_headers()}


def publication_headers(host: str, script: str) -> dict[str, str]:
    """Return the headers of a published page, whose one script, at the path `script`, is ours; nothing else of it runs.

    Only an IPv6 address has no name in the grammar of a policy.
    """
    ours = "'self'" if host.startswith("[") else host + script
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src {ours}",
            "style-src 'unsafe-inline'",
            "img-src data:",
            "connect-src 'self'",
            "frame-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )
    return {"Content-Security-Policy": policy, "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer"}


def live_headers(host: str) -> dict[str, str]:
    """Return the headers of the page of one cell within a published page of this host."""
    policy = page_policy(host).replace("frame-ancestors 'none'", "frame-ancestors 'self'")
    return {"Content-Security-Policy": policy, "X-Frame-Options": "SAMEORIGIN"}


def form_headers(*, leads_on: bool = False) -> dict[str, str]:
    """Return the headers of a page of text with forms, which are sent to this host.

    `leads_on`: the answer to one leads to a provider. A browser follows it no further than the policy says.
    Without a referrer, a browser would not say of which origin the form is (Fetch standard, Origin header).
    """
    providers = " https: http://127.0.0.1:* http://localhost:*" if leads_on else ""
    forms = f"form-action 'self'{providers}"
    policy = f"default-src 'none'; style-src 'self'; base-uri 'none'; {forms}; frame-ancestors 'none'"
    fields = {"Content-Security-Policy": policy, "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin"}
    return {**fields, **language_headers()}


def frame_headers(host: str, embedders: Sequence[str] = ()) -> dict[str, str]:
    """Return the headers of the output frame; `embedders` as for its policy.

    The older header knows no list of them, and where there is a policy no browser reads it (CSP 3, `frame-ancestors`).
    """
    older = {} if embedders else {"X-Frame-Options": "SAMEORIGIN"}
    policy = frame_policy(host, embedders)
    return {
        "Content-Security-Policy": policy,
        **older,
        **({} if older else {"Cross-Origin-Resource-Policy": "cross-origin"}),
    }


def cross_origin(origin: str) -> dict[str, str]:
    """Return the headers that let a page of a listed origin read an answer (Fetch standard, CORS protocol)."""
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Expose-Headers": EXPOSED,
    }


PREFLIGHT: Mapping[str, str] = {
    "Access-Control-Allow-Methods": "GET, POST, PUT, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Cache-Control, Content-Type, If-None-Match, Last-Event-ID,"
    " Sagews-Session-Token",
    "Access-Control-Max-Age": "600",
}
"""What a page of a listed origin may send, besides `cross_origin`."""


def socket_preflight(asked: str) -> dict[str, str]:
    """Return what a page of a listed origin may send to SockJS, in the protocol's words; `asked`: which headers."""
    allowed = {"Access-Control-Allow-Headers": asked} if _NAMES.fullmatch(asked) else {}
    return {
        "Access-Control-Allow-Methods": "OPTIONS, GET, POST",
        "Access-Control-Max-Age": str(_YEAR),
        **allowed,
        **kept_for_a_year(),
    }
