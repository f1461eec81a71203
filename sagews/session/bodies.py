"""The bodies of outputs: JSON text in the shape of the content of Jupyter's messages. Thinking only, no I/O."""

import base64
import json
import math
from collections.abc import Mapping
from typing import Any

from sagews.protocol import MAX_BODY

_SURROGATE = "\\ud"


def encode(content: Mapping[str, Any]) -> bytes:
    r"""Return a content as ASCII bytes of JSON.

    Bytes become base64, lone surrogates their escapes (`\ud8ff`), what is not
    a number in JSON (NaN, infinity) null, and what JSON does not know its repr.
    """
    try:
        text = json.dumps(content, allow_nan=False, default=_plain)
    except (ValueError, TypeError, RecursionError):
        text = json.dumps(_clean(content), allow_nan=False)
    if _SURROGATE in text:
        text = json.dumps(_clean(content), allow_nan=False)
    return text.encode("ascii")


def bounded(content: Mapping[str, Any], buffers: int = 0) -> bytes | None:
    """Return a content as `encode` does; None if it is, with so many bytes of buffers, over MAX_BODY."""
    body = encode(content)
    return body if len(body) + buffers <= MAX_BODY else None


def clean_text(text: str) -> str:
    """Return a text with its lone surrogates escaped, so that every decoder takes it."""
    return text.encode("utf-8", "backslashreplace").decode()


def _plain(value: Any) -> Any:
    """Return what JSON knows for what it does not know."""
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(value).decode()
    for method in ("tolist", "isoformat"):  # numpy's arrays and numbers; dates
        if callable(getattr(value, method, None)):
            return getattr(value, method)()
    if isinstance(value, set | frozenset):
        return list(value)
    return repr(value)


def _clean(value: Any, depth: int = 0) -> Any:
    """Return a copy of a value that every JSON decoder takes."""
    if depth > 100:
        return "…"
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, Mapping):
        return {clean_text(str(key)): _clean(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item, depth + 1) for item in value]
    return _clean(_plain(value), depth + 1)
