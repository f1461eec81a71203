"""Answers in the forms that pages had before CORS: a page in a hidden frame that hands JSON on, and a script.

Both are for whoever embeds, and hold nothing that the request's own page may
not have. Thinking only, no I/O.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterable

from aiohttp import web

_CALLBACK = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*(?:\.[A-Za-z_$][A-Za-z0-9_$]*){0,5}")
_LONGEST = 100


def framed(text: str, embedders: Iterable[str]) -> web.Response:
    """Return a page that hands JSON to the page around it; `embedders` are the origins that may have it in a frame."""
    script = f'parent.postMessage({_escaped(text)},"*");'
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    ancestors = " ".join(("'self'", *embedders))
    policy = f"default-src 'none'; script-src 'sha256-{digest}'; base-uri 'none'; frame-ancestors {ancestors}"
    return web.Response(
        text=f"<!doctype html><script>{script}</script>",
        content_type="text/html",
        headers={"Content-Security-Policy": policy},
    )


def called(callback: str, text: str) -> web.Response:
    """Return a script that calls a function of this name with a text. Raises HTTPBadRequest for what is no name."""
    if len(callback) > _LONGEST or _CALLBACK.fullmatch(callback) is None:
        raise web.HTTPBadRequest(text="The callback is no name of a function: send one such as f or page.f.")
    # The comment keeps a browser from taking the beginning for another format.
    return web.Response(
        text=f"/**/{callback}({_escaped(text)});",
        content_type="application/javascript",
        headers={"Cross-Origin-Resource-Policy": "cross-origin"},
    )


def _escaped(text: str) -> str:
    """Return a text as a literal of JavaScript that ends no script."""
    return json.dumps(text).replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
