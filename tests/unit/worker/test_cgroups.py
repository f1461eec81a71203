"""Where cgroups may be made: found in directories that look like the system's, and in its own where they can be."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sagews.protocol import sagews_pb2 as pb
from sagews.worker import cgroups
from sagews.worker.cgroups import Cgroups

LIMITS = pb.Limits(memory=1 << 30, threads=50)


def system(tmp_path: Path, mounts: list[tuple[str, str, str, str]], own: str) -> Path:
    """Write a `/proc/self` with mounts (root, point below `tmp_path`, kind, options) and own cgroups."""
    proc = tmp_path / "proc"
    proc.mkdir()
    lines = [
        f"{30 + number} 29 0:{number} {root} {tmp_path}/{point} rw,relatime shared:9 - {kind} none {options}"
        for number, (root, point, kind, options) in enumerate(mounts)
    ]
    (proc / "mountinfo").write_text("29 1 0:1 / / rw - ext4 /dev/vda rw\n" + "\n".join(lines) + "\n")
    (proc / "cgroup").write_text(own)
    return proc


def v2_directory(path: Path, *, controllers: str = "cpu memory pids", enabled: str = "", procs: str = "") -> None:
    os.makedirs(path, exist_ok=True)
    (path / "cgroup.controllers").write_text(controllers)
    (path / "cgroup.subtree_control").write_text(enabled)
    (path / "cgroup.procs").write_text(procs)


@pytest.fixture
def ordinary_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the owner of files decide, as for a user who is not root."""
    monkeypatch.setattr(cgroups.os, "getuid", lambda: 1000)


def chosen(proc: Path) -> list[tuple[int, dict[str, Path]]]:
    return [(layout.version, bases) for layout, bases in cgroups._choices(cgroups._mounted(proc))]


def test_version_1_is_found_below_its_own_cgroups(tmp_path: Path) -> None:
    mounts = [("/", f"sys/{name}", "cgroup", f"rw,{name}") for name in ("memory", "pids", "cpu,cpuacct")]
    mounts.append(("/", "sys/unified", "cgroup2", "rw"))
    proc = system(tmp_path, mounts, "4:memory:/a/b\n3:pids:/\n2:cpu,cpuacct:/c\n1:name=systemd:/x\n0::/\n")
    for path in ("memory/a/b", "pids", "cpu,cpuacct/c", "unified"):
        (tmp_path / "sys" / path).mkdir(parents=True)
    version, bases = chosen(proc)[0]
    sys_ = tmp_path / "sys"
    assert version == 1
    assert bases == {
        "memory": sys_ / "memory" / "a" / "b",
        "pids": sys_ / "pids",
        "cpuacct": sys_ / "cpu,cpuacct" / "c",
        "cpu": sys_ / "cpu,cpuacct" / "c",
    }


def test_a_container_sees_a_part_of_the_hierarchy(tmp_path: Path) -> None:
    mounts = [("/docker/abc", f"sys/{name}", "cgroup", f"ro,{name}") for name in ("memory", "pids", "cpuacct")]
    proc = system(tmp_path, mounts, "3:memory:/docker/abc\n2:pids:/docker/abc/below\n1:cpuacct:/docker/abc\n")
    bases = chosen(proc)[0][1]
    assert bases["memory"] == tmp_path / "sys" / "memory"
    assert bases["pids"] == tmp_path / "sys" / "pids" / "below"


@pytest.mark.usefixtures("ordinary_user")
def test_version_2_with_a_delegated_parent(tmp_path: Path) -> None:
    service = tmp_path / "sys" / "sagews.service"
    proc = system(tmp_path, [("/", "sys", "cgroup2", "rw")], "0::/sagews.service/services\n")
    v2_directory(service)
    v2_directory(service / "services", procs="1\n2\n")
    found = chosen(proc)
    assert found[0] == (2, {"all": service})


@pytest.mark.usefixtures("ordinary_user")
def test_version_2_alone_in_its_own_cgroup_moves_down(tmp_path: Path) -> None:
    service = tmp_path / "sys" / "sagews.service"
    proc = system(tmp_path, [("/", "sys", "cgroup2", "rw")], "0::/sagews.service\n")
    v2_directory(service, procs=f"{os.getpid()}\n")
    assert chosen(proc) == [(2, {"all": service})]
    assert (service / "supervisor" / "cgroup.procs").read_text() == str(os.getpid())


@pytest.mark.usefixtures("ordinary_user")
def test_version_2_with_others_in_its_own_cgroup_leaves_them_alone(tmp_path: Path) -> None:
    scope = tmp_path / "sys" / "session.scope"
    proc = system(tmp_path, [("/", "sys", "cgroup2", "rw")], "0::/session.scope\n")
    v2_directory(scope, procs=f"1\n{os.getpid()}\n")
    assert chosen(proc) == []
    assert Cgroups.find("w1", proc) is None
    assert not (scope / "supervisor").exists()


@pytest.mark.usefixtures("ordinary_user")
def test_version_2_makes_controls_and_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    service = tmp_path / "sys" / "sagews.service"
    proc = system(tmp_path, [("/", "sys", "cgroup2", "rw")], "0::/sagews.service/services\n")
    v2_directory(service, enabled="cpu ")
    v2_directory(service / "services")
    make = Path.mkdir

    def mkdir(path: Path, *arguments: object, **options: object) -> None:
        """Do as the system does, which puts its files into every new directory."""
        make(path, *arguments, **options)  # type: ignore[arg-type]
        v2_directory(path)

    monkeypatch.setattr(Path, "mkdir", mkdir)
    found = Cgroups.find("w1", proc)
    assert found is not None
    assert (found.version, found.controllers) == (2, ["cpu", "memory", "pids"])
    assert (service / "cgroup.subtree_control").read_text() == "+memory +pids"
    (own,) = service.glob("sagews-w1-*")
    assert (own / "cgroup.subtree_control").read_text() == "+cpu +memory +pids"
    cgroup = found.make("s1", LIMITS)
    assert (own / "s1" / "memory.max").read_text() == str(1 << 30)
    assert (own / "s1" / "pids.max").read_text() == "50"
    assert len(cgroup.procs) == 1
    cgroup.close()


@pytest.mark.usefixtures("ordinary_user")
def test_version_2_without_the_controllers_is_none(tmp_path: Path) -> None:
    service = tmp_path / "sys" / "sagews.service"
    proc = system(tmp_path, [("/", "sys", "cgroup2", "rw")], "0::/sagews.service/services\n")
    v2_directory(service, controllers="cpu")
    v2_directory(service / "services")
    assert Cgroups.find("w1", proc) is None
    assert list(service.glob("sagews-*")) == []


def test_no_cgroups_at_all(tmp_path: Path) -> None:
    assert Cgroups.find("w1", tmp_path / "nowhere") is None
    assert Cgroups.find("w1", system(tmp_path, [], "")) is None


async def test_the_systems_own_cgroups() -> None:
    found = Cgroups.find("probe")
    if found is None:
        pytest.skip("this user may make no cgroups")
    cgroup = found.make("s1", LIMITS)
    code = (
        "import os, sys\nfor fd in sys.argv[1:]: os.write(int(fd), b'0')\n"
        "os.read(0, 1)\nkept = [bytearray(20 << 20) for _ in range(3)]\nprint(1, flush=True)\nos.read(0, 1)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, cgroup.procs)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        pass_fds=cgroup.procs,
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        process.stdin.write(b"1")
        process.stdin.flush()
        assert process.stdout.readline() == b"1\n"
        usage = cgroup.usage()
        assert (usage.processes, usage.oom_kills, usage.failed_forks) == (1, 0, 0)
        assert usage.threads >= usage.processes and usage.cpu_seconds > 0
        assert usage.memory_peak > 20 << 20
    finally:
        found.remove(cgroup)
        status = await asyncio.to_thread(process.wait, 5)
        process.stdin.close()
        process.stdout.close()
        await found.close()
    assert status == -9, "what is in a cgroup that is removed is killed"
    for base in found._bases.values():
        assert not list(base.glob(f"sagews-probe-*-{os.getpid()}-*"))
