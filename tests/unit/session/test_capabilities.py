"""Letting go of rights, in real processes."""

import errno
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sagews.session import capabilities, seccomp
from tests.unit.session.forks import error_of, in_fork

ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root has what is let go of here")
NOBODY = 65534
CAP_CHOWN = 1 << 0


def test_what_is_held_is_what_the_system_says() -> None:
    assert capabilities.held() == capabilities.status().effective


@ROOT
def test_all_of_them_go(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    def act() -> dict[str, Any]:
        before = capabilities.held()
        os.chown(tmp_path / "file", NOBODY, NOBODY)
        capabilities.drop_all()
        status = capabilities.status()
        return {
            "before": before & CAP_CHOWN,
            "now": [capabilities.held(), status.effective, status.permitted, status.inheritable, status.ambient],
            "chown": error_of(lambda: os.chown(tmp_path / "file", 0, 0)),
            "setuid": error_of(lambda: os.setuid(NOBODY)),
            "again": error_of(capabilities.drop_all),
        }

    assert in_fork(act) == {
        "before": CAP_CHOWN,
        "now": [0] * 5,
        "chown": errno.EPERM,
        "setuid": errno.EPERM,
        "again": 0,
    }


@ROOT
def test_programs_gain_none_when_the_bounding_set_is_empty() -> None:
    def effective_of_a_program() -> int:
        text = subprocess.run(["cat", "/proc/self/status"], capture_output=True, text=True, check=True).stdout
        return int(text.partition("CapEff:")[2].split()[0], 16)

    def act() -> list[int]:
        capabilities.drop_bounding()
        held, bounding = capabilities.held(), capabilities.status().bounding
        capabilities.drop_bounding()
        return [held, bounding, effective_of_a_program()]

    capabilities.prepare()
    before = capabilities.held()
    assert effective_of_a_program() & CAP_CHOWN
    assert in_fork(act) == [before, 0, 0], "the process itself keeps what it holds"


def test_a_bounding_set_that_cannot_be_emptied_is_an_error() -> None:
    def act() -> int:
        capabilities.drop_all()
        return error_of(capabilities.drop_bounding)

    capabilities.prepare()
    assert in_fork(act) == errno.EPERM


@pytest.fixture
def set_user_id() -> Iterator[str]:
    """A program of root's that says who it runs as, whoever starts it."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as directory:
        if os.statvfs(directory).f_flag & os.ST_NOSUID:
            pytest.skip("there are no set-user-ID programs here")
        os.chmod(directory, 0o755)
        program = shutil.copy("/usr/bin/id", directory)
        os.chmod(program, 0o4755)
        yield program


@ROOT
def test_no_program_is_anybody_else(set_user_id: str) -> None:
    def user_of_program() -> str:
        return subprocess.run([set_user_id, "-u"], capture_output=True, text=True, check=True).stdout.strip()

    def act() -> list[Any]:
        os.setresuid(NOBODY, NOBODY, NOBODY)
        before = [user_of_program(), capabilities.status().no_new_privileges]
        capabilities.no_new_privileges()
        return [*before, user_of_program(), capabilities.status().no_new_privileges]

    assert in_fork(act) == ["0", False, str(NOBODY), True]


@ROOT
def test_nobody_looks_into_a_process_that_is_not_dumpable() -> None:
    def act() -> list[int]:
        os.setresuid(NOBODY, NOBODY, NOBODY)
        pid = os.getpid()
        # A change of user has made it so already.
        found = [in_fork(lambda: error_of(lambda: os.open(f"/proc/{pid}/environ", os.O_RDONLY)))]
        capabilities.dumpable()
        found.append(in_fork(lambda: error_of(lambda: os.open(f"/proc/{pid}/environ", os.O_RDONLY))))
        capabilities.not_dumpable()
        found.append(in_fork(lambda: error_of(lambda: os.open(f"/proc/{pid}/environ", os.O_RDONLY))))
        return found

    assert in_fork(act) == [errno.EACCES, 0, errno.EACCES]


@ROOT
def test_the_status_of_a_process_with_all_walls() -> None:
    program = seccomp.program(memory_files=False, network=False)
    capabilities.prepare()

    def act() -> list[Any]:
        before = capabilities.status()
        capabilities.drop_bounding()
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        capabilities.drop_all()
        capabilities.no_new_privileges()
        capabilities.not_dumpable()
        seccomp.load(program)
        return [before.users, before.no_new_privileges, before.seccomp, capabilities.status()._asdict()]

    users, no_new_privileges, filtered, after = in_fork(act)
    assert (users, no_new_privileges, filtered) == ([0] * 4, False, 0)
    assert after == {
        "users": [NOBODY] * 4,
        "groups": [NOBODY] * 4,
        "more_groups": [],
        "inheritable": 0,
        "permitted": 0,
        "effective": 0,
        "bounding": 0,
        "ambient": 0,
        "no_new_privileges": True,
        "seccomp": 2,
    }
