"""Descendants, found and killed, in a process of their own."""

import os
import signal
import subprocess
import sys

import pytest

from sagews.session import family

TREE = """
import os, sys, threading, time
from sagews.session import family
family.adopt_orphans()
family._LISTED = sys.argv[1] == "listed"
if not family._LISTED:
    family.children = lambda pid: [child for child in family._processes() if family._parent(child) == pid]
def spin(depth):
    os.setsid()
    if depth and os.fork() == 0:
        spin(depth - 1)
    threading.Thread(target=lambda: os.fork() or time.sleep(60)).start()
    time.sleep(60)
if (child := os.fork()) == 0:
    spin(3)
if (spared := os.fork()) == 0:
    time.sleep(60)
while len(list(family.descendants(os.getpid()))) < 9: time.sleep(0.01)
statuses = family.kill_all(spare=[spared])
assert os.WTERMSIG(statuses[child]) == 9, statuses
assert family.children(os.getpid()) == [spared]
assert list(family.kill_all()) == [spared]
assert family.children(os.getpid()) == [] and family.reap() == {}
"""


@pytest.mark.parametrize("how", ["listed", "searched"])
def test_a_whole_tree(how: str) -> None:
    done = subprocess.run([sys.executable, "-c", TREE, how], timeout=30, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_reaping() -> None:
    code = (
        "import os, time\nfrom sagews.session import family\n"
        "pid = os.fork() or os._exit(3)\nstatuses = {}\nwhile not statuses: statuses = family.reap()\n"
        "assert os.waitstatus_to_exitcode(statuses[pid]) == 3"
    )
    subprocess.run([sys.executable, "-c", code], timeout=30, check=True)


def test_children_of_nobody() -> None:
    assert family.children(2**22 + 1) == []


def test_dying_with_the_parent() -> None:
    code = (
        "import os, sys, time\nfrom sagews.session import family\n"
        "r, w = os.pipe()\n"
        "if os.fork() == 0:\n    family.die_with_parent()\n    print(os.getpid(), flush=True)\n    time.sleep(60)\n"
        "time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert process.stdout is not None
    child = int(process.stdout.readline())
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert process.stdout.read() == b"", "the end of the pipe: the child is dead"
    process.stdout.close()
    from tests.unit.session.running import wait_until_dead

    wait_until_dead(child)
