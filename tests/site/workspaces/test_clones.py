"""Workspaces made of repositories of another site, which is real: whole, or not at all, and only from where one may."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest
from aiohttp import web

from sagews.config.site import Site
from sagews.database.members import Members, Which
from tests.processes import wait_until
from tests.site.backend_process import RunningBackend
from tests.site.workspaces.forge import RESULT, TOLD, Forge, commits
from tests.site.workspaces.remote import DEADLINE, Guest, Remote, remote_at, running_remote

STORAGE = 400_000
HEAD = "1" * 40
ADVERTISED = b"001e# service=git-upload-pack\n0000" + b"%04x" % (4 + 40 + 5 + 1 + 14 + 1) + HEAD.encode()
ADVERTISED += b" HEAD\0side-band-64k \n0000"


@dataclass
class Scene:
    """The other site, this one, and somebody at it."""

    forge: Forge
    remote: Remote
    emmy: Guest

    async def clone(self, address: str, status: int, name: str = "cloned") -> Any:
        """Ask for a workspace; return what is answered."""
        url = f"http://127.0.0.1:{self.remote.backend.port}/api/v1/imports/clone"
        headers = {"Authorization": f"Bearer {self.emmy.token}"}
        body = {"name": name, "clone": address}
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(DEADLINE)) as http,
            http.post(url, headers=headers, json=body) as answer,
        ):
            said = await answer.json()
            assert answer.status == status, said
            return said if status < 400 else said["error"]

    async def nothing(self) -> None:
        """Nothing was made, no process runs, and no file is left."""
        assert await Members(self.remote.database).listed(self.emmy.account, Which.MINE) == []
        backend = psutil.Process(self.remote.backend.process.pid)
        await asyncio.to_thread(wait_until, lambda: not backend.children(recursive=True), 30, "no git runs")
        copies = self.remote.backend.log.parent / "data" / "workspaces"
        await asyncio.to_thread(wait_until, lambda: not list(copies.glob("**/scratch-*")), 30, "no folder is left")


@pytest.fixture(scope="module")
def forge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forge]:
    forge = Forge(tmp_path_factory.mktemp("forge"))
    yield forge
    forge.close()


def config_of(forge: Forge, hosts: str, seconds: float = 30) -> str:
    imports = f"clone_from = {hosts}\nclone_authorities = '{forge.authorities}'\nclone_seconds = {seconds}\n"
    rates = "".join(f"workspaces_per_{each} = '9000/minute'\n" for each in ("account", "token", "address"))
    return f"[imports]\n{imports}[quotas.account]\nstorage = {STORAGE}\n[rates]\n{rates}"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, forge: Forge) -> Iterator[tuple[RunningBackend, Site]]:
    config = config_of(forge, f'["localhost:{forge.port}", "localhost", "127.0.0.1"]', 8)
    with running_remote(tmp_path_factory.mktemp("site"), None, config) as one:
        yield one


@pytest.fixture
async def scene(running: tuple[RunningBackend, Site], forge: Forge) -> AsyncIterator[Scene]:
    async with forge.open(), remote_at(running) as remote:
        forge.asked.clear()
        yield Scene(forge, remote, await remote.guest())


async def test_a_repository_becomes_a_workspace(scene: Scene) -> None:
    scene.forge.repository(
        "good.git", commits({"a.txt": b"1"}) + commits({"b/Ω": b"2"}, message="more") + commits({"c": b"3"}, branch="x")
    )
    made = await scene.clone(scene.forge.url("good.git"), 201, "Rings")
    assert made["name"] == "Rings" and made["role"] == "owner"
    _, listed = await scene.remote.ask(scene.emmy, "GET", f"{made['id']}/files")
    assert [each["path"] for each in listed["files"]] == ["a.txt", "b/Ω"]
    _, history = await scene.remote.ask(scene.emmy, "GET", f"{made['id']}/history")
    assert [each["message"] for each in history["commits"]] == ["more", "begin"]
    assert made["version"] == await scene.remote.head(made["id"])
    # With a slash at its end, as browsers copy it.
    await scene.clone(scene.forge.url("good.git/"), 201)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("link", commits({"a": b"/etc/passwd"}, mode="120000"), "is a symbolic link"),
        ("module", commits({".gitmodules": b"x"}), ".gitmodules"),
        ("case", commits({"a": b"1", "A": b"2"}), "differ"),
        ("git", commits({"git~1/config": b"1"}), ""),
        ("empty", b"", "has no main branch, or nothing in it"),
        ("large", commits({"a": os.urandom(STORAGE)}), "for which there is no room"),
    ],
)
async def test_what_may_not_be_in_a_workspace(scene: Scene, name: str, content: bytes, said: str) -> None:
    scene.forge.repository(f"{name}.git", content)
    refused = await scene.clone(scene.forge.url(f"{name}.git"), 422)
    assert said in refused["what"] + refused["noun"], refused
    await scene.nothing()


async def test_addresses_from_which_nothing_is_fetched(scene: Scene) -> None:
    here = f"localhost:{scene.forge.port}/good.git"
    for address in (
        *(f"http://{here}", f"ssh://{here}", f"file:///{here}", f"git://{here}", "ext::sh -c id", "--upload-pack=id"),
        *(
            f"https://emmy:secret@{here}",
            f"https://emmy@{here}",
            f"https://@{here}",
            f"https://{here}?x",
            f"https://{here}#x",
        ),
        *(f"https://127.0.0.1:{scene.forge.port}/good.git", "https://example.org/x.git", "https://localhost:1/x.git"),
        # Named without a port: at public addresses alone.
        *(
            "https://localhost/x.git",
            "https://127.0.0.1/x.git",
            "https:///x.git",
            "https://[::1/x",
            "https://localhost",
        ),
        *(
            f"https://{here}\\@example.org/x",
            f"https://{here} x",
            f"https://{here}\n",
            "/etc",
            "localhost:x",
            "https://",
        ),
    ):
        refused = await scene.clone(address, 422)
        assert refused["noun"] == "git address" and "secret" not in str(refused), (address, refused)
    assert scene.forge.asked == []
    await scene.nothing()


async def test_a_site_that_answers_as_none_should(scene: Scene) -> None:
    async def elsewhere(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": scene.forge.url("good.git/info/refs")})

    async def old(request: web.Request) -> web.Response:
        return web.Response(text=f"{HEAD}\trefs/heads/main\n", content_type="text/plain")

    async def garbage(request: web.Request) -> web.Response:
        return web.Response(body=b"zzzz", content_type=TOLD)

    async def bomb(request: web.Request) -> web.Response:
        return web.Response(body=b"x", content_type=TOLD, headers={"Content-Encoding": "gzip"})

    async def refuses(request: web.Request) -> web.Response:
        return web.Response(body=b"001e# service=git-upload-pack\n0000000eERR <b>no\x07", content_type=TOLD)

    async def no_pack(request: web.Request) -> web.Response:
        if request.method == "GET":
            return web.Response(body=ADVERTISED, content_type=TOLD)
        return web.Response(body=b"0008NAK\n000e\x01no pack!!0000", content_type=RESULT)

    async def cut(request: web.Request) -> web.Response:
        if request.method == "GET":
            return web.Response(body=ADVERTISED, content_type=TOLD)
        return web.Response(body=b"0008NAK\n00ff\x01PACK", content_type=RESULT)

    async def locked(request: web.Request) -> web.Response:
        return web.Response(status=401, headers={"WWW-Authenticate": "Basic"})

    said = {
        elsewhere: "leads to another address",
        old: "does not answer as a repository",
        garbage: "does not answer as a repository",
        bomb: "does not answer as a repository",
        refuses: "refuses: <b>no?",
        no_pack: "git index-pack refused",
        cut: "cut the connection",
        locked: "answers with 401",
    }
    for serve, what in said.items():
        scene.forge.strange[serve.__name__] = serve
        refused = await scene.clone(scene.forge.url(serve.__name__), 422)
        assert what in refused["what"], refused
    assert not [path for path in scene.forge.asked if path.startswith("/good.git")]
    await scene.nothing()


async def test_one_that_sends_without_end_and_one_that_sends_nothing(scene: Scene) -> None:
    sent = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        if request.method == "GET":
            return web.Response(body=ADVERTISED, content_type=TOLD)
        response = web.StreamResponse(headers={"Content-Type": RESULT})
        await response.prepare(request)
        await response.write(b"0008NAK\n")
        while sent < 1 << 30:
            await response.write(b"fff0\x01" + bytes(0xFFF0 - 5))
            sent += 0xFFF0
            # That the other side is gone is seen in a turn of the loop.
            await asyncio.sleep(0)
        return response

    async def silent(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(DEADLINE)
        return web.Response()

    scene.forge.strange.update({"endless": endless, "silent": silent})
    refused = await scene.clone(scene.forge.url("endless"), 422)
    assert "for which there is no room" in refused["what"] and sent < 64 << 20, (refused, sent)
    refused = await scene.clone(scene.forge.url("silent"), 422)
    assert "was not fetched and checked within 8 seconds" in refused["what"]
    await scene.nothing()


async def test_who_goes_away_ends_it(scene: Scene) -> None:
    came, gone = asyncio.Event(), asyncio.Event()

    async def slow(request: web.Request) -> web.StreamResponse:
        came.set()
        try:
            await asyncio.sleep(DEADLINE)
        finally:
            gone.set()
        return web.Response()

    scene.forge.strange["slow"] = slow
    asking = asyncio.create_task(scene.clone(scene.forge.url("slow"), 201))
    async with asyncio.timeout(30):
        await came.wait()
        asking.cancel()
        # Long before it would have been too slow.
        async with asyncio.timeout(6):
            await gone.wait()
    await asyncio.wait({asking}, timeout=5)
    await scene.nothing()


async def test_a_site_that_fetches_nothing(tmp_path: Path, forge: Forge) -> None:
    for hosts, status in (("[]", 403), ('["*"]', 422), ('["example.org"]', 422)):
        (tmp_path / str(status) / hosts).mkdir(parents=True)
        with running_remote(tmp_path / str(status) / hosts, None, config_of(forge, hosts)) as running:
            async with forge.open(), remote_at(running) as remote:
                forge.asked.clear()
                scene = Scene(forge, remote, await remote.guest())
                await scene.clone(forge.url("good.git"), status)
                await scene.clone("https://localhost/good.git", status)
                assert forge.asked == []
                await scene.nothing()
