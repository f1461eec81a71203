"""What a tree of processes uses, looked at from outside: real processes below this one."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sagews.protocol import sagews_pb2 as pb
from sagews.session import family
from sagews.worker.usage import LIST_SECONDS, Tree, Usage

MEGABYTE = 1 << 20

INIT = """
import os, sys, time
read, write = os.pipe()
pid = os.fork()
if pid == 0:
    os.close(write)
    os.read(read, 1)
    exec(sys.argv[1])
    print("done", flush=True)
    time.sleep(8)
    os._exit(0)
os.close(read)
print("ready", flush=True)
sys.stdin.read(1)
os.write(write, b"x")
sys.stdin.read()
"""
"""A process with one child, which runs the code that it is given once it is told to."""


@contextmanager
def tree_that_runs(code: str, limits: pb.Limits | None = None) -> Iterator[Tree]:
    """Look at a tree in which the code has run to its end and lives on; kill it afterwards."""
    process = subprocess.Popen(
        [sys.executable, "-c", INIT, code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        assert process.stdout.readline() == b"ready\n"
        tree = Tree([*family.children(process.pid), process.pid], limits or pb.Limits())
        process.stdin.write(b"x")
        process.stdin.flush()
        assert process.stdout.readline() == b"done\n"
        yield tree
    finally:
        for pid in (process.pid, *family.descendants(process.pid)):
            os.kill(pid, signal.SIGKILL)
        process.wait(5)
        process.stdin.close()
        process.stdout.close()


def used(code: str, limits: pb.Limits | None = None) -> Usage:
    with tree_that_runs(code, limits) as tree:
        return tree.usage()


def test_nothing_is_used_by_what_does_nothing() -> None:
    usage = used("pass")
    assert (usage.processes, usage.threads) == (1, 1)
    assert usage.memory < 5 * MEGABYTE and usage.cpu_seconds < 0.1


def test_memory_is_what_is_its_own() -> None:
    usage = used("kept = bytearray(50 << 20)")
    assert 48 * MEGABYTE < usage.memory < 60 * MEGABYTE
    assert usage.memory_peak == usage.memory


def test_what_all_forks_share_counts_for_none_and_what_each_writes_for_each() -> None:
    fork = "for _ in range(4):\n    if os.fork() == 0:\n        {}\n        time.sleep(8)\ntime.sleep(0.5)"
    assert used(fork.format("pass")).memory < 20 * MEGABYTE
    assert 75 * MEGABYTE < used(fork.format("kept = bytearray(20 << 20)")).memory < 110 * MEGABYTE


def test_near_the_limit_shared_pages_are_divided_among_those_who_share_them() -> None:
    code = "kept = bytearray(60 << 20)\nfor _ in range(3):\n    if os.fork() == 0: time.sleep(8)\ntime.sleep(0.3)"
    usage = used(code, pb.Limits(memory=100 * MEGABYTE))
    assert 55 * MEGABYTE < usage.memory < 90 * MEGABYTE


def test_processes_and_threads_are_counted_however_deep() -> None:
    code = """
import threading
for _ in range(2): threading.Thread(target=time.sleep, args=(8,), daemon=True).start()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0: time.sleep(8)
    time.sleep(8)
time.sleep(0.3)
"""
    usage = used(code)
    assert (usage.processes, usage.threads) == (3, 5)


def test_processor_time_is_that_of_all_also_of_those_that_ended() -> None:
    spin = "end = time.process_time() + 0.2\n{0}while time.process_time() < end: pass\n{0}"
    code = spin.format("") + "if os.fork() == 0:\n    " + spin.format("    ") + "os._exit(0)\nos.wait()"
    with tree_that_runs(code) as tree:
        assert 0.35 < tree.usage().cpu_seconds < 0.8
        assert tree.cpu_seconds() == pytest.approx(tree.usage().cpu_seconds, abs=0.05)


def test_what_has_ended_uses_nothing_more_and_its_time_is_not_forgotten() -> None:
    with tree_that_runs("end = time.process_time() + 0.2\nwhile time.process_time() < end: pass") as tree:
        before = tree.usage()
    time.sleep(0.1)
    after = tree.usage()
    assert (after.processes, after.memory) == (0, 0)
    assert (after.cpu_seconds, after.memory_peak) == (before.cpu_seconds, before.memory_peak)


def test_a_look_ends_where_the_limit_is_passed() -> None:
    code = "for _ in range(30):\n    if os.fork() == 0: time.sleep(8)\ntime.sleep(0.3)"
    assert used(code, pb.Limits(threads=10)).threads == 11


def test_the_processor_time_of_those_for_whom_nobody_waits_is_what_was_seen_of_it() -> None:
    code = """
import signal
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
burned, told = os.pipe()
if os.fork() == 0:
    end = time.process_time() + 0.3
    while time.process_time() < end: pass
    os.write(told, b"x")
    time.sleep(1)
    os._exit(0)
os.read(burned, 1)
"""
    with tree_that_runs(code) as tree:
        seen = tree.cpu_seconds()
        assert seen > 0.2
        end = time.monotonic() + 10
        while tree.usage().processes > 1:
            assert time.monotonic() < end
            time.sleep(0.05)
        assert tree.cpu_seconds() >= seen
        # What comes after it counts beside it.
        assert tree.usage().cpu_seconds < seen + 0.3


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs something as another")
def test_sessions_held_by_their_users_share_one_list_of_processes() -> None:
    users = range(6_700_000 + os.getpid() % 1000 * 8, 6_700_000 + os.getpid() % 1000 * 8 + 8)
    processes = [subprocess.Popen(["sleep", "60"], user=user, extra_groups=[]) for user in users]
    try:
        trees = [Tree([each.pid], pb.Limits(), user=user) for each, user in zip(processes, users, strict=True)]
        assert [tree.usage().processes for tree in trees] == [1] * 8, "a session is in the list as soon as it is there"
        looked = 0

        def count(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal looked
            looked += event == "os.listdir" and arguments == ("/proc",)

        sys.addaudithook(count)
        begun = time.monotonic()
        for tree in trees * 4:
            tree.usage()
        assert looked <= 1 + (time.monotonic() - begun) / LIST_SECONDS
        processes.append(subprocess.Popen(["sleep", "60"], user=users[0], extra_groups=[]))
        time.sleep(LIST_SECONDS * 1.1)
        assert trees[0].usage().processes == 2
    finally:
        for process in processes:
            process.kill()
            process.wait()
