"""The fields of a request: of its address, and of a form or a JSON object in its body. All of it is hostile."""

import json
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

MAX_FIELDS = 100

Fields = list[tuple[str, Any]]


def parse_form(body: bytes) -> Fields:
    """Return the fields of an encoded form. Raises ValueError for what is none, or is not UTF-8."""
    fields: Fields = []
    fields += parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    return fields


def parse_json(body: bytes) -> Fields:
    """Return the fields of a JSON object. Raises ValueError or RecursionError for what is none."""
    found = json.loads(body)
    if not isinstance(found, dict):
        raise ValueError("is not an object")
    return list(found.items())


async def fields_of(request: web.Request, most: int) -> Fields:
    """Return the fields of a request, in whatever form they come, in a body of so many bytes at most.

    Raises ValueError for what is none, HTTPRequestEntityTooLarge for what is too large.
    """
    if (request.content_length or 0) > most:
        raise too_large(request.content_length or 0, most)
    try:
        match request.content_type:
            case "application/json":
                return parse_json(await _body(request, most))
            case "multipart/form-data":
                return list((await request.post()).items())
            case _:
                return parse_form(request.rel_url.raw_query_string.encode()) + parse_form(await _body(request, most))
    except (LookupError, RuntimeError) as error:
        # LookupError is an unknown charset of a part, RuntimeError its unknown encoding, or JSON nested too deeply.
        raise ValueError(str(error)) from error


def too_large(size: int, most: int) -> web.HTTPRequestEntityTooLarge:
    """Return the refusal of a body of this size."""
    return web.HTTPRequestEntityTooLarge(most, size, text=f"The body is over {most:,} bytes: send less.")


async def _body(request: web.Request, most: int) -> bytes:
    """Return the body. Raises HTTPRequestEntityTooLarge before too much of it is kept."""
    body = bytearray()
    async for piece in request.content.iter_chunked(1 << 16):
        body += piece
        if len(body) > most:
            raise too_large(len(body), most)
    return bytes(body)
