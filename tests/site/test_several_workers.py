"""One backend and two workers, one of them reached as if it were on another machine."""

import asyncio
import os
import shutil
import signal
from pathlib import Path

import aiohttp

from tests.site.backend_process import running_backend
from tests.site.client_end import connected, result_of
from tests.site.test_control_link import health, until_health
from tests.site.test_worker_tls import BARE, certify
from tests.site.worker_process import running_worker


def worker_config(name: str, *, listens: bool) -> str:
    listen = "listen = '127.0.0.1:0'\n" if listens else ""
    return f"{BARE}[worker]\nname = '{name}'\nmax_sessions = 1\n{listen}"


async def test_sessions_go_where_there_is_room_and_are_found_again(tmp_path: Path) -> None:
    near, far = tmp_path / "near", tmp_path / "far"
    certify(near / "data")
    far.mkdir()
    shutil.copytree(near / "data", far / "data")
    with (
        running_worker(near, worker_config("wa", listens=False), name="wa") as first,
        running_worker(far, worker_config("wb", listens=True), name="wb") as second,
    ):
        # Nobody waits for a place here: that is another test's.
        config = f"[backend]\nwaiting = 0\nworkers = ['unix:{first.socket}', '{second.listen}']\n"
        with running_backend(near, config) as url:
            await until_health(url, 200, ["ready", "ready"], 10)
            async with connected(url) as client:
                sessions = {}
                for number in range(2):
                    session = await client.open()
                    assert result_of(await client.evaluate(session, f"kept = {number}; kept")) == str(number)
                    sessions[session] = (number, client.opened["token"])
                assert {session.partition("-")[0] for session in sessions} == {"wa", "wb"}
                # All are full: the reason is told at once, and the load is known.
                await client.send("open")
                failure = await client.failure()
                assert (failure["code"], failure["what"]) == ("full", "has no free place on any worker")
                await until_health(url, 200, ["full", "full"], 5)
                async with aiohttp.ClientSession() as http, http.get(url + "metrics") as response:
                    text = await response.text()
                assert 'sagews_workers{state="full"} 2.0' in text
                assert 'sagews_workers_places{worker="wb"} 1.0' in text
                async with aiohttp.ClientSession() as http, http.post(url + "service", data={"code": "1"}) as busy:
                    assert busy.status == 503 and busy.headers["Retry-After"]
        # Another backend finds each session by its name.
        with running_backend(near, config) as url:
            async with connected(url) as client:
                for session, (number, token) in sessions.items():
                    await client.send("attach", session=session, token=token)
                    await client.until("attached")
                    assert result_of(await client.evaluate(session, "kept")) == str(number)
                gone = next(iter(sessions))
                await client.send("close", session=gone)
                await client.until("ended")
                again = await client.open()
                assert again.partition("-")[0] == gone.partition("-")[0]
                # One is emptied: the other one is asked.
                os.kill(second.process.pid, signal.SIGTERM)
                await until_health(url, 200, ["full", "draining"], 5)
                await client.send("open")
                assert (await client.failure())["code"] == "full"
                await client.send(
                    "close", session=next(name for name in (again, *sessions) if name.startswith("wb") and name != gone)
                )
                async with asyncio.timeout(10):
                    while (await health(url))[1] != ["full", "away"]:
                        await asyncio.sleep(0.05)


async def test_two_of_one_name_are_told_and_the_second_gets_nothing(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    with (
        running_worker(folders[0], worker_config("wa", listens=False), name="wa") as first,
        running_worker(folders[1], worker_config("wa", listens=False), name="wa") as second,
    ):
        config = f"[backend]\nwaiting = 0\nworkers = ['unix:{first.socket}', 'unix:{second.socket}']\n"
        with running_backend(tmp_path, config) as url:
            await until_health(url, 200, ["ready", "namesake"], 10)
            async with aiohttp.ClientSession() as http:
                async with http.get(url + "status") as response:
                    assert "another worker of this site has the same name" in await response.text()
                async with http.get(url + "metrics") as response:
                    text = await response.text()
            assert 'sagews_workers{state="namesake"} 1.0' in text
            async with connected(url) as client:
                await client.open()
                # The first holds one session at most, and the second is not asked.
                await client.send("open")
                assert (await client.failure())["code"] == "full"
                assert "session opened" in first.log.read_text() and "session opened" not in second.log.read_text()
