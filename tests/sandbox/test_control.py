"""What must still work within all walls, and what siblings must not share."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.targets import Secret
from tests.sandbox.workers import Walled, walled_worker
from tests.site.worker_process import BackendEnd, link_to, stdout_of, told

WORK = {
    "lazy import": """
import sympy
assert sympy.factor('x**2-1')
""",
    "plot": """
import matplotlib.pyplot as plot
plot.plot([1, 2, 3])
plot.title('$x^2$')
plot.show()
""",
    "subprocess": """
import subprocess
assert subprocess.run('echo a | tr a b', shell=True, capture_output=True, text=True).stdout == 'b\\n'
""",
    "shell": """
!echo shell
%pwd
""",
    "sqlite3": """
import sqlite3
data = sqlite3.connect('data')
data.execute('create table t (x)')
data.execute('insert into t values (7)')
data.commit()
assert list(data.execute('select * from t')) == [(7,)]
""",
    "processes": """
import multiprocessing
with multiprocessing.get_context('fork').Pool(2) as pool:
    assert pool.map(abs, [-1, -2]) == [1, 2]
""",
    "spawned processes": """
import concurrent.futures, multiprocessing
with concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context('spawn')) as pool:
    assert pool.submit(abs, -3).result(60) == 3
""",
    "threads": """
import threading
found = []
threads = [threading.Thread(target=found.append, args=(n,)) for n in range(20)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert len(found) == 20
""",
    "SVD": """
import numpy
a = numpy.random.rand(300, 300)
assert numpy.linalg.svd(a @ a)[1][0] > 0
""",
    "SciPy": """
import scipy.integrate
assert abs(scipy.integrate.quad(abs, -1, 1)[0] - 1) < 1e-9
""",
    "pandas": """
import pandas
pandas.DataFrame({'a': [1, 2]}).to_csv('a.csv')
assert len(pandas.read_csv('a.csv')) == 2
""",
    "asyncio": """
import asyncio
await asyncio.sleep(0.01)
process = await asyncio.create_subprocess_exec('echo', 'x', stdout=asyncio.subprocess.PIPE)
assert (await process.communicate())[0] == b'x\\n'
assert await asyncio.to_thread(abs, -1) == 1
""",
    "temporary files": """
import tempfile
with tempfile.NamedTemporaryFile() as file, tempfile.TemporaryDirectory():
    file.write(b'x')
""",
    "shared memory": """
from multiprocessing import shared_memory
shared = shared_memory.SharedMemory(create=True, size=1 << 20)
shared.buf[0] = 1
shared.close()
shared.unlink()
""",
    "who one is": """
import getpass, os, pathlib, pwd
assert pathlib.Path.home() == pathlib.Path.cwd()
assert pwd.getpwuid(os.getuid()).pw_name == getpass.getuser()
""",
    "Unix sockets": """
import socket
a, b = socket.socketpair()
a.send(b'x')
assert b.recv(1) == b'x'
server = socket.socket(socket.AF_UNIX)
server.bind('/tmp/own')
server.listen()
client = socket.socket(socket.AF_UNIX)
client.connect('/tmp/own')
""",
    "own files": """
import os
os.makedirs('a/b')
os.symlink('b', 'a/c')
open('a/b/d', 'w').write('x')
assert open('a/c/d').read() == 'x'
os.chmod('a/b/d', 0o755)
os.rename('a', 'e')
""",
    "what the system tells": """
import os
assert open('/proc/cpuinfo').read() and open('/proc/meminfo').read()
assert os.cpu_count() and open('/proc/self/status').read() and os.getloadavg()
""",
    "calls from C": """
import ctypes
assert ctypes.CFUNCTYPE(ctypes.c_int)(lambda: 5)() == 5
""",
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
