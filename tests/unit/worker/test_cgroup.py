"""One cgroup: its files written, read and understood, in directories that look like those of both versions."""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sagews.protocol import sagews_pb2 as pb
from sagews.worker.cgroup import ALL, V1, V2, Cgroup

LIMITS = pb.Limits(memory=1 << 30, threads=50)


def filled(directory: Path, **files: str) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (directory / name.replace("__", ".")).write_text(text)
    return directory


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(["sleep", "60"])
    yield process
    process.kill()
    process.wait()


def version_1(root: Path) -> Cgroup:
    return Cgroup(
        V1,
        {
            "memory": filled(
                root / "memory" / "s1",
                cgroup__procs="",
                memory__limit_in_bytes="9223372036854771712\n",
                memory__memsw__limit_in_bytes="9223372036854771712\n",
                memory__usage_in_bytes="5000\n",
                memory__max_usage_in_bytes="7000\n",
                memory__oom_control="oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
            ),
            "pids": filled(
                root / "pids" / "s1",
                cgroup__procs="10\n11\n",
                pids__max="max\n",
                pids__current="5\n",
                pids__events="max 3\n",
            ),
            "cpuacct": filled(root / "cpuacct" / "s1", cgroup__procs="", cpuacct__usage="1500000000\n"),
        },
    )


def version_2(root: Path) -> Cgroup:
    directory = filled(
        root / "s1",
        cgroup__procs="10\n11\n",
        memory__max="max\n",
        memory__swap__max="max\n",
        memory__current="5000\n",
        memory__peak="7000\n",
        memory__events="low 0\nhigh 0\nmax 9\noom 2\noom_kill 2\noom_group_kill 0\n",
        pids__max="max\n",
        pids__current="5\n",
        pids__events="max 3\n",
        cpu__stat="usage_usec 1500000\nuser_usec 1000000\nsystem_usec 500000\n",
    )
    return Cgroup(V2, {ALL: directory})


@pytest.mark.parametrize("make", [version_1, version_2])
def test_what_is_used_is_read(tmp_path: Path, make: type[Cgroup]) -> None:
    usage = make(tmp_path).usage()  # type: ignore[arg-type, call-arg]
    assert (usage.cpu_seconds, usage.memory, usage.memory_peak) == (1.5, 5000, 7000)
    assert (usage.processes, usage.threads, usage.oom_kills, usage.failed_forks) == (2, 5, 2, 3)


def test_limits_are_written_in_version_1(tmp_path: Path) -> None:
    version_1(tmp_path).limit(LIMITS)
    memory = tmp_path / "memory" / "s1"
    assert (memory / "memory.limit_in_bytes").read_text() == str(1 << 30)
    assert (memory / "memory.memsw.limit_in_bytes").read_text() == str(1 << 30), "of memory and swap together"
    assert (tmp_path / "pids" / "s1" / "pids.max").read_text() == "50"


def test_limits_are_written_in_version_2(tmp_path: Path) -> None:
    version_2(tmp_path).limit(LIMITS)
    assert (tmp_path / "s1" / "memory.max").read_text() == str(1 << 30)
    assert (tmp_path / "s1" / "memory.swap.max").read_text() == "0", "of swap alone"
    assert (tmp_path / "s1" / "pids.max").read_text() == "50"


def test_no_limit_is_left_as_it_is(tmp_path: Path) -> None:
    version_2(tmp_path).limit(pb.Limits())
    assert (tmp_path / "s1" / "memory.max").read_text() == "max\n"
    assert (tmp_path / "s1" / "pids.max").read_text() == "max\n"


@pytest.mark.parametrize("text", ["", "max", "nonsense", "1 2 3\n\nx y\n", "oom_kill -1", "\xff\xfe"])
def test_what_is_not_understood_is_nothing(tmp_path: Path, text: str) -> None:
    directory = filled(tmp_path / "s1", memory__events=text, cpu__stat=text, memory__current=text, pids__events=text)
    usage = Cgroup(V2, {ALL: directory}).usage()
    assert (usage.cpu_seconds, usage.memory, usage.oom_kills, usage.failed_forks, usage.processes) == (0, 0, 0, 0, 0)


def test_a_process_joins_every_hierarchy(tmp_path: Path) -> None:
    cgroup = version_1(tmp_path)
    for directory in tmp_path.glob("*/s1"):
        (directory / "tasks").write_text("")
    cgroup.open()
    assert len(cgroup.procs) == 3
    for fd in cgroup.procs:
        os.write(fd, b"0")
    cgroup.close()
    assert cgroup.procs == []
    assert [path.read_text() for path in tmp_path.glob("*/s1/tasks")] == ["0", "0", "0"]


def test_the_file_that_kills_is_used_where_it_is(tmp_path: Path) -> None:
    cgroup = version_2(tmp_path)
    (tmp_path / "s1" / "cgroup.kill").write_text("")
    cgroup.kill()
    assert (tmp_path / "s1" / "cgroup.kill").read_text() == "1"


def test_without_it_each_process_is_killed(tmp_path: Path, sleeper: "subprocess.Popen[bytes]") -> None:
    cgroup = version_2(tmp_path)
    (tmp_path / "s1" / "cgroup.procs").write_text(f"0\n1\n{sleeper.pid}\n")
    cgroup.kill()
    assert sleeper.wait(5) == -9


async def test_it_is_removed_as_soon_as_it_is_empty(tmp_path: Path) -> None:
    directory = tmp_path / "s1"
    directory.mkdir()
    busy = filled(directory / "busy")
    removal = asyncio.create_task(Cgroup(V2, {ALL: directory}).remove(deadline=5.0))
    await asyncio.sleep(0.05)
    assert not removal.done()
    busy.rmdir()
    assert await asyncio.wait_for(removal, 5)
    assert not directory.exists()


async def test_what_cannot_be_removed_is_given_up(tmp_path: Path) -> None:
    (tmp_path / "s1" / "busy").mkdir(parents=True)
    assert not await Cgroup(V2, {ALL: tmp_path / "s1"}).remove(deadline=0.1)
    assert await Cgroup(V2, {ALL: tmp_path / "never"}).remove(deadline=0.1), "gone is gone"
