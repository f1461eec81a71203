"""What sessions do, behind a filter whose `memory_files` and `network` are the arguments (test_seccomp_loaded.py)."""

import asyncio
import concurrent.futures
import ctypes
import multiprocessing
import multiprocessing.shared_memory
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading

from sagews.session import capabilities, seccomp


def square(number: int) -> int:
    return number * number


def threads() -> None:
    done: list[int] = []
    running = [threading.Thread(target=done.append, args=(number,)) for number in range(5)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    assert sorted(done) == [0, 1, 2, 3, 4]


def processes() -> None:
    shell = subprocess.run("echo shell | tr a-z A-Z", shell=True, capture_output=True, text=True, check=True)
    assert shell.stdout == "SHELL\n"
    fork = multiprocessing.get_context("fork")
    with fork.Pool(2) as pool:
        assert pool.map(square, range(4)) == [0, 1, 4, 9]
    with concurrent.futures.ProcessPoolExecutor(1, fork) as executor:
        assert executor.submit(square, 5).result() == 25
    shared = multiprocessing.shared_memory.SharedMemory(create=True, size=1000)
    shared.close()
    shared.unlink()


def files() -> None:
    with tempfile.TemporaryDirectory() as directory:
        database = sqlite3.connect(f"{directory}/data")
        database.execute("create table t (x)")
        database.execute("insert into t values (7)")
        assert database.execute("select x from t").fetchall() == [(7,)]
        database.commit()
        database.close()
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"abc")


async def coroutines() -> None:
    process = await asyncio.create_subprocess_exec("echo", "text", stdout=subprocess.PIPE)
    assert (await process.communicate())[0] == b"text\n"
    assert await asyncio.to_thread(square, 3) == 9


def system() -> None:
    signal.signal(signal.SIGALRM, lambda number, frame: None)
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    signal.pause()
    assert ctypes.CFUNCTYPE(ctypes.c_int)(lambda: 5)() == 5
    os.openpty()


def mathematics() -> None:
    import matplotlib
    import numpy

    assert numpy.linalg.svd(numpy.eye(50))[1].sum() == 50
    matplotlib.use("agg")
    import matplotlib.pyplot as plot

    plot.plot([1, 2, 3])
    with tempfile.TemporaryFile() as file:
        plot.savefig(file)
        assert file.tell() > 1000


if __name__ == "__main__":
    capabilities.no_new_privileges()
    seccomp.load(seccomp.program(memory_files=sys.argv[1] == "True", network=sys.argv[2] == "True"))
    threads()
    processes()
    files()
    asyncio.run(coroutines())
    system()
    mathematics()
    print("all works")
