"""Bodies and queries of requests: their size seen before they are read, their shape before they are used."""

import asyncio
import difflib
import re
from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec
from aiohttp import web
from multidict import MultiMapping

from sagews.backend.api.form import JSON
from sagews.backend.refusal import Refusal
from sagews.protocol import MAX_CODE, MAX_CONNECTION_MESSAGE, MAX_NAME

MOST = MAX_CONNECTION_MESSAGE
"""Bytes of a body of JSON; as those of a message, it leaves room for code that is escaped."""
READ_DEADLINE = 60.0
"""Seconds in which a body must have come."""

_AT = re.compile(r" - at `(?:key in )?\$\.?(?P<path>[^`]*)`$")

S = TypeVar("S", bound=msgspec.Struct)


async def read_json(request: web.Request, shape: type[S]) -> S:
    """Return the body of a request. Raises Refusal of 400, 408, 413 or 415."""
    if request.content_type != JSON:
        raise Refusal(415, "unsupported_type", "is not said to be JSON", "body", f"send it with Content-Type: {JSON}")
    return decoded(await _read(request), shape)


async def _read(request: web.Request) -> bytes:
    if (request.content_length or 0) > MOST:
        raise _too_large()
    body = bytearray()
    try:
        async with asyncio.timeout(READ_DEADLINE):
            async for piece in request.content.iter_chunked(1 << 16):
                body += piece
                if len(body) > MOST:
                    raise _too_large()
    except TimeoutError as error:
        raise Refusal(408, "too_slow", "came too slowly", "body", "try again on a faster connection") from error
    return bytes(body)


def decoded(body: bytes, shape: type[S]) -> S:
    """Return what a body of JSON holds. Raises Refusal of 400, which says what is wrong with which field."""
    try:
        try:
            return msgspec.json.decode(body, type=shape)
        except msgspec.ValidationError:
            # 3.0 is a whole number, too (JSON Schema, 6.1.1), which msgspec does not think.
            return msgspec.convert(_whole(msgspec.json.decode(body)), shape)
    except msgspec.ValidationError as error:
        raise _explained(str(error), shape, "field") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal(
            400, "bad_message", f"is not JSON ({error})", "body", "send one JSON object, its text in UTF-8"
        ) from error


def _whole(value: Any) -> Any:
    """Return a JSON value with whole numbers in place of floats that are whole."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case dict():
            return {name: _whole(inner) for name, inner in value.items()}
        case list():
            return [_whole(inner) for inner in value]
    return value


def read_query(query: MultiMapping[str], shape: type[S]) -> S:
    """Return what a query says, each name once. Raises Refusal of 400."""
    if len(set(query.keys())) < len(query):
        raise Refusal(400, "bad_message", "names a parameter twice", "query", "name each once")
    try:
        return msgspec.convert(dict(query), shape, strict=False)
    except msgspec.ValidationError as error:
        raise _explained(str(error), shape, "parameter") from error


def _explained(message: str, shape: type[msgspec.Struct], noun: str) -> Refusal:
    """Turn msgspec's message, which ends in a JSON path, into a caller's words."""
    found = _AT.search(message)
    path = found["path"] if found else ""
    what = _AT.sub("", message)
    if unknown := re.search(r"unknown field `(?P<name>.*)`$", what, re.DOTALL):
        name = f"{path}.{unknown['name']}" if path else unknown["name"]
        known = _fields(shape, path)
        guess = difflib.get_close_matches(unknown["name"], known, n=1)
        hint = f"did you mean {guess[0]!r}?" if guess else _one_of(known)
        return Refusal(400, "bad_message", "is not known", f"{noun} {name[: 2 * MAX_NAME]!r}", hint)
    if missing := re.search(r"missing required field `(?P<name>[^`]*)`", what):
        return Refusal(400, "bad_message", "is missing", f"{noun} {missing['name']!r}", "send it")
    noun = f"{noun} {path[: 2 * MAX_NAME]!r}" if path else "body"
    if what.endswith(f"length <= {MAX_CODE}"):
        return Refusal(
            413, "too_large", f"is over {MAX_CODE:,} characters", noun, "load large data from a file instead"
        )
    return Refusal(400, "bad_message", f"{what[:1].lower()}{what[1:]}", noun, "see the reference of the API, /api")


def _fields(shape: type[msgspec.Struct], path: str) -> list[str]:
    """Return the names of the fields that there are at a place in a shape."""
    for name in filter(None, path.split(".")):
        kind = next((row.type for row in msgspec.structs.fields(shape) if row.encode_name == name), None)
        inner = [one for one in getattr(kind, "__args__", (kind,)) if isinstance(one, type)]
        shape = next((one for one in inner if issubclass(one, msgspec.Struct)), shape)
    return list(shape.__struct_encode_fields__)


def _one_of(known: Iterable[str]) -> str:
    return "one of " + ", ".join(known) if known else "leave it out"


def _too_large() -> Refusal:
    return Refusal(
        413, "too_large", f"is over {MOST:,} bytes", "body", "load large data from a file of the session instead"
    )
