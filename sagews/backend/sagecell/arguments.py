"""The arguments of a request as SageMathCell reads them: of its address, and of the form in its body; no JSON."""

from typing import Any

from aiohttp import web

from sagews.backend.fields import fields_of, too_large

Arguments = dict[str, str]
"""The last of each name."""


async def arguments(request: web.Request, most: int) -> Arguments:
    """Return the arguments of a request, whose body has so many bytes at most.

    Raises an HTTPException of 400 or 413.
    """
    found: list[tuple[str, Any]] = list(request.query.items())
    if (request.content_length or 0) > most:
        raise too_large(request.content_length or 0, most)
    if request.content_type != "application/json":
        try:
            found += await fields_of(request, most)
        except ValueError as error:
            raise web.HTTPBadRequest(text="The body is no form with its text in UTF-8: send one.") from error
    return {name: value for name, value in found if isinstance(value, str)}
