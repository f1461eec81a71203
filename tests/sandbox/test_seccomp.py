"""The filter in a real process: what it refuses, and that all that sessions do still works."""

import ctypes
import errno
import mmap
import os
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sagews.session import capabilities, seccomp
from sagews.session.syscall_numbers import MACHINE, NUMBERS
from tests.unit.session.forks import KilledError, call, in_fork
from tests.unit.session.test_seccomp import (
    ALG,
    CLONE_FILES,
    HIGH,
    INET,
    INET6,
    MEMORY_FILES,
    NAMESPACES,
    NETLINK,
    NOT_PERMITTED,
    NOT_THERE,
    PACKET,
    SIGCHLD,
    TIOCLINUX,
    TIOCSETD,
    TIOCSTI,
    UNIX,
    VSOCK,
)  # fmt: skip

pytestmark = pytest.mark.skipif(MACHINE not in NUMBERS, reason="no filter for this machine")
STREAM, DATAGRAM = socket.SOCK_STREAM, socket.SOCK_DGRAM
NO_FAMILY = errno.EAFNOSUPPORT


def behind(act: Callable[[], Any], *, memory_files: bool = True, network: bool = False, drop: bool = False) -> Any:
    """Return what the function returns in a fork behind the filter."""
    program = seccomp.program(memory_files=memory_files, network=network)

    def confined() -> Any:
        capabilities.no_new_privileges()
        if drop:
            capabilities.drop_all()
        seccomp.load(program)
        return act()

    return in_fork(confined)


def attempt_all(names: set[str]) -> dict[str, int]:
    """Make each call, with arguments that mean nothing to it."""
    return {name: call(NUMBERS[MACHINE][name], *[-1] * 6) for name in sorted(names) if name in NUMBERS[MACHINE]}


def test_refused_calls_are_refused_even_to_root() -> None:
    refused = behind(lambda: attempt_all(NOT_PERMITTED | NOT_THERE | MEMORY_FILES), memory_files=False)
    for name, error in refused.items():
        assert error == (errno.EPERM if name in NOT_PERMITTED else errno.ENOSYS), name
    assert len(refused) >= 70


@pytest.mark.skipif(os.geteuid() != 0, reason="others are refused these anyway")
def test_without_the_filter_the_kernel_answers_otherwise() -> None:
    harmless = NOT_PERMITTED - {"vhangup", "syslog", "modify_ldt", "iopl", "ioperm"}
    answers = in_fork(lambda: attempt_all(harmless))
    assert {name for name, error in answers.items() if error == errno.EPERM} == set()


def test_namespaces_are_refused_and_forks_are_not() -> None:
    numbers = NUMBERS[MACHINE]

    def attempts() -> list[int]:
        found = [call(numbers["unshare"], flag) for flag in NAMESPACES]
        found += [call(numbers["clone"], flag | SIGCHLD, 0, 0, 0, 0) for flag in NAMESPACES]
        return [*found, call(numbers["unshare"], HIGH | NAMESPACES[0]), call(numbers["unshare"], CLONE_FILES)]

    assert behind(attempts) == [errno.EPERM] * 15 + [0]


def test_nothing_can_be_typed_into_a_terminal() -> None:
    def attempts() -> list[int]:
        _leader, terminal = os.openpty()
        letter = ctypes.create_string_buffer(b"x")
        commands = (TIOCSTI, TIOCSTI | 1 << 32, TIOCLINUX, TIOCLINUX | 1 << 32, TIOCSETD)
        typed = [call(NUMBERS[MACHINE]["ioctl"], terminal, command, ctypes.addressof(letter)) for command in commands]
        return [*typed, 0 if os.isatty(terminal) else 1]

    assert behind(attempts) == [errno.EPERM] * 5 + [0]


@pytest.mark.parametrize("network", [True, False])
def test_sockets(network: bool) -> None:
    def attempts() -> list[int]:
        return [
            call(NUMBERS[MACHINE]["socket"], family, kind, 0)
            for family in (UNIX, INET, INET6, NETLINK, PACKET, ALG, VSOCK)
            for kind in (STREAM, DATAGRAM)
        ]

    found = behind(attempts, network=network)
    assert found[:2] == [0, 0]
    assert all(error != NO_FAMILY if network else error == NO_FAMILY for error in found[2:4])
    assert found[6:] == [NO_FAMILY] * 8


def test_pipes_may_be_made_and_devices_not(tmp_path: Path) -> None:
    def attempts() -> list[str]:
        os.mkfifo(tmp_path / "fifo")
        made = []
        for kind in (stat.S_IFCHR, stat.S_IFBLK):
            try:
                os.mknod(tmp_path / "device", kind | 0o666, os.makedev(1, 3))
                made.append("made")
            except PermissionError:
                made.append("refused")
        return made

    assert behind(attempts) == ["refused"] * 2


def test_threads_that_run_already_are_behind_it_too() -> None:
    started, loaded = threading.Event(), threading.Event()
    found: list[int] = []

    def thread() -> None:
        started.set()
        loaded.wait(20)
        found.append(call(NUMBERS[MACHINE]["setns"], -1, 0))

    def act() -> list[int]:
        other = threading.Thread(target=thread)
        other.start()
        started.wait(20)
        capabilities.no_new_privileges()
        seccomp.load(seccomp.program(memory_files=True, network=True))
        loaded.set()
        other.join(20)
        return found

    assert in_fork(act) == [errno.EPERM]


def test_it_is_not_loaded_without_the_right_to() -> None:
    def act() -> str:
        capabilities.drop_all()
        try:
            seccomp.load(seccomp.program(memory_files=True, network=True))
        except OSError as error:
            return f"{error.errno} {error}"
        return "loaded"

    assert in_fork(act).startswith(f"{errno.EACCES} ") and "seccomp" in in_fork(act)


def test_available_says_so() -> None:
    assert seccomp.available()


@pytest.mark.skipif(MACHINE != "x86_64", reason="x86_64 only")
def test_foreign_calls_end_the_process() -> None:
    with pytest.raises(KilledError, match="SIGSYS"):
        behind(lambda: call(0x4000_0000 | NUMBERS["x86_64"]["getpid"]))
    with pytest.raises(KilledError, match="SIGSYS"):
        behind(call_as_i386)


def call_as_i386() -> int:
    """Call getpid(2) of the 32-bit interface: mov eax, 20; int 0x80; ret."""
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(bytes.fromhex("b814000000cd80c3"))
    function = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
    return int(function())


@pytest.mark.parametrize(("memory_files", "network"), [(True, True), (False, False)])
def test_what_sessions_do_still_works(memory_files: bool, network: bool, tmp_path: Path) -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "tests.unit.session.confined_work", str(memory_files), str(network)],
        env=os.environ | {"TMPDIR": str(tmp_path)},
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=90,
    )
    assert (finished.stdout, finished.returncode) == ("all works\n", 0), finished.stderr


def test_with_a_network_a_server_can_be_asked() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def ask() -> str:
            with socket.create_connection(("localhost", port), 10) as connection:
                return repr(connection.getpeername())

        assert str(port) in behind(ask, network=True, drop=True)
