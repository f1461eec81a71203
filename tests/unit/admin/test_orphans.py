"""The first process of a container: it collects what others leave, and takes nobody's child away."""

import subprocess
import sys

from sagews.session import family
from tests.processes import wait_until

CODE = """
import asyncio, os, sys
from sagews.admin import orphans
from sagews.session import family

async def main():
    family.adopt_orphans()
    collecting = asyncio.create_task(orphans.collect())
    for _ in range(4):
        left = await asyncio.create_subprocess_exec("sh", "-c", "sleep 0.1 & exit 0")
        own = await asyncio.create_subprocess_exec("sh", "-c", "exit 7")
        assert (await left.wait(), await own.wait()) == (0, 7)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    collecting.cancel()

asyncio.run(main())
"""


def test_orphans_are_collected_and_children_stay_with_who_waits_for_them() -> None:
    process = subprocess.Popen([sys.executable, "-c", CODE], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None and process.stdout is not None
    try:
        assert process.stdout.readline() == b"ready\n"
        wait_until(lambda: not family.children(process.pid), 10, "nothing is left of the orphans")
    finally:
        process.stdin.close()
        assert process.wait(10) == 0
        process.stdout.close()
