"""Where groups could stand, from what a machine says of its mounts; a real trial where this one has some."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sagews.machine import cgroups, ownership
from sagews.machine.cgroups import Place, UntriedError, places
from sagews.machine.trial import MissingError

V2 = "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
V1 = (
    "31 23 0:27 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
    "32 23 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
    "33 23 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
)
TOP = Path("/sys/fs/cgroup")


def test_beside_its_own_below_it_and_at_the_top() -> None:
    own = "0::/system.slice/sagews.service/worker\n"
    found = places(V2, own)
    assert found["memory"] == found["pids"] == found["cpu"]
    service = TOP / "system.slice/sagews.service"
    assert found["memory"] == [Place(2, service), Place(2, service / "worker"), Place(2, TOP)]


def test_at_the_top_of_a_container() -> None:
    assert places(V2, "0::/\n")["pids"] == [Place(2, TOP)]


def test_the_old_version_comes_first_where_both_are() -> None:
    found = places(V1, "2:cpu,cpuacct:/user.slice\n3:memory:/user.slice/a\n0::/user.slice/a\n")
    assert found["cpu"][0] == Place(1, TOP / "cpu,cpuacct/user.slice")
    assert found["memory"][0] == Place(1, TOP / "memory/user.slice/a")
    assert [place.version for place in found["pids"]] == [2, 2, 2]


def test_a_part_that_is_mounted_is_found_from_where_it_begins() -> None:
    mounts = "40 23 0:26 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n"
    assert places(mounts, "3:memory:/docker/abc/inner\n")["memory"] == [Place(1, TOP / "memory/inner")]


@pytest.mark.parametrize("own", ["0::/../../other\n", "0::/..\n"])
def test_a_group_outside_of_what_is_seen_is_not_left_for(own: str) -> None:
    for place in places(V2, own)["memory"]:
        assert ".." not in place.directory.parts
        assert place.directory.is_relative_to(TOP)


@pytest.mark.parametrize(("mounts", "own"), [("", ""), ("1 2\n - \n", "a\nb:c\n"), (V2, "3:memory:/\n")])
def test_what_is_no_such_file_has_no_places(mounts: str, own: str) -> None:
    assert not any(places(mounts, own).values())


@pytest.mark.parametrize("controller", cgroups.CONTROLLERS)
def test_a_trial_leaves_no_group(controller: str) -> None:
    try:
        assert cgroups.try_controller(controller, thorough=True).startswith("version ")
    except (MissingError, OSError) as error:
        assert str(error)
    assert not [path for path in TOP.rglob(f"sagews-doctor-*-{os.getpid()}-*")]


class System:
    """Directories that look like those of version 2: new ones get the controllers that their parent hands on."""

    def __init__(self, top: Path, *, there: str, enabled: str, procs: str = "", kind: str = "domain") -> None:
        self.top = top
        self._fill(top, there, enabled, procs)
        if kind:
            (top / "cgroup.type").write_text(kind)

    def _fill(self, directory: Path, there: str, enabled: str = "", procs: str = "") -> None:
        (directory / "cgroup.controllers").write_text(there)
        (directory / "cgroup.subtree_control").write_text(enabled)
        (directory / "cgroup.procs").write_text(procs)

    def mkdir(self, path: Path) -> None:
        os.mkdir(path)
        self._fill(path, (path.parent / "cgroup.subtree_control").read_text().replace("+", ""))

    def rmdir(self, path: Path) -> None:
        for name in ("cgroup.controllers", "cgroup.subtree_control", "cgroup.procs"):
            (path / name).unlink()
        os.rmdir(path)

    def has_changed(self, enabled: str) -> bool:
        return (self.top / "cgroup.subtree_control").read_text() != enabled or bool(list(self.top.glob("sagews-*")))


@pytest.fixture
def likeness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., System]:
    def make(**facts: str) -> System:
        system = System(tmp_path, **facts)
        monkeypatch.setattr(Path, "mkdir", lambda path: system.mkdir(path))
        monkeypatch.setattr(Path, "rmdir", lambda path: system.rmdir(path))
        return system

    return make


def test_a_trial_of_version_2_switches_on_what_is_its_own(likeness: Callable[..., System]) -> None:
    system = likeness(there="cpu memory pids", enabled="cpu memory")
    with cgroups.group(Place(2, system.top), "memory") as own:
        assert own.name == "trial" and own.parent.parent == system.top
        assert (own.parent / "cgroup.subtree_control").read_text() == "+memory"
        assert (system.top / "cgroup.subtree_control").read_text() == "cpu memory"
    assert not system.has_changed("cpu memory")


@pytest.mark.parametrize(
    ("facts", "error"),
    [
        ({"there": "memory"}, UntriedError),
        ({"there": "memory", "procs": f"{os.getpid()}\n"}, UntriedError),
        ({"there": "memory", "procs": "1\n2\n", "kind": ""}, UntriedError),
        ({"there": "memory", "procs": "1\n2\n"}, MissingError),
        ({"there": "cpu"}, MissingError),
    ],
)
def test_a_trial_of_version_2_switches_nothing_on_for_others(
    likeness: Callable[..., System], facts: dict[str, str], error: type[Exception]
) -> None:
    system = likeness(enabled="", **facts)
    with pytest.raises(error), cgroups.group(Place(2, system.top), "memory"):
        pytest.fail("there is no group")
    assert not system.has_changed("")


def test_what_a_trial_left_that_was_killed_is_removed_by_the_next(likeness: Callable[..., System]) -> None:
    system = likeness(there="memory", enabled="memory")
    own = ownership.name("doctor")
    dead = own[: own.rindex("-")] + "-1"  # another process had this one's number
    for name in (dead, f"{dead}/trial"):
        (system.top / name).mkdir()
    with cgroups.group(Place(2, system.top), "memory"):
        assert [path.name for path in system.top.glob("sagews-*")] == [own]
    assert not system.has_changed("memory")
