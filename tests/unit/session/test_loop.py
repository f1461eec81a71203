"""The loop that is made before it is opened."""

import asyncio
import os

from sagews.session.loop import Loop


def test_made_here_opened_there() -> None:
    before = os.listdir("/proc/self/fd")
    loop = Loop()
    assert os.listdir("/proc/self/fd") == before, "it has no descriptor yet"
    loop.open()
    try:
        assert loop.run_until_complete(asyncio.sleep(0, 7)) == 7
        assert loop.run_until_complete(asyncio.wait_for(loop.run_in_executor(None, lambda: 8), 5)) == 8
        loop.run_until_complete(loop.shutdown_default_executor())
    finally:
        loop.close()


def test_a_fork_has_a_loop_of_its_own() -> None:
    loop = Loop()
    loop.open()
    reader, writer = os.pipe()
    loop.add_reader(reader, loop.stop)
    if (pid := os.fork()) == 0:
        loop.remove_reader(reader)
        loop.call_soon(loop.stop)
        loop.run_forever()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    os.write(writer, b"x")
    loop.run_forever()
    loop.remove_reader(reader)
    loop.close()
    os.close(reader)
    os.close(writer)
