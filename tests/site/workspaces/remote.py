"""A backend as a remote of the real `git`, and people who have tokens there."""

import asyncio
import base64
import itertools
import os
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from sagews.backend.accounts.people import People
from sagews.config.database import Database as Settings
from sagews.config.site import Site
from sagews.database.accounts import Account
from sagews.database.api_tokens import Scope
from sagews.database.audit import Act
from sagews.database.database import Database
from sagews.database.members import Members, Role
from sagews.database.packs import Packs
from sagews.database.workspaces import Workspace, Workspaces
from tests.postgresql import PASSWORD, PostgreSQL
from tests.site.backend_process import RunningBackend, backend_process

DEADLINE = 60.0
WRITE, READ = Scope.WRITE_WORKSPACES, Scope.READ_WORKSPACES
CLIENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_AUTHOR_NAME": "Emmy",
    "GIT_AUTHOR_EMAIL": "emmy@example.org",
    "GIT_COMMITTER_NAME": "Emmy",
    "GIT_COMMITTER_EMAIL": "emmy@example.org",
    "LC_ALL": "C",
}
_numbers = itertools.count(1)


@dataclass
class Guest:
    """Somebody with a token."""

    account: str
    token: str


class Remote:
    """A running backend and its database."""

    def __init__(self, backend: RunningBackend, database: Database) -> None:
        self.backend, self.database = backend, database

    async def guest(self, scope: Scope = WRITE, *, account: str = "", seconds: float = 3600.0) -> Guest:
        """Return somebody new, or another token of an account."""
        if not account:
            account = f"guest{next(_numbers)}"
            await self.people.accounts.add(Account(account), Act("added", account))
        token = await self.people.tokens.make(account, "git", [scope], seconds, Act("token made", account))
        assert token is not None
        return Guest(account, token)

    @property
    def people(self) -> People:
        return People(Site(), self.database)

    async def workspace(self, owner: Guest, **members: Guest) -> str:
        """Return a new one; `members`: by their role."""
        identifier = f"workspace{next(_numbers)}"
        await Workspaces(self.database).add(Workspace(identifier, owner.account, "one"))
        for role, guest in members.items():
            act = Act("let in", guest.account, owner.account)
            await Members(self.database).put(identifier, guest.account, Role(role), act)
        return identifier

    def url(self, guest: Guest | None, workspace: str) -> str:
        """Return the address that a client is given, with the password if there is somebody."""
        shown = f"any:{guest.token}@" if guest is not None else ""
        return f"http://{shown}127.0.0.1:{self.backend.port}/git/{workspace}.git"

    async def head(self, workspace: str) -> str | None:
        return (await Packs(self.database).contents(workspace)).refs.get("refs/heads/main")

    async def ask(self, guest: Guest, method: str, path: str, **more: Any) -> tuple[int, Any]:
        """Ask the API about workspaces."""
        url = f"http://127.0.0.1:{self.backend.port}/api/v1/workspaces/{path}"
        headers = {"Authorization": f"Bearer {guest.token}"}
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(DEADLINE)) as http,
            http.request(method, url, headers=headers, **more) as answer,
        ):
            json = answer.content_type == "application/json"
            return answer.status, await answer.json() if json else await answer.read()

    async def post(self, guest: Guest, path: str, **more: Any) -> tuple[int, bytes]:
        """Post what no client would to `/git/PATH`."""
        headers = {**more.pop("headers", {}), "Authorization": basic(guest)}
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(DEADLINE)) as http,
            http.post(f"http://127.0.0.1:{self.backend.port}/git/{path}", headers=headers, **more) as answer,
        ):
            return answer.status, await answer.read()


def basic(guest: Guest) -> str:
    """Return what a client shows as Authorization."""
    return "Basic " + base64.b64encode(f"any:{guest.token}".encode()).decode()


async def git(folder: Path, *words: str, status: int | None = 0, given: bytes = b"") -> str:
    """Run a client, and return all that it says; its status must be this one, if it is not None."""
    process = await asyncio.create_subprocess_exec(
        "git",
        *words,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), **CLIENT},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(DEADLINE):
            said, _ = await process.communicate(given)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert status is None or (process.returncode == 0) == (status == 0), said.decode()
    return said.decode()


async def begun(folder: Path, url: str, files: dict[str, str], name: str = "work") -> Path:
    """Return a new repository with a commit of these files, whose origin is this."""
    work = folder / name
    await git(folder, "init", "-q", "-b", "main", name)
    await git(work, "remote", "add", "origin", url)
    await commit(work, files)
    return work


async def commit(work: Path, files: dict[str, str]) -> str:
    """Commit files; return the commit."""
    for path, text in files.items():
        (work / path).parent.mkdir(parents=True, exist_ok=True)
        (work / path).write_text(text)
    await git(work, "add", "-A")
    await git(work, "commit", "-q", "-m", "more", "--allow-empty")
    return (await git(work, "rev-parse", "HEAD")).strip()


@asynccontextmanager
async def remote_at(running: tuple[RunningBackend, Site]) -> AsyncIterator[Remote]:
    """Give a running backend as a remote."""
    backend, site = running
    database = Database(site, PASSWORD)
    try:
        yield Remote(backend, database)
    finally:
        await database.close()


@contextmanager
def running_remote(
    folder: Path, postgresql: PostgreSQL | None, config: str = "", *, migrate: bool = True, **more: Any
) -> Iterator[tuple[RunningBackend, Site]]:
    """Start a backend, with its tables in SQLite or PostgreSQL; give it, and its site.

    `migrate`: the PostgreSQL is made empty first; `more`: how `backend_process` starts it.
    """
    settings = Settings()
    if postgresql is not None:
        settings = Settings(url=postgresql.url)
        (folder / "password").write_text(PASSWORD)
        (folder / "password").chmod(0o600)
        config += f"[database]\nurl = '{settings.url}'\npassword_file = '{folder / 'password'}'\n"
        if migrate:
            # In a thread, as who asks may be in a loop.
            with ThreadPoolExecutor(1) as thread:
                thread.submit(asyncio.run, _migrated(postgresql, settings)).result()
    with backend_process(folder, config, **more) as backend:
        yield backend, Site(data_directory=str(folder / "data"), database=settings)
        log = backend.log.read_text()
        assert "Traceback" not in log and "sagews_" not in log, log


async def _migrated(postgresql: PostgreSQL, settings: Settings) -> None:
    await postgresql.forget()
    database = Database(Site(database=settings), PASSWORD)
    await database.migrate()
    await database.close()
