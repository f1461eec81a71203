"""The sandbox and its limits: what code can see, what it leaves, and what becomes of code that takes everything."""

import asyncio

import pytest

from tests.replay.conftest import SECRET
from tests.replay.outputs import error_of, reason_of
from tests.running import RunningSite
from tests.site.client_end import Json, connected, result_of, text_of
from tests.site.desk import Desk
from tests.site.neighbour import neighbour
from tests.site.test_service import call
from tests.site.worker_process import gone, processes_of

ALL_OF_IT = r"""
import glob, os
print(dict(os.environ))
for path in ['/proc/self/environ', '/proc/1/environ', *glob.glob('/proc/[0-9]*/environ'),
             *glob.glob('/proc/[0-9]*/cmdline'), *glob.glob('/proc/[0-9]*/maps')]:
    try: print(path, open(path, 'rb').read()[:10_000])
    except OSError as error: print(path, error.strerror)
for parent in {os.getppid(), 1}:
    try:
        for fd in os.listdir(f'/proc/{parent}/fd'): print(parent, fd, os.readlink(f'/proc/{parent}/fd/{fd}'))
    except OSError as error: print(parent, error.strerror)
"""


async def test_no_secret_and_no_other_process_is_to_be_seen(desk: Desk, product: RunningSite) -> None:
    """Print every environment, command line and descriptor that there is: none is a service's or another session's.

    Source: reported of a server that judges programs.
    """
    text = text_of(await desk.evaluate(ALL_OF_IT))
    assert "/proc/self/environ" in text
    assert SECRET not in text and "SAGEWS_REPLAY_SECRET" not in text and "SAGEWS_TEST" not in text
    assert str(desk.client.opened["token"]) not in text
    if await isolated(product):
        own = text_of(await desk.evaluate("import os; print(*[pid for pid in os.listdir('/proc') if pid.isdigit()])"))
        assert len(own.split()) <= 2
        for word in ("sagews serve", "serve", "backend", "--lifeline"):
            assert f"{word}\\x00" not in text


async def test_planted_links_lead_nobody_out(desk: Desk, product: RunningSite) -> None:
    """Plant links to a file outside under every name, and files of odd names: fetching and putting follow none.

    The directory goes with the session all the same. Source: reported of a server that judges programs.
    """
    canary = product.directory / "canary"
    canary.write_text("untouched")
    code = f"""
import os
for name in ('out', 'stdout', 'result.json', 'core', '.ipython', 'a b'):
    os.symlink({str(canary)!r}, name)
os.symlink('/', 'root')
os.symlink('..', 'up')
for name in (b'new\\nline', b'back\\\\slash', b'-rf', b'$(touch x)', b'*', b' ', b'~', b'\\xff'):
    open(name, 'w').close()
"""
    try:
        await desk.evaluate(code)
        listed = await desk.list()
        assert len(listed["files"]) >= 8
        for path in (b"out", b"stdout", b"result.json", f"root{canary}".encode(), b"up/../../etc/passwd"):
            async with desk.http.get(desk.url(path), headers=desk.token) as response:
                assert response.status >= 400 and b"untouched" not in await response.read()
            async with desk.http.put(desk.url(path), data=b"changed", headers=desk.token) as response:
                await response.read()
            assert canary.read_text() == "untouched"
        await desk.client.send("close", session=desk.session)
        await desk.client.until("ended")
        assert canary.read_text() == "untouched"
    finally:
        canary.unlink()


@pytest.mark.parametrize("printed", [rb"\xe2", rb"caf\xe9", rb"\xff\xfeh\x00i\x00", rb"\x80" * 100, rb"\xf0\x9f\x98"])
async def test_bytes_that_are_no_text(product: RunningSite, printed: bytes) -> None:
    """Print half a character, Latin-1 and UTF-16 from a call over HTTP: an answer with signs in their place.

    Source: reported of a server that judges programs, which answered with error 500.
    """
    answer = await call(product, f"import os; os.write(1, b'{printed.decode()}'); print(); None")
    assert answer["success"] is True and "\ufffd" in answer["stdout"]


@pytest.mark.parametrize("limit", [1_000, 1_000_000])
async def test_many_small_prints_are_as_one_large(desk: Desk, limit: int) -> None:
    """Print 1,626 short lines, and the same bytes at once, below a limit and above it: the same comes of both.

    Source: reported of a server that runs code for chats.
    """
    outcomes = []
    for code in ("for _ in range(1626): print('12345')", "print('12345\\n' * 1626, end='')"):
        events = await desk.run(code, limits={"output_bytes": limit})
        outcomes.append((reason_of(events), text_of(events)))
    assert outcomes[0] == outcomes[1]
    assert outcomes[0][0] == ("output" if limit < 6 * 1626 else "done")


DAEMON = """
import os, signal, time
ready, told = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in (1, 2, 3, 15): signal.signal(number, signal.SIG_IGN)
        os.chdir('/')
        for fd in (0, 1, 2): os.close(fd)
        os.write(told, b'x')
        while True: pass
    os._exit(0)
os.wait()
os.read(ready, 1)
"""


async def test_a_daemon_ends_with_its_session(desk: Desk, product: RunningSite) -> None:
    """Fork twice, leave the session, ignore signals, close everything and spin: within 5 s of the end it is gone.

    Source: reported of a server that judges programs.
    """
    log = product.data / "logs" / "worker.log"
    before = len(processes_of(log, desk.session))
    await desk.evaluate(DAEMON)
    pids = processes_of(log, desk.session)
    assert len(pids) == before + 1
    assert result_of(await desk.evaluate("1+1")) == "2"
    await desk.client.send("close", session=desk.session)
    await desk.client.until("ended")
    await gone(pids, 5)


BOMBS = {
    "forks": ("import os\nwhile True:\n    try: os.fork()\n    except OSError: pass", "processes"),
    "threads": ("import threading\nwhile True: threading.Thread(target=threading.Event().wait).start()", "threads"),
    "memory of many": (
        "import os, time\nfor _ in range(1000):\n    if os.fork() == 0:\n        x = bytearray(20 << 20)\n"
        "        time.sleep(600)\ntime.sleep(600)",
        "processes",
    ),
}


@pytest.mark.parametrize(("code", "limit"), list(BOMBS.values()), ids=list(BOMBS))
async def test_a_bomb_ends_and_names_the_limit(product: RunningSite, code: str, limit: str) -> None:
    """Fork, start threads, and take memory in 1,000 children, without end: the limit is named; others are served.

    Source: reported of a bot that runs programs, whose machine was of no use for a quarter of an hour.
    """
    async with neighbour(product.url), connected(product.url) as client, asyncio.timeout(60):
        session = await client.open(limits={"processes": 40, "threads": 100, "memory": 1 << 30})
        await client.send("evaluate", session=session, evaluation="bomb", code=code, limits={"wall_time": 20})
        events: list[Json] = [await client.next()]
        while events[-1]["kind"] not in {"done", "ended"}:
            events.append(await client.next())
        if events[-1]["reason"] == "session_ended":
            events += await client.until("ended")
            assert events[-1]["reason"] in {"processes", "memory"}
            assert "its limit" in events[-1]["text"] or "than it may have" in events[-1]["text"]
        else:
            assert limit == "threads" and error_of(events)["evalue"] == "can't start new thread"
            await client.send("close", session=session)


async def isolated(product: RunningSite) -> bool:
    """Whether sessions of this site have process namespaces of their own."""
    async with connected(product.url) as client:
        session = await client.open()
        events = await client.evaluate(session, "import os; os.getpid() < 10")
        await client.send("close", session=session)
        return result_of(events) == "True"
