"""Another site with repositories: `git http-backend` behind TLS, and pages that answer as no honest one does."""

import asyncio
import os
import shutil
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from sagews.admin.certificates import Certificates
from tests.site.workspaces.remote import CLIENT

Serve = Callable[[web.Request], Awaitable[web.StreamResponse]]
TOLD = "application/x-git-upload-pack-advertisement"
RESULT = "application/x-git-upload-pack-result"


class Forge:
    """The site: its port, its folder, and what it answers at names that no repository has."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.strange: dict[str, Serve] = {}
        self.asked: list[str] = []
        self._certificates = folder / "certificates"
        Certificates(self._certificates, lambda _: None).make_for(("postgresql",), ("localhost",), renew=False)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]

    @property
    def authorities(self) -> Path:
        return self._certificates / "authority.pem"

    def url(self, name: str) -> str:
        return f"https://localhost:{self.port}/{name}"

    def repository(self, name: str, commits: bytes) -> None:
        """Make one of what `git fast-import` reads."""
        self._git("init", "-q", "--bare", "-b", "main", name)
        self._git("-C", name, "fast-import", "--quiet", "--force", given=commits)

    def close(self) -> None:
        self._socket.close()

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Forge"]:
        """Be there."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self._certificates / "postgresql.pem", self._certificates / "postgresql-key.pem")
        app = web.Application()
        app.router.add_route("*", "/{name}/{path:.*}", self._serve)
        runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1)
        await runner.setup()
        try:
            await web.SockSite(runner, socket.socket(fileno=os.dup(self._socket.fileno())), ssl_context=context).start()
            yield self
        finally:
            await runner.cleanup()

    # ---------------------------------------------------------------- within

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        self.asked.append(request.path)
        if name in self.strange:
            return await self.strange[name](request)
        if not (self.folder / name).is_dir():
            return web.Response(status=404)
        process = await asyncio.create_subprocess_exec(
            *("git", "http-backend"),
            env={
                **{"PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": str(self.folder), "GIT_HTTP_EXPORT_ALL": "1"},
                **{"PATH_INFO": request.path, "QUERY_STRING": request.query_string, "REQUEST_METHOD": request.method},
                "CONTENT_TYPE": request.headers.get("Content-Type", ""),
                **CLIENT,
            },
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(30):
            said, _ = await process.communicate(await request.read())
        head, _, body = said.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        status = int(headers.pop("Status", "200").split()[0])
        return web.Response(status=status, body=body, headers=headers)

    def _git(self, *words: str, given: bytes = b"") -> None:
        git = shutil.which("git")
        assert git is not None
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), **CLIENT}
        subprocess.run([git, *words], cwd=self.folder, input=given, env=environment, check=True, timeout=30)


def commits(files: dict[str, bytes], *, mode: str = "100644", branch: str = "main", message: str = "begin") -> bytes:
    """Return what `git fast-import` makes a commit of."""
    begin = f"commit refs/heads/{branch}\ncommitter Ada <ada@example.org> 1 +0000\ndata {len(message)}\n{message}\n"
    each = (
        b'M %s inline "%s"\ndata %d\n%s\n' % (mode.encode(), path.encode(), len(data), data)
        for path, data in files.items()
    )
    return begin.encode() + b"".join(each) + b"\n"
