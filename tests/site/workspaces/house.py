"""Two backends of one site and its database, without a worker, and people who are signed in at both."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from sagews.config.database import Database as Settings
from sagews.config.site import Site
from sagews.database.database import Database
from tests.postgresql import PASSWORD, PostgreSQL
from tests.site.accounts.cast import Actor, Cast
from tests.site.api_end import Caller, Json, calling_at
from tests.site.backend_process import RunningBackend, backend_process

LINK = "Sagews-Workspace-Link"


@dataclass
class AsSite:
    """A backend, as a cast knows a site."""

    port: int
    data: Path


class Person:
    """Somebody at two backends of a site."""

    def __init__(self, actor: Actor, one: Caller, two: Caller) -> None:
        self.account = actor.account
        self.one, self.two = one, two

    async def ask(self, method: str, path: str, status: int, **more: Any) -> Json:
        """Ask the first backend about workspaces."""
        return await self.one.ask(method, f"/api/v1/workspaces{path}", status, **more)

    async def ask_two(self, method: str, path: str, status: int, **more: Any) -> Json:
        return await self.two.ask(method, f"/api/v1/workspaces{path}", status, **more)

    async def make(self, name: str = "one") -> str:
        """Make a workspace and return where it is."""
        return f"/{(await self.ask('POST', '', 201, json={'name': name}))['id']}"

    async def save(self, where: str, base: str, files: dict[str, str], **more: Any) -> Json:
        """Save files of text, on a version."""
        listed = [{"path": path, "text": text} for path, text in files.items()]
        return await self.ask("POST", f"{where}/save", 200, json={"base": base, "files": listed, **more})

    async def text(self, where: str, path: str, version: str = "", *, two: bool = False) -> str:
        """Return what a file holds, which must come as no browser runs it."""
        status, content, headers = await self.fetch(f"{where}/files/{path}", two=two, version=version)
        assert status == 200, content
        assert headers["Content-Type"] == "application/octet-stream"
        assert headers["Content-Disposition"].startswith("attachment;") and headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff" and "sandbox" in headers["Content-Security-Policy"]
        return content.decode()

    async def fetch(
        self, path: str, /, *, two: bool = False, headers: dict[str, str] | None = None, **query: str
    ) -> tuple[int, bytes, Any]:
        """Return status, body and headers."""
        caller = self.two if two else self.one
        url = f"{caller.base}/api/v1/workspaces{path}"
        params = {name: value for name, value in query.items() if value}
        async with caller.http.get(url, params=params, headers=headers) as answer:
            return answer.status, await answer.read(), answer.headers.copy()

    async def files(self, where: str, **more: Any) -> dict[str, str]:
        """Return the kinds of the newest files by path, as the second backend knows them."""
        return {
            each["path"]: each["kind"] for each in (await self.ask_two("GET", f"{where}/files", 200, **more))["files"]
        }


class House:
    """The two backends, and who comes."""

    def __init__(self, cast: Cast, one: RunningBackend, two: RunningBackend) -> None:
        self.cast, self.one, self.two = cast, one, two

    @asynccontextmanager
    async def person(self, role: str = "account", **shows: str) -> AsyncIterator[Person]:
        """Give somebody of a role; `shows`: headers of every request."""
        actor = await self.cast.actor(role)
        async with AsyncExitStack() as stack:
            callers = []
            for backend in (self.one, self.two):
                headers = {
                    name: text.replace(f"-{self.cast.site.port}=", f"-{backend.port}=")
                    for name, text in actor.headers.items()
                }
                base = backend.url.rstrip("/")
                callers.append(await stack.enter_async_context(calling_at(base, **headers, **shows)))
            yield Person(actor, *callers)


@contextmanager
def running_house(folder: Path, postgresql: PostgreSQL | None, config: str = "") -> Iterator[House]:
    """Start two backends on PostgreSQL; on a file there is one, which is both. Their logs must show no fault."""
    settings = Settings()
    if postgresql is not None:
        settings = Settings(url=postgresql.url)
        (folder / "password").write_text(PASSWORD)
        (folder / "password").chmod(0o600)
        asyncio.run(_migrated(postgresql, settings))
        config += f"[database]\nurl = '{settings.url}'\npassword_file = '{folder / 'password'}'\n"
    with ExitStack() as stack:
        one = stack.enter_context(backend_process(folder, config, name="one"))
        two = one if postgresql is None else stack.enter_context(backend_process(folder, config, name="two"))
        cast = Cast("open", AsSite(one.port, folder / "data"), settings)  # type: ignore[arg-type]
        yield House(cast, one, two)
        for backend in (one, two):
            assert "Traceback" not in backend.log.read_text(), backend.log.read_text()


async def _migrated(postgresql: PostgreSQL, settings: Settings) -> None:
    await postgresql.forget()
    database = Database(Site(database=settings), PASSWORD)
    await database.migrate()
    await database.close()


def with_link(token: str) -> dict[str, str]:
    return {LINK: token}


async def upload(person: Person, path: str, content: bytes, status: int, **query: str) -> Json:
    """Send bytes."""
    timeout = aiohttp.ClientTimeout(30)
    return await person.one.ask("POST", path, status, data=content, params=query, timeout=timeout)
