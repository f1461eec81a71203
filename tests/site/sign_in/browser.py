"""A browser without pictures: keeps cookies, follows one redirect at a time, fills in forms."""

import html
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import aiohttp
import msgspec
from yarl import URL

DEADLINE = aiohttp.ClientTimeout(total=20)

_FORM = re.compile(r"<form(?P<attributes>[^>]*)>(?P<inside>.*?)</form>", re.DOTALL)
_HIDDEN = re.compile(r'<input type="hidden" name="(?P<name>[^"]*)" value="(?P<value>[^"]*)"')


@dataclass(frozen=True)
class Page:
    """An answer."""

    url: str
    status: int
    headers: Mapping[str, str]
    cookies: list[str]
    """What it sets."""
    text: str

    @property
    def location(self) -> str:
        """Where it leads on to, absolute."""
        return urljoin(self.url, self.headers["Location"])

    def json(self) -> Any:
        return msgspec.json.decode(self.text)


class Browser:
    """One browser, with its cookies."""

    def __init__(self, client: aiohttp.ClientSession) -> None:
        self._client = client

    @property
    def cookies(self) -> dict[str, str]:
        return {cookie.key: cookie.value for cookie in self._client.cookie_jar}

    def set_cookie(self, url: str, name: str, value: str) -> None:
        self._client.cookie_jar.update_cookies({name: value}, URL(url))

    def forget(self) -> None:
        """Throw all cookies away."""
        self._client.cookie_jar.clear()

    async def get(self, url: str, **headers: str) -> Page:
        return await self._ask("GET", url, headers, None)

    async def post(self, url: str, fields: Mapping[str, str] | None = None, **headers: str) -> Page:
        """Send a form, as a page of the same host would."""
        origin = {"Origin": str(URL(url).origin())}
        return await self._ask("POST", url, {**origin, **headers}, dict(fields or {}))

    async def submit(self, page: Page, **fields: str) -> Page:
        """Send the first form of a page, with its hidden fields and these."""
        form = _FORM.search(page.text)
        assert form is not None, page.text
        action = re.search(r'action="([^"]*)"', form["attributes"])
        target = urljoin(page.url, html.unescape(action[1])) if action else page.url
        hidden = {
            html.unescape(each["name"]): html.unescape(each["value"]) for each in _HIDDEN.finditer(form["inside"])
        }
        return await self.post(target, {**hidden, **fields})

    async def follow(self, page: Page, until: str) -> Page:
        """Go where answers lead to, up to the first that leads to an address that begins so; return that one."""
        for _ in range(12):
            if page.status not in (302, 303) or page.location.startswith(until):
                return page
            page = await self.get(page.location)
        raise AssertionError(f"led around in circles, at last to {page.location}")

    async def _ask(self, method: str, url: str, headers: Mapping[str, str], data: Any) -> Page:
        async with self._client.request(
            method, URL(url, encoded=True), data=data, headers=headers, allow_redirects=False
        ) as answer:
            text = await answer.text(errors="replace")
            set_cookies = answer.headers.getall("Set-Cookie", [])
            return Page(url, answer.status, answer.headers, set_cookies, text)


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """Give a new one, without cookies."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar, timeout=DEADLINE, trust_env=False) as client:
        yield Browser(client)
