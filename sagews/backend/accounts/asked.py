"""What the forms of the pages of accounts send, and how they are answered."""

import asyncio
import time
from urllib.parse import parse_qsl, urlencode

from aiohttp import web

from sagews.backend import headers
from sagews.backend.accounts.gate import SIGN_IN
from sagews.backend.languages.speech import say as _
from sagews.backend.rates import SIGN_INS, Rates
from sagews.backend.reader import Reader, reader_of
from sagews.database.audit import Act
from sagews.database.entries import Visitor
from sagews.protocol.json_requests import RefusedRequest

MOST_FORM = 1 << 14
"""Bytes of a form."""
FORM_SECONDS = 10.0
"""Seconds in which it has to be here."""


async def form_of(request: web.Request) -> dict[str, str]:
    """Return the fields of a form; of one that is there twice, or is no text, none."""
    if request.content_type != "application/x-www-form-urlencoded":
        return {}
    body = b""
    try:
        async with asyncio.timeout(FORM_SECONDS):
            async for part in request.content.iter_any():
                if len(body := body + part) > MOST_FORM:
                    raise web.HTTPRequestEntityTooLarge(MOST_FORM, len(body))
        fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=16)
    except TimeoutError as error:
        raise web.HTTPRequestTimeout(
            text=_("The form was not here within {seconds} s: send it again.").format(seconds=round(FORM_SECONDS))
        ) from error
    except ValueError as error:
        raise web.HTTPBadRequest(text=_("The form cannot be read: send it as a browser does.")) from error
    names = [name for name, _ in fields]
    return {name: value for name, value in fields if names.count(name) == 1 and "\0" not in value}


def signed_in(request: web.Request) -> Reader:
    """Return who is signed in. Raises HTTPException if nobody is."""
    if not (reader := reader_of(request)).account:
        raise web.HTTPUnauthorized(text=_("Nobody is signed in here: sign in at {address}.").format(address=SIGN_IN))
    return reader


def signed_in_lately(request: web.Request, seconds: float, onward: str) -> Reader:
    """Return who has signed in with this browser in the last so many seconds.

    Raises HTTPException if nobody has: it leads to where one signs in again, and from there `onward`.
    """
    reader = signed_in(request)
    if abs(time.time() - reader.login_begun) > seconds:
        raise web.HTTPSeeOther(again(onward), headers={"Cache-Control": "no-store"})
    return reader


async def count_sign_in(rates: Rates, request: web.Request) -> None:
    """Count a sign-in, or what gives as much. Raises HTTPException if it is one too many."""
    await count(rates, SIGN_INS, request)


async def count(rates: Rates, kind: str, request: web.Request) -> None:
    """Count one of a kind. Raises HTTPException if it is one too many."""
    try:
        await rates.take(kind, reader_of(request))
    except RefusedRequest as refused:
        seconds = {"Retry-After": str(refused.retry_after)}
        raise web.HTTPTooManyRequests(text=f"{refused}.", headers=seconds) from refused


def again(onward: str) -> str:
    """Return the address of the page on which somebody who is signed in does so again."""
    return f"{SIGN_IN}?{urlencode({'again': '1', 'next': onward})}"


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
