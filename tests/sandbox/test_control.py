"""What must still work within all walls, and what siblings must not share."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.targets import Secret
from tests.sandbox.workers import Walled, walled_worker
from tests.site.worker_process import BackendEnd, link_to, stdout_of, told

WORK = {
    "lazy import": "import sympy\nassert sympy.factor('x**2-1')",
    "plot": "import matplotlib.pyplot as plot\nplot.plot([1, 2, 3])\nplot.title('$x^2$')\nplot.show()",
    "subprocess": "import subprocess\n"
    "assert subprocess.run('echo a | tr a b', shell=True, capture_output=True, text=True).stdout == 'b\\n'",
    "shell": "!echo shell\n%pwd",
    "sqlite3": "import sqlite3\ndata = sqlite3.connect('data')\ndata.execute('create table t (x)')\n"
    "data.execute('insert into t values (7)')\ndata.commit()\nassert list(data.execute('select * from t')) == [(7,)]",
    "processes": "import multiprocessing\nwith multiprocessing.get_context('fork').Pool(2) as pool:\n"
    "    assert pool.map(abs, [-1, -2]) == [1, 2]",
    "spawned processes": "import concurrent.futures, multiprocessing\n"
    "with concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context('spawn')) as pool:\n"
    "    assert pool.submit(abs, -3).result(60) == 3",
    "threads": "import threading\nfound = []\nfor n in range(20):\n    threading.Thread(target=found.append, args=(n,)).start()\n"
    "for thread in threading.enumerate():\n    if thread is not threading.current_thread() and not thread.daemon:\n"
    "        thread.join()\nassert len(found) == 20",
    "SVD": "import numpy\na = numpy.random.rand(300, 300)\nassert numpy.linalg.svd(a @ a)[1][0] > 0",
    "SciPy": "import scipy.integrate\nassert abs(scipy.integrate.quad(abs, -1, 1)[0] - 1) < 1e-9",
    "pandas": "import pandas\npandas.DataFrame({'a': [1, 2]}).to_csv('a.csv')\nassert len(pandas.read_csv('a.csv')) == 2",
    "asyncio": "import asyncio\nawait asyncio.sleep(0.01)\n"
    "process = await asyncio.create_subprocess_exec('echo', 'x', stdout=asyncio.subprocess.PIPE)\n"
    "assert (await process.communicate())[0] == b'x\\n'\nassert await asyncio.to_thread(abs, -1) == 1",
    "temporary files": "import tempfile\nwith tempfile.NamedTemporaryFile() as file, tempfile.TemporaryDirectory() as place:\n"
    "    file.write(b'x')",
    "shared memory": "from multiprocessing import shared_memory\nshared = shared_memory.SharedMemory(create=True, size=1 << 20)\n"
    "shared.buf[0] = 1\nshared.close()\nshared.unlink()",
    "C compiled away": "import ctypes\nassert ctypes.CFUNCTYPE(ctypes.c_int)(lambda: 5)() == 5",
    "who one is": "import getpass, os, pathlib, pwd\nassert pathlib.Path.home() == pathlib.Path.cwd()\n"
    "assert pwd.getpwuid(os.getuid()).pw_name == getpass.getuser()",
    "interrupt": "import signal\nsignal.setitimer(signal.ITIMER_REAL, 0)\nassert signal.getsignal(signal.SIGINT)",
    "Unix sockets": "import socket\na, b = socket.socketpair()\na.send(b'x')\nassert b.recv(1) == b'x'\n"
    "server = socket.socket(socket.AF_UNIX)\nserver.bind('/tmp/own')\nserver.listen()\n"
    "client = socket.socket(socket.AF_UNIX)\nclient.connect('/tmp/own')",
    "own files": "import os\nos.makedirs('a/b')\nos.symlink('b', 'a/c')\nos.link('/etc/hostname', 'x') if 0 else None\n"
    "open('a/b/d', 'w').write('x')\nassert open('a/c/d').read() == 'x'\nos.chmod('a/b/d', 0o755)\nos.rename('a', 'e')",
    "what the system tells": "import os\nassert open('/proc/cpuinfo').read() and open('/proc/meminfo').read()\n"
    "assert os.cpu_count() and open('/proc/self/status').read() and os.getloadavg()",
}
RANDOM = """
import json, random, secrets, tempfile, uuid
import numpy, os
print(json.dumps([random.random(), numpy.random.rand(), numpy.random.default_rng().random(), str(uuid.uuid4()),
                  secrets.token_hex(), tempfile.mktemp(), os.urandom(8).hex()]))
"""


@pytest.fixture(scope="module", params=["A", "B"])
def walled(request: pytest.FixtureRequest) -> Iterator[Walled]:
    with walled_worker(request.param, Secret().text, "/usr/share") as walled:
        yield walled


async def test_44_all_that_readers_do_works(walled: Walled) -> None:
    async with link_to(walled.worker) as link:
        failed = {name: text for name, code in WORK.items() if (text := await trouble(link, code))}
        assert not failed, "\n".join(f"{name}: {text}" for name, text in failed.items())


async def trouble(link: BackendEnd, code: str) -> str:
    """Return what went wrong with a cell; nothing if all went well."""
    events = await link.evaluate(code, deadline=60)
    if told(events)[-1] == "done:done":
        return ""
    errors = [json.loads(event.output.body) for event in events if event.WhichOneof("kind") == "output"]
    return f"{told(events)[-1]} {errors[-1:]}"


async def test_34_siblings_draw_other_random_numbers(walled: Walled) -> None:
    drawn: list[list[Any]] = []
    for _ in range(3):
        async with link_to(walled.worker) as link:
            drawn.append(json.loads(stdout_of(await link.evaluate(RANDOM))))
    for numbers in zip(*drawn, strict=True):
        assert len(set(numbers)) == 3, numbers


async def test_siblings_are_different_users_or_in_different_user_namespaces(walled: Walled) -> None:
    code = "import os\nprint(os.getuid(), os.readlink('/proc/self/ns/user'))"
    async with link_to(walled.worker) as one, link_to(walled.worker) as other:
        told_by_one = stdout_of(await one.evaluate(code)).split()
        told_by_other = stdout_of(await other.evaluate(code)).split()
    assert told_by_one[0 if walled.tier == "A" else 1] != told_by_other[0 if walled.tier == "A" else 1]
