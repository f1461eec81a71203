"""The filter: what it answers to each call of each architecture, what it does to a real process, and what still works.

The names of refused calls stand here a second time, so that one cannot be lost from the product unseen.
"""

import errno
import stat

import pytest

from sagews.session import seccomp
from sagews.session.syscall_numbers import NUMBERS
from tests.unit.session.bpf_machine import run, seccomp_data

AUDIT = {"x86_64": 0xC000_003E, "aarch64": 0xC000_00B7}
ALLOW, KILL, ERRNO = 0x7FFF_0000, 0x8000_0000, 0x0005_0000
HIGH = 0xDEAD_BEEF << 32

REFUSED_TO_ALL = """
    setns mount umount2 pivot_root chroot open_tree move_mount fsopen fsconfig fsmount fspick mount_setattr
    ptrace process_vm_readv process_vm_writev kcmp pidfd_getfd migrate_pages move_pages
    bpf perf_event_open userfaultfd add_key request_key keyctl fanotify_init fanotify_mark
    name_to_handle_at open_by_handle_at
    kexec_load kexec_file_load init_module finit_module delete_module reboot
    settimeofday clock_settime clock_adjtime adjtimex sethostname setdomainname
    swapon swapoff acct quotactl quotactl_fd syslog vhangup iopl ioperm modify_ldt
"""
AS_IF_NOT_THERE = """
    clone3 io_uring_setup io_uring_enter io_uring_register memfd_secret statmount listmount
    process_madvise process_mrelease set_mempolicy_home_node lsm_get_self_attr lsm_set_self_attr lsm_list_modules
    uselib ustat sysfs _sysctl lookup_dcookie nfsservctl create_module get_kernel_syms query_module
    getpmsg putpmsg afs_syscall tuxcall security vserver epoll_ctl_old epoll_wait_old
"""
NOT_PERMITTED, NOT_THERE = set(REFUSED_TO_ALL.split()), set(AS_IF_NOT_THERE.split())
MEMORY_FILES = {"memfd_create", "shmget", "msgget", "semget"}
BY_ARGUMENT = {"clone", "unshare", "personality", "ioctl", "mknod", "mknodat", "socket", "socketpair"}
MACHINES = ["x86_64", "aarch64"]


def answer(
    machine: str, name_or_number: str | int, *arguments: int, memory_files: bool = True, network: bool = False
) -> str | int:
    """Return what the filter answers: "allow", "kill", or the number of an error."""
    number = NUMBERS[machine][name_or_number] if isinstance(name_or_number, str) else name_or_number
    program = seccomp.program(memory_files=memory_files, network=network, architecture=machine)
    action = run(program.instructions, seccomp_data(number, AUDIT[machine], arguments))
    return {ALLOW: "allow", KILL: "kill"}.get(action, action ^ ERRNO)


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("memory_files", [True, False])
@pytest.mark.parametrize("network", [True, False])
def test_every_call_has_its_answer(machine: str, memory_files: bool, network: bool) -> None:
    program = seccomp.program(memory_files=memory_files, network=network, architecture=machine).instructions
    wrong = {}
    for name, number in NUMBERS[machine].items():
        if name in BY_ARGUMENT:
            continue
        expected = ALLOW
        if name in NOT_PERMITTED:
            expected = ERRNO | errno.EPERM
        if name in NOT_THERE or (name in MEMORY_FILES and not memory_files):
            expected = ERRNO | errno.ENOSYS
        for arguments in ((0,) * 6, ((1 << 64) - 1,) * 6, (HIGH,) * 6):
            if run(program, seccomp_data(number, AUDIT[machine], arguments)) != expected:
                wrong[name] = arguments
    assert wrong == {}


def test_every_name_of_a_refused_call_is_known() -> None:
    known = set(NUMBERS["x86_64"]) | set(NUMBERS["aarch64"])
    assert (NOT_PERMITTED | NOT_THERE | MEMORY_FILES | BY_ARGUMENT) - known == set()


@pytest.mark.parametrize("machine", MACHINES)
def test_calls_that_we_do_not_know_are_not_there(machine: str) -> None:
    unknown = set(range(600)) - set(NUMBERS[machine].values())
    assert {463, 470, 511, 512, 547} <= unknown
    assert {answer(machine, number) for number in unknown} == {errno.ENOSYS}
    assert answer(machine, 0x3FFF_FFFF) == errno.ENOSYS


def test_calls_of_another_architecture_and_of_x32_end_the_process() -> None:
    program = seccomp.program(memory_files=True, network=True, architecture="x86_64").instructions
    for audit in (0x4000_0003, 0xC000_00B7, 0):  # i386, aarch64
        assert run(program, seccomp_data(39, audit)) == KILL
    for number in NUMBERS["x86_64"].values():
        assert run(program, seccomp_data(0x4000_0000 | number, AUDIT["x86_64"])) == KILL
    assert answer("aarch64", 0x4000_0000) == errno.ENOSYS


SIGCHLD, CLONE_VM, CLONE_FILES = 17, 0x100, 0x400
THREAD = 0x3D0F00
NAMESPACES = [1 << 17, 1 << 25, 1 << 26, 1 << 27, 1 << 28, 1 << 29, 1 << 30]
TIOCSTI, TIOCLINUX, TIOCSETD, TCGETS, FIONREAD = 0x5412, 0x541C, 0x5423, 0x5401, 0x541B
UNIX, INET, INET6, NETLINK, PACKET, ALG, VSOCK = 1, 2, 10, 16, 17, 38, 40
STREAM, DATAGRAM, RAW, DCCP, CLOEXEC = 1, 2, 3, 6, 0o2000000
TCP, UDP, SCTP, MPTCP = 6, 17, 132, 262
NO_FAMILY, NO_PROTOCOL = errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("high", [0, HIGH])
def test_calls_that_depend_on_their_arguments(machine: str, high: int) -> None:
    def ask(name: str, *arguments: int, network: bool = False) -> str | int:
        return answer(machine, name, *(high | argument for argument in arguments), network=network)

    for flags in (SIGCHLD, THREAD, CLONE_VM | 0x4000 | SIGCHLD, 0x0120_0011):
        assert ask("clone", flags) == "allow"
    for flag in NAMESPACES:
        assert ask("clone", flag | SIGCHLD) == ask("unshare", flag) == errno.EPERM
    assert ask("unshare", 0x80) == errno.EPERM  # a time namespace
    assert ask("unshare", CLONE_FILES) == "allow"
    assert [ask("personality", value) for value in (0, 0xFFFF_FFFF)] == ["allow"] * 2
    assert [ask("personality", value) for value in (8, 0x40000, 0x20000, 0xFFFF_FFFE)] == [errno.EPERM] * 4
    assert [ask("ioctl", 0, command) for command in (TIOCSTI, TIOCLINUX, TIOCSETD)] == [errno.EPERM] * 3
    assert [ask("ioctl", TIOCSTI, command) for command in (TCGETS, FIONREAD)] == ["allow"] * 2
    for name, before in {"mknod": [0], "mknodat": [0, 0]}.items():
        if name in NUMBERS[machine]:
            for kind in (stat.S_IFCHR, stat.S_IFBLK):
                assert ask(name, *before, kind | 0o666) == errno.EPERM
            for kind in (stat.S_IFREG, stat.S_IFIFO, stat.S_IFSOCK, 0):
                assert ask(name, *before, kind | 0o666) == "allow"
    for network in (True, False):
        for family in (0, 3, 9, NETLINK, PACKET, ALG, VSOCK, 44, 46):
            assert ask("socket", family, RAW, 0, network=network) == NO_FAMILY
            assert ask("socketpair", family, STREAM, 0, network=network) == NO_FAMILY
        assert ask("socket", UNIX, 5 | CLOEXEC, network=network) == "allow"
        assert ask("socketpair", UNIX, STREAM, network=network) == "allow"
    for family in (INET, INET6):
        assert ask("socket", family, STREAM, TCP) == NO_FAMILY
        for kind, protocol in ((STREAM, 0), (STREAM | CLOEXEC, TCP), (DATAGRAM | 0o4000, UDP), (DATAGRAM, 1)):
            assert ask("socket", family, kind, protocol, network=True) == "allow"
        for kind, protocol in ((RAW, UDP), (DCCP, 0), (STREAM, SCTP), (STREAM, MPTCP), (5, 0), (10, 0)):
            assert ask("socket", family, kind, protocol, network=True) == NO_PROTOCOL


def test_an_architecture_without_a_table() -> None:
    with pytest.raises(OSError, match="seccomp: the system calls of riscv64 are not known"):
        seccomp.program(memory_files=True, network=True, architecture="riscv64")
