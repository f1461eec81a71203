"""A whole site by `sagews admin`: each command with what it prints and its exit status."""

import fcntl
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import wait_until
from tests.site.admin.command import AdministeredSite, administered_site


@pytest.fixture(scope="module")
def site() -> Iterator[AdministeredSite]:
    """Give a site that runs, and is as its file says."""
    with administered_site() as site:
        started = site.admin("start")
        assert started.status == 0, started
        assert "worker1: started" in started.stdout and "backend1: started" in started.stdout
        yield site
        stopped = site.admin("stop")
        assert stopped.status == 0 and stopped.stdout == "backend1: stopped\nworker1: stopped\n", stopped
        assert site.admin("stop").stdout == "nothing runs here\n"
        assert site.admin("status").status == 1


def processes(site: AdministeredSite) -> dict[str, int]:
    return {service["service"]: service["pid"] for service in site.admin("status", "--json").json["services"]}


def test_it_evaluates(site: AdministeredSite) -> None:
    assert site.sagews("run", "-c", "1+1", "--server", site.url).stdout.strip() == "2"


def test_status(site: AdministeredSite) -> None:
    shown = site.admin("status")
    assert shown.status == 0
    table, figures = shown.stdout.split("\n\n")
    assert [line.split()[:2] for line in table.splitlines()[1:]] == [
        ["worker1", "running"],
        ["backend1", "running"],
    ]
    assert re.search(r"^\S+ evaluations a second, .*\n\d+ sessions, .*\n\S+ errors a minute", figures)
    one = site.admin("status", "backend", "--json").json
    assert one["right"] and [service["service"] for service in one["services"]] == ["backend1"]
    assert one["figures"]["sessions"] == 0 and one["figures"]["memory"] > 10_000_000


def test_several_starts_at_once_change_nothing(site: AdministeredSite) -> None:
    before = processes(site)
    command = [site.python, "-P", "-m", "sagews", "admin", "start", "all", "--config", str(site.file)]
    starts = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert [start.communicate(timeout=60)[0] for start in starts] == ["worker1: runs\nbackend1: runs\n"] * 4
    assert [start.returncode for start in starts] == [0] * 4
    assert processes(site) == before


def test_a_change_is_shown_and_closed(site: AdministeredSite) -> None:
    before = processes(site)
    site.write("[limits]\noutput_bytes = 1000000\n")
    changed = site.admin("status")
    assert changed.status == 1 and changed.stdout.count("not as the configuration says") == 2
    assert site.admin("reload").status == 1
    assert site.admin("start").status == 0
    site.write()
    assert site.admin("start").status == 0
    assert not set(processes(site).values()) & set(before.values())


def test_a_killed_backend_comes_back(site: AdministeredSite) -> None:
    before = processes(site)
    os.kill(before["backend1"], signal.SIGKILL)
    wait_until(lambda: site.admin("status").status == 0, 30, "all run")
    assert processes(site)["worker1"] == before["worker1"]


@pytest.mark.parametrize(
    ("text", "arguments", "status", "said"),
    [
        ("[backend]\nprot = 80\n", ("start",), 2, "prot"),
        ("= 3", ("restart",), 2, "is not valid TOML"),
        ("", ("start", "nothing"), 2, "nothing: is no service of the site"),
        ("", ("start", "--machine", "nowhere"), 2, "nowhere: is no machine of the site"),
        ("", ("start", "--timeout", "0"), 2, "timeout"),
    ],
)
def test_what_is_wrong_is_told_with_status_2(
    site: AdministeredSite, tmp_path: Path, text: str, arguments: tuple[str, ...], status: int, said: str
) -> None:
    before = processes(site)
    file = tmp_path / "sagews.toml"
    file.write_text(text or site.file.read_text())
    ended = site.sagews("admin", *arguments, "--config", str(file))
    assert ended.status == status and said in ended.stderr and "Traceback" not in ended.stderr, ended
    assert processes(site) == before


def test_a_command_that_passes_its_time_limit_ends_with_status_5(site: AdministeredSite) -> None:
    process = processes(site)["worker1"]
    lock = os.open(site.places.lock, os.O_RDWR)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ended = site.admin("restart", "--timeout", "1")
        assert ended.status == 5 and "another command works on this machine" in ended.stderr
    finally:
        os.close(lock)
    assert processes(site)["worker1"] == process


def test_a_service_that_fails_ends_with_status_3() -> None:
    with administered_site() as site:
        site.places.data.mkdir()
        (site.places.data / "ticket-keys").write_text("no key")
        ended = site.admin("start", "--timeout", "40")
        assert ended.status == 3 and "backend1: failed" in ended.stderr, ended
        assert "worker1: started" in ended.stdout


def test_the_unit_is_one_that_systemd_reads(site: AdministeredSite, tmp_path: Path) -> None:
    unit = site.admin("unit")
    assert unit.status == 0
    assert f"PIDFile={site.places.pid}\n" in unit.stdout
    assert f"admin start --here --config {site.file}\n" in unit.stdout
    assert site.admin("start", "--here").stdout == "worker1: runs\nbackend1: runs\n"
    file = tmp_path / "sagews.service"
    file.write_text(unit.stdout)
    try:
        verified = subprocess.run(["systemd-analyze", "verify", str(file)], capture_output=True, text=True, timeout=60)
    except FileNotFoundError:
        return
    assert "sagews.service:" not in verified.stderr, verified.stderr
