"""What the forms of the pages of accounts send, and how they are answered."""

from urllib.parse import parse_qsl

from aiohttp import web

from sagews.backend import headers
from sagews.backend.bodies import MOST
from sagews.backend.reader import Reader, reader_of
from sagews.database.audit import Act
from sagews.database.entries import Visitor

FORM = "application/x-www-form-urlencoded"
MOST_FIELDS = 20


async def form_of(request: web.Request) -> dict[str, str]:
    """Return the fields of a form, the last of each name. Raises HTTPException for what is none."""
    if request.content_type != FORM:
        raise web.HTTPUnsupportedMediaType(text=f"This takes a form: Content-Type: {FORM}.")
    body = b""
    async for piece in request.content.iter_chunked(MOST):
        body += piece
        if len(body) > MOST:
            raise web.HTTPRequestEntityTooLarge(MOST, len(body), text=f"The form is over {MOST:,} bytes.")
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError as error:
        raise web.HTTPBadRequest(text=f"The form is not UTF-8, or has over {MOST_FIELDS} fields.") from error


def visitor_of(request: web.Request) -> Visitor:
    """Return the browser that asks."""
    reader = reader_of(request)
    return Visitor(reader.address, request.headers.get("User-Agent", ""), reader.login, reader.account)


def act(what: str, account: str, reader: Reader) -> Act:
    """Return what somebody who is signed in does to an account."""
    return Act(what, account, "" if reader.account == account else reader.account, reader.address)


def shown(text: str, status: int = 200, *, leads_on: bool = False) -> web.Response:
    """Return a page about accounts; `leads_on`: to providers."""
    fields = headers.form_headers(leads_on=leads_on)
    return web.Response(status=status, text=text, content_type="text/html", charset="utf-8", headers=fields)


def go(path: str) -> web.Response:
    """Send a browser on to a page of this site, after a form."""
    return web.Response(status=303, headers={"Location": path, "Cache-Control": "no-store"})
