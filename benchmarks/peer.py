"""The peer: jupyter_server with ipykernel, started here and spoken to as JupyterLab does."""

import asyncio
import json
import os
import secrets
import socket
import time
import uuid
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self

import aiohttp

from benchmarks.client import DEADLINE, Client, Json
from benchmarks.install_peer import PEER


class JupyterReader:
    """A reader of jupyter_server: one kernel, one WebSocket."""

    def __init__(self, client: Client, kernel: str) -> None:
        self._client = client
        self._kernel = kernel
        self._session = uuid.uuid4().hex
        self._request = ""
        self._waiting: set[str] = set()

    @classmethod
    async def arrive(cls, client: Client, kernel: str) -> Self:
        """Start a kernel of this name and connect to its channels."""
        async with client.http.post("/api/kernels", json={"name": kernel}) as answer:
            answer.raise_for_status()
            started = (await answer.json())["id"]
        reader = cls(client, started)
        await client.connect(f"/api/kernels/{started}/channels?session_id={reader._session}")
        return reader

    async def evaluate(self, code: str, kind: str = "execute_result") -> str:
        """Run the code; return the text of its first output of a kind."""
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
        await self._ask("execute_request", content, {"idle", "reply"})
        while True:
            message = await self._next()
            if message["msg_type"] == "error":
                raise RuntimeError("\n".join(message["content"]["traceback"]))
            if message["msg_type"] == kind:
                return str(message["content"]["data"]["text/plain"])

    async def _ask(self, kind: str, content: Json, waiting: set[str]) -> None:
        """Send a request, after which this is waited for."""
        self._request, self._waiting = uuid.uuid4().hex, waiting
        header = {
            "msg_id": self._request,
            "msg_type": kind,
            "session": self._session,
            "username": "",
            "date": "",
            "version": "5.3",
        }
        await self._client.send(
            {
                "header": header,
                "parent_header": {},
                "metadata": {},
                "content": content,
                "buffers": [],
                "channel": "shell",
            }
        )

    async def settle(self) -> None:
        """Read until the kernel is idle and has replied."""
        while self._waiting:
            await self._next()

    async def leave(self) -> None:
        """Delete the kernel."""
        async with self._client.http.delete(f"/api/kernels/{self._kernel}") as answer:
            answer.raise_for_status()
        await self._client.close()

    async def _next(self) -> Json:
        """Return the next message that belongs to the request that was sent last."""
        while True:
            message = await self._client.receive()
            if message["parent_header"].get("msg_id") != self._request:
                continue
            if message["msg_type"] == "execute_reply":
                self._waiting.discard("reply")
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                self._waiting.discard("idle")
            return message


class Jupyter:
    """A running jupyter_server."""

    has_spares = False

    def __init__(self, url: str, token: str, *, quickack: bool, kernel: str = "python3") -> None:
        self._url = url
        self.kernel = kernel
        self._headers = {"Authorization": f"token {token}"}
        self._quickack = quickack
        self.name = "jupyter_server" if quickack else "jupyter_server, plain client"

    def plain(self) -> "Jupyter":
        """Return the same server, for clients that do not set TCP_QUICKACK."""
        plain = Jupyter(self._url, "", quickack=False)
        plain._headers = self._headers
        return plain

    async def arrive(self) -> JupyterReader:
        """Come as a new reader."""
        return await JupyterReader.arrive(self.client(), self.kernel)

    def client(self) -> Client:
        """Return a client that is not connected yet."""
        return Client(self._url, self._headers, quickack=self._quickack)

    def processes(self, session: int) -> list[int]:
        """Return the kernel's process."""
        return [session]


@asynccontextmanager
async def running_jupyter(directory: Path, command_of: Sequence[str] = ()) -> AsyncIterator[Jupyter]:
    """Start jupyter_server on a free loopback port; stop it with its kernels at the end.

    `command_of`: the command line of its kernels, if they are not Python's own.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(16)
    home = directory / "peer"
    home.mkdir()
    name = "python3"
    if command_of:
        name = "other"
        specification = home / "share" / "kernels" / name / "kernel.json"
        specification.parent.mkdir(parents=True)
        specification.write_text(json.dumps({"argv": [*command_of], "display_name": name, "language": name}))
    environment = {
        "PATH": f"{PEER / 'bin'}:{os.environ['PATH']}",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "JUPYTER_TOKEN": token,
        "JUPYTER_PATH": str(home / "share"),
        "MPLCONFIGDIR": str(home),
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
    }
    command: list[str] = [
        str(PEER / "bin" / "jupyter-server"),
        "--no-browser",
        "--allow-root",
        "--ip=127.0.0.1",
        f"--port={port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={home}",
    ]
    with (directory / "peer.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *command, env=environment, cwd=home, stdin=DEVNULL, stdout=log, stderr=log
        )
    try:
        url = f"http://127.0.0.1:{port}"
        await _answers(url, token, process)
        yield Jupyter(url, token, quickack=True, kernel=name)
    finally:
        if process.returncode is None:
            process.terminate()
        try:
            async with asyncio.timeout(10):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


async def _answers(url: str, token: str, process: asyncio.subprocess.Process) -> None:
    """Wait until the server answers."""
    end = time.monotonic() + DEADLINE
    async with aiohttp.ClientSession(headers={"Authorization": f"token {token}"}) as http:
        while time.monotonic() < end and process.returncode is None:
            try:
                async with http.get(f"{url}/api/kernels") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientConnectionError:
                pass
            await asyncio.sleep(0.1)
    raise RuntimeError("jupyter_server did not start; its log is peer.log")
