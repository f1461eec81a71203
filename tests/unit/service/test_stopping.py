"""A service ends at a signal, and when its starter's end of the lifeline closes."""

import os
import signal
import subprocess
import sys

PROGRAM = """
import asyncio
from sagews.service.announcement import announce_ready
from sagews.service.stopping import stop_event

async def main():
    stop = stop_event(asyncio.get_running_loop(), lifeline=True)
    announce_ready(name="test")
    await stop.wait()

asyncio.run(main())
"""


def start() -> "subprocess.Popen[bytes]":
    process = subprocess.Popen([sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b'{"ready":{"name":"test"}}\n'
    return process


def ended(process: "subprocess.Popen[bytes]") -> int:
    with process:
        return process.wait(5)


def test_the_end_of_the_lifeline_ends_the_service() -> None:
    process = start()
    assert process.stdin is not None
    process.stdin.close()
    assert ended(process) == 0


def test_a_signal_ends_the_service() -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        process = start()
        os.kill(process.pid, number)
        assert ended(process) == 0


def test_bytes_on_the_lifeline_do_not() -> None:
    process = start()
    assert process.stdin is not None
    process.stdin.write(b"x")
    process.stdin.flush()
    try:
        process.wait(0.3)
    except subprocess.TimeoutExpired:
        pass
    else:
        raise AssertionError("it ended")
    process.stdin.close()
    assert ended(process) == 0
