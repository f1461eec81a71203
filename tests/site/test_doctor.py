"""`sagews doctor`, the tier that a worker tells, and who is let in with which."""

import json
import os
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from sagews.client import Client
from sagews.machine import ownership
from sagews.session import namespaces
from tests.running import RunningSite, running_site
from tests.site.commands import sagews
from tests.site.ordinary_user import OrdinaryUser
from tests.site.worker_process import QUICK, running_worker

as_root = pytest.mark.skipif(os.getuid() != 0, reason="needs root")
BARE = '[[environment]]\nname = "python"\npreload = []\nspares = 0\n'


@pytest.fixture(scope="module")
def ordinary(tmp_path_factory: pytest.TempPathFactory) -> OrdinaryUser:
    """Give an ordinary user with an installation of their own."""
    return OrdinaryUser(tmp_path_factory.mktemp("ordinary") / "venv")


def report_of(text: str) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(text)
    return report


def finding(report: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [row for row in report["findings"] if row["name"] == name]
    return found


# ------------------------------------------------------------------ the command


def test_the_table_names_tiers_walls_and_what_to_do(tmp_path: Path) -> None:
    ran = sagews(tmp_path, "doctor")
    assert ran.status == 0, ran.stderr
    lines = ran.stdout.splitlines()
    assert any(line.startswith("Worker w1 would isolate its sessions in tier ") for line in lines)
    for tier in "ABCD":
        assert any(line.startswith(f"  {tier}  can") for line in lines), tier
    for wall in ("filter of system calls", "network namespaces", "cgroups: memory", "open files", "huge pages"):
        assert any(line[7:].startswith(wall) for line in lines), wall


@as_root
def test_root_has_all_that_its_system_gives(tmp_path: Path) -> None:
    report = report_of(sagews(tmp_path, "doctor", "--json").stdout)
    assert finding(report, "root")["holds"] == finding(report, "users of their own")["holds"]
    reachable = {row["tier"]: row["reachable"] for row in report["tiers"]}
    assert report["tier"] == next(tier for tier in "ABCD" if reachable[tier])
    if reachable["A"]:
        with running_worker(tmp_path, QUICK) as worker:
            told = [json.loads(line) for line in worker.log.read_text().splitlines() if '"examined"' in line]
        assert [line["isolation"]["tier"] for line in told] == ["A"]


def test_it_leaves_nothing_on_the_machine(tmp_path: Path) -> None:
    mounts = Path("/proc/self/mounts").read_text()
    hostname = os.uname().nodename
    sagews(tmp_path, "doctor")  # which asserts that no process is left
    assert Path("/proc/self/mounts").read_text() == mounts
    assert os.uname().nodename == hostname
    left = [path.name for path in Path("/sys/fs/cgroup").rglob("sagews-doctor-*")]
    assert not [name for name in left if ownership.is_dead(name)]


def test_what_is_required_and_not_met_is_its_exit_status(tmp_path: Path) -> None:
    config = tmp_path / "sagews.toml"
    config.write_text('[worker]\ntier = "D"\nrequired_tier = "B"\n')
    ran = sagews(tmp_path, "doctor", "--config", str(config))
    assert ran.status == 1
    assert "The site requires tier B: NOT met." in ran.stdout
    config.write_text('[worker]\ntier = "E"\n')
    assert sagews(tmp_path, "doctor", "--config", str(config)).status == 2


def test_an_ordinary_user_has_no_tier_a(ordinary: OrdinaryUser) -> None:
    ran = ordinary.sagews("doctor", "--json")
    report = report_of(ran.stdout)
    tiers = {row["tier"]: row for row in report["tiers"]}
    assert not tiers["A"]["reachable"]
    assert any(why.startswith("root: runs as user ") for why in tiers["A"]["keeps"])
    assert finding(report, "users of their own")["found"] == "only root can"
    assert tiers["B"]["reachable"] == finding(report, "user namespaces")["holds"]
    assert report["tier"] == ("B" if tiers["B"]["reachable"] else "C" if tiers["C"]["reachable"] else "D")


def test_an_ordinary_users_worker_is_in_the_tier_that_it_was_told(ordinary: OrdinaryUser, tmp_path: Path) -> None:
    tier = report_of(ordinary.sagews("doctor", "--json").stdout)["tier"]
    config = tmp_path / "sagews.toml"
    config.write_text(f'{BARE}[worker]\nrequired_tier = "{tier}"\n')
    tmp_path.chmod(0o755)
    ran = ordinary.sagews("worker", "--check", "--config", str(config))
    assert (ran.returncode, ran.stdout.partition(";")[0]) == (0, "python: ok"), ran.stderr


def test_a_container_that_forbids_namespaces_leaves_tier_c(ordinary: OrdinaryUser, tmp_path: Path) -> None:
    report = report_of(ordinary.sagews("doctor", "--json", contained=True).stdout)
    tiers = {row["tier"]: row for row in report["tiers"]}
    assert report["tier"] == "C"
    assert any(why.startswith("user namespaces: ") for why in tiers["B"]["keeps"])
    assert "needs root or user namespaces" in finding(report, "network namespaces")["found"]
    assert "can read what the worker's user can read" in report["protects"]
    config = tmp_path / "sagews.toml"
    config.write_text(BARE)
    tmp_path.chmod(0o755)
    ran = ordinary.sagews("worker", "--check", "--config", str(config), contained=True)
    assert (ran.returncode, ran.stdout.partition(";")[0]) == (0, "python: ok"), ran.stderr


@as_root
def test_an_interpreter_that_only_root_can_read_is_named(tmp_path: Path) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir(mode=0o700)
    (hidden / "python").symlink_to("/usr/bin/python3")
    config = tmp_path / "sagews.toml"
    config.write_text(f'[[environment]]\nname = "mine"\ninterpreter = "{hidden}/python"\n')
    found = finding(
        report_of(sagews(tmp_path, "doctor", "--json", "--config", str(config)).stdout), "interpreter of mine"
    )
    assert found["holds"] is False
    assert str(hidden) in found["found"] and "Permission denied" in found["found"]
    assert found["advice"]


@as_root
def test_a_wall_that_is_taken_away_is_missed(tmp_path: Path) -> None:
    """In a user namespace that may have no namespaces inside: nobody but it is harmed by that."""
    pid = os.fork()
    if pid == 0:
        try:
            namespaces.enter_new_user_namespace()
            Path("/proc/sys/user/max_net_namespaces").write_text("0")
            ran = sagews(tmp_path, "doctor", "--json")
            report = report_of(ran.stdout)
            assert finding(report, "network namespaces")["holds"] is False
            assert finding(report, "IPC namespaces")["holds"] is True
            reachable = {row["tier"]: row["reachable"] for row in report["tiers"]}
            assert reachable["A"] is reachable["B"] is False
            # Nor are there other users in it, as which sessions of root could run without a sandbox.
            assert not reachable["C"] and report["tier"] == "D"
        except BaseException:
            import traceback

            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


# ------------------------------------------------------------- what readers see


def status_page(site: RunningSite, **headers: str) -> str:
    request = urllib.request.Request(f"http://127.0.0.1:{site.port}/status", headers=headers)
    with urllib.request.urlopen(request, timeout=10) as response:
        assert response.headers["Content-Type"] == "text/html; charset=utf-8"
        assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")
        return str(response.read().decode())


async def test_the_page_and_its_readers_are_told_the_tier_of_the_worker(tmp_path: Path) -> None:
    with running_site(tmp_path, config=BARE + '[worker]\ntier = "D"\n') as site:
        async with Client(site.url) as client:
            assert client.welcome.tier == "D"
        page = status_page(site)
        assert "Tier <strong>D</strong>" in page and "It answers, and is ready." in page
        assert "filter of system calls" in page
        assert "there is no sandbox (tier D)" in site.said


def test_the_status_of_a_site_with_a_token_is_for_those_who_have_it(tmp_path: Path) -> None:
    with running_site(tmp_path, "--host", "0.0.0.0", config=BARE) as site:
        with pytest.raises(urllib.error.HTTPError) as refused:
            status_page(site)
        assert refused.value.code == 403
        refused.value.close()
        token = site.url.partition("?token=")[2]
        assert "<h2>Worker w1</h2>" in status_page(site, Authorization=f"Bearer {token}")


# ------------------------------------------------------------------- weak tiers


def test_a_weak_tier_is_not_for_anybody(tmp_path: Path) -> None:
    config = tmp_path / "sagews.toml"
    config.write_text('[backend]\nhosts = ["math.example.org"]\n' + BARE + '[worker]\ntier = "D"\n')
    ran = sagews(tmp_path, "serve", "--port", "0", "--data", str(tmp_path / "data"), "--config", str(config))
    assert ran.status == 2
    assert "isolates in tier D only (as configured)" in ran.stderr
    assert "accept_weak_isolation = true" in ran.stderr


@pytest.mark.parametrize("readers", ["owner", "token"])
def test_a_weak_tier_is_for_those_who_are_known(tmp_path: Path, readers: str) -> None:
    with running_worker(tmp_path, QUICK + '[worker]\ntier = "D"\n', "--readers", readers):
        pass


def test_a_weak_tier_that_is_accepted(tmp_path: Path) -> None:
    config = QUICK + '[worker]\ntier = "D"\naccept_weak_isolation = true\n'
    with running_worker(tmp_path, config, "--readers", "anybody"):
        pass
