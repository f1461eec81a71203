"""A browser's end of the pages of accounts, without the browser: cookies, forms, and sockets with a login."""

import asyncio
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from yarl import URL

from tests.site.client_end import ClientEnd, fetch_ticket


class BrowserEnd:
    """One browser, with its cookies."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self.http = http
        self.url = url

    async def get(self, path: str) -> tuple[int, str]:
        """Return status and text of a page; it follows no redirect."""
        async with self.http.get(self.url + path.lstrip("/"), allow_redirects=False) as response:
            return response.status, await response.text()

    async def post(self, path: str, **fields: str) -> tuple[int, str]:
        """Send a form from a page of the site; return status, and where it leads or what it says."""
        headers = {"Origin": self.url.rstrip("/")}
        async with self.http.post(
            self.url + path.lstrip("/"), data=fields, headers=headers, allow_redirects=False
        ) as response:
            return response.status, response.headers.get("Location") or await response.text()

    async def sign_in(self, link: str) -> None:
        """Open a sign-in link and press its button."""
        token = URL(link).query["token"]
        status, page = await self.get(f"sign-in/link?token={token}")
        assert status == 200 and token in page
        assert await self.post("sign-in/link", token=token) == (303, "/")

    async def is_signed_in(self) -> bool:
        """Whether the site shows an account."""
        return (await self.get("account"))[0] == 200

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[ClientEnd]:
        """Connect with a ticket of this browser."""
        ticket = await fetch_ticket(self.http, self.url)
        async with self.http.ws_connect(self.url + "socket") as socket:
            client = ClientEnd(socket)
            await client.greet(ticket)
            yield client

    def login_of(self, page: str, agent: str) -> str:
        """Return the id of the login with this user agent on the page of an account."""
        return str(re.findall(agent + r'.*?name="login" value="([^"]+)"', page)[0])


@asynccontextmanager
async def browser(url: str, agent: str = "test") -> AsyncIterator[BrowserEnd]:
    """Give a browser without cookies."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with asyncio.timeout(60), aiohttp.ClientSession(cookie_jar=jar, headers={"User-Agent": agent}) as http:
        yield BrowserEnd(http, url)


async def closed(client: ClientEnd, within: float) -> int:
    """Return the code with which a connection is closed, which must come within so many seconds."""
    async with asyncio.timeout(within):
        while True:
            message = await client.socket.receive()
            if message.type is aiohttp.WSMsgType.CLOSE:
                return int(message.data)
            assert message.type is aiohttp.WSMsgType.TEXT, message


def users(data: Path, *arguments: str, config: Path | None = None) -> str:
    """Run `sagews admin users`, and return what it says."""
    told = ("--config", str(config)) if config else ()
    command = [sys.executable, "-m", "sagews", "admin", "users", *arguments, *told, "--data", str(data)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def link_in(said: str) -> str:
    """Return the address in what a command said."""
    return said.split()[-1]
